"""One State that was tried, what was measured of its file, and what a person has said of it: a name, a note, a pin.

Name, note and pin are no part of the State, so of no key and no link: they belong to the tab in which they were given,
and a link says the same to everyone. Whatever comes from outside, a script or a storage, is checked here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from app.results.facts import FACTS, Facts
from app.state import link, reading
from app.state.compression import Compression
from app.state.state import State
from models import model as models

PINS = ("A", "B")
LETTERS = {"name": 40, "note": 120}  # that there is room for


@dataclass(frozen=True)
class Experiment:
    """One State that was tried, as a point of the trade-off plot.

    label : what was done, in short
    name, note : given by a person, one line each; "" = none
    pinned : "A", "B" or "" = not at all
    facts : what else is known of the file, see `app.results.facts`
    """

    state: State
    score: float
    size_bytes: int
    changed: int
    label: str
    name: str = ""
    note: str = ""
    pinned: str = ""
    facts: Facts = field(default_factory=dict, hash=False)

    @cached_property
    def link(self) -> str:
        """The link of what decides the bytes: two experiments with a model never have the same."""
        return link.encode(State(**vars(Compression.of(self.state))))

    @property
    def title(self) -> str:
        """What was done, after its name if it has one."""
        return f"{self.name} ({self.label})" if self.name else self.label

    @property
    def measured(self) -> tuple[float, int, int]:
        return self.score, self.size_bytes, self.changed

    @property
    def is_marked(self) -> bool:
        """Whether a person has said something of it."""
        return bool(self.name or self.note or self.pinned)

    def marked(self, change: Mapping[str, Any]) -> Experiment:
        """The same with another name, note or pin.

        Raises
        ------
        ValueError
            If the change names anything else, or a text is none or too long.
        """
        if not isinstance(change, Mapping) or not set(change) <= {*LETTERS, "pinned"}:
            raise ValueError('an experiment is given a name, a note or a pin, for example {"name": "my best"}')
        if (pin := change.get("pinned", "")) not in ("", *PINS):
            raise ValueError(f'pinned is {pin!r:.40}; choose "A", "B", or "" for no pin')
        lines = {name: reading.line(name, text, LETTERS[name]) for name, text in change.items() if name in LETTERS}
        return replace(self, **{**change, **lines})

    def as_marked(self, other: Experiment) -> Experiment:
        """The same with the name, the note and the pin of another."""
        return replace(self, name=other.name, note=other.note, pinned=other.pinned)

    def to_json(self) -> dict[str, Any]:
        """As plain JSON, for `playground.history`; `read` takes it back."""
        return {
            "link": self.link, "state": Compression.of(self.state).to_json(), "score": self.score,
            "bytes": self.size_bytes, "changed": self.changed, "label": self.label,
            "name": self.name, "note": self.note, "pinned": self.pinned, "facts": dict(self.facts),
        }  # fmt: skip


def read(row: Any, describe: Callable[[State], str]) -> Experiment:
    """An experiment from what a storage has kept of it, which may have been written by anybody.

    Raises
    ------
    ValueError
        If anything in it is not as `Experiment.to_json` writes it, or its model is not known here.
    """
    if not isinstance(row, Mapping) or not isinstance(row.get("link"), str):
        raise ValueError("an experiment is an object with a link")
    state, notes = link.decode(row["link"])
    if notes or state.model not in models.ids():
        raise ValueError("its link cannot be read")
    metric = reading.metric(state.model)
    low, high = metric.bounds  # a score may be worse than any limit, but not better
    ends = (-1e9, high) if metric.higher_is_better else (low, 1e9)
    experiment = Experiment(
        State(**vars(Compression.of(state))),
        float(reading.number("score", row.get("score"), *ends)),
        reading.whole("bytes", row.get("bytes"), low=1),
        reading.whole("changed", row.get("changed")),
        describe(state),
        facts=_facts(row.get("facts", {})),
    )
    return experiment.marked({name: row.get(name, "") for name in (*LETTERS, "pinned")})


def _facts(value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping) or not set(value) <= set(FACTS):
        raise ValueError(f"facts are numbers by name; choose {', '.join(FACTS)}")
    return {name: reading.number(name, number, 0, 1e15) for name, number in value.items()}
