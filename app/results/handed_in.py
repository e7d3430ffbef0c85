"""What a class has handed in: links, each computed anew, as rows; what cannot be read or computed is a row of words."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from app.results.result import Result
from app.results.sheet import safe
from app.state.fields import LINKED
from app.state.state import State
from app.state.wording import described

QUERY = re.compile(r"\?[^\s<>\"'()\[\]{}|\\]+")


def links_in(text: str) -> list[str]:
    """The links of the playground that stand in any text, as they begin with a question mark, each once.

    Examples
    --------
    >>> links_in("Ada: <https://there.example/?v=1&model=cancer>, Bo: [mine](http://x/?recipe=none&amp;seed=2). Why?")
    ['?v=1&model=cancer', '?recipe=none&seed=2']
    """
    found = (match.rstrip(".,;:!") for match in QUERY.findall(text.replace("&amp;", "&")))
    ours = (query for query in found if {"v", *LINKED} & {name for name, _ in parse_qsl(query[1:])})
    return list(dict.fromkeys(ours))


@dataclass(frozen=True)
class HandedIn:
    """One link.

    link : its query
    who : the nickname in it
    said : how far it is with its task, or why it has not been computed
    differs : from what is on screen where it was computed
    state, score, size_bytes, changed : what was measured; None where nothing was
    passed : whether it does what was asked; None if nothing was
    """

    link: str
    who: str
    said: str
    differs: str = ""
    state: State | None = None
    score: float = 0.0
    size_bytes: int = 0
    changed: int = 0
    passed: bool | None = None

    @classmethod
    def of(cls, link: str, state: State, result: Result, *, said: str, differs: str, passed: bool | None) -> HandedIn:
        file = result.compressed
        measured = state, file.score, file.size_bytes, result.changed.count
        return cls(link, state.who, said, differs, *measured, passed)


def ranked(rows: list[HandedIn]) -> list[HandedIn]:
    """Those that passed first, then those that did not, the smallest file first; what was not computed at the end."""
    return sorted(rows, key=lambda row: (row.state is None, not row.passed, row.size_bytes, row.who))


def as_csv(rows: list[HandedIn]) -> str:
    """The rows as text that a table calculation opens; a name that it would take for a formula has a sign before it."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["who", "bytes", "score", "changed", "passed", "model", "recipe", "said", "differs", "link"])
    for row in rows:
        passed = {True: "yes", False: "no", None: ""}[row.passed]
        measured = ("", "", "", "", "", "") if row.state is None else (
            row.size_bytes, f"{row.score:.6g}", row.changed, passed, row.state.model, described(row.state)
        )  # fmt: skip
        table.writerow([safe(row.who), *measured, row.said, row.differs, row.link])
    return text.getvalue()
