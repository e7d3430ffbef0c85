"""All that was tried in a tab as a file, and back: JSON, which can be opened again, and CSV for other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from app.results.experiment import Experiment
from app.results.facts import FACTS
from app.results.sheet import safe

FORMAT = "compression-playground history"
COLUMNS = ("link", "model", "label", "name", "note", "pinned", "score", "bytes", "changed")
LONGEST = 5_000_000  # letters of a file that is looked at


def as_json(tried: Iterable[Experiment], build: str) -> str:
    """A file that `rows` reads.

    build : of the site, for another build may measure other numbers
    """
    rows = [each.to_json() for each in tried]
    return json.dumps({"format": FORMAT, "version": 1, "build": build, "experiments": rows}, indent=1)


def as_csv(tried: Iterable[Experiment]) -> str:
    """One row an experiment, after the names of the columns; a cell is empty where something is not known.

    A text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    lines = [[*COLUMNS, *FACTS]]
    for each in tried:
        row = {**each.to_json(), "model": each.state.model}
        lines.append([*(row[name] for name in COLUMNS), *(each.facts.get(name, "") for name in FACTS)])
    return "".join(",".join(map(_cell, line)) + "\r\n" for line in lines)


def rows(text: str, build: str) -> list[Any]:
    """The experiments of a file, each still to be read with `experiment.read`.

    Raises
    ------
    ValueError
        If it is no such file, or another build of the site has saved it.
    """
    try:
        found = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError("That is no history of this playground. The JSON below the table of what was tried is one.")
    if found.get("version") != 1 or found.get("build") != build:
        raise ValueError(
            "This history was saved by another version of the playground, which may have measured other numbers. "
            "The links in it can still be opened one by one."
        )
    if not isinstance(found.get("experiments"), list):
        raise ValueError("This history is damaged: it lists no experiments.")
    return found["experiments"]


def _cell(value: Any) -> str:
    """A cell, in quotes if it is text.

    >>> print(_cell(0.5), _cell('a"b'), _cell("=1+1"))
    0.5 "a""b" "'=1+1"
    """
    if not isinstance(value, str):
        return str(value)
    return '"' + safe(value).replace('"', '""') + '"' if value else ""
