"""All that was tried in one tab, a model at a time: what the trade-off view shows, and what outlives a reload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from app.results.experiment import Experiment, read
from app.results.facts import facts_of
from app.results.result import Result
from app.state.compression import Compression
from app.state.state import State

REMEMBERED = 400  # experiments of one model

Tell = Callable[[Experiment, bool], None]
"""``tell(experiment, True)`` if it is there or has changed, False if it is gone; one that is there anew is last."""


class History:
    """The experiments with each model by what decides their bytes, oldest first; at most one is pinned as each letter.

    Parameters
    ----------
    describe : gives the label of an experiment
    tell : hears of each change
    """

    def __init__(self, describe: Callable[[State], str], tell: Tell):
        self._describe, self._tell = describe, tell
        self._tried: dict[str, dict[Compression, Experiment]] = {}

    def of(self, model: str) -> tuple[Experiment, ...]:
        """The experiments with a model, oldest first."""
        return tuple(self._tried.get(model, {}).values())

    def all(self) -> tuple[Experiment, ...]:
        """The experiments with all models."""
        return tuple(each for tried in self._tried.values() for each in tried.values())

    def pinned(self, model: str) -> dict[str, Experiment]:
        """Those that are pinned, by their letters."""
        return {each.pinned: each for each in self.of(model) if each.pinned}

    def add(self, result: Result) -> None:
        """Make a Result the newest experiment; what a person has said of an equal one stays with it."""
        state, file = result.state, result.compressed
        key, tried = state.compression, self._tried.setdefault(state.model, {})
        old = tried.get(key)
        measured = file.score, file.size_bytes, result.changed.count
        known = {**old.facts} if old and old.measured == measured else {}
        facts = {**known, **facts_of(result)}
        if old and old.measured == measured and old.facts == facts and next(reversed(tried)) == key:
            return  # only looked at in another way
        new = Experiment(state, *measured, self._describe(state), facts=facts)
        if old:
            self._forget(tried, key)
        self._put(tried, key, new.as_marked(old) if old else new)
        self._make_room(tried)

    def mark(self, key: Compression, change: Mapping[str, Any]) -> Experiment:
        """Give an experiment another name, note or pin; a pin is taken from the one that had it.

        Raises
        ------
        ValueError
            If there is no such experiment, or the change is not one of these.
        """
        tried = self._tried.get(key.model, {})
        if key not in tried:
            raise ValueError("this has not been tried in this tab, or is forgotten")
        marked = tried[key].marked(change)
        other = self.pinned(key.model).get(marked.pinned)
        if other and other is not tried[key]:
            self._put(tried, other.state.compression, replace(other, pinned=""))
        self._put(tried, key, marked)
        return marked

    def recall(self, rows: Any) -> int:
        """Put what a storage or a file has kept before all that has been tried since; give how many could be read.

        What cannot be read is left out.
        """
        kept: dict[str, dict[Compression, Experiment]] = {}
        for row in rows if isinstance(rows, list) else ():
            try:
                each = read(row, self._describe)
            except ValueError:
                continue
            kept.setdefault(each.state.model, {})[each.state.compression] = each
        for model, before in kept.items():
            since, pins = self._tried.get(model, {}), set()
            for each in since.values():
                self._tell(each, False)  # it comes again, behind those
            again = {
                key: each if each.is_marked else each.as_marked(before.get(key, each)) for key, each in since.items()
            }
            self._tried[model] = tried = {}
            for key, each in {**{key: each for key, each in before.items() if key not in since}, **again}.items():
                pinned = "" if each.pinned in pins else each.pinned  # a storage may name two
                pins.add(pinned)
                self._put(tried, key, replace(each, pinned=pinned))
            self._make_room(tried)
        return sum(map(len, kept.values()))

    def _put(self, tried: dict[Compression, Experiment], key: Compression, each: Experiment) -> None:
        tried[key] = each
        self._tell(each, True)

    def _forget(self, tried: dict[Compression, Experiment], key: Compression) -> None:
        self._tell(tried.pop(key), False)

    def _make_room(self, tried: dict[Compression, Experiment]) -> None:
        """Forget the oldest, those of which nothing was said first."""
        while len(tried) > REMEMBERED:
            self._forget(tried, next((key for key, each in tried.items() if not each.is_marked), next(iter(tried))))
