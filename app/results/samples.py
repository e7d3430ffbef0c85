"""Which sample of the evaluation set is the chosen one, and which come after it."""

from __future__ import annotations

from app.results.result import Result
from app.state.state import State
from models.model import Model


def chosen(result: Result) -> int:
    """The chosen sample, see `chosen_of`."""
    return chosen_of(result.state, result.model)


def chosen_of(state: State, model: Model) -> int:
    """The chosen sample; the last one if the State names one that the model does not have."""
    return min(state.sample, len(model.labels) - 1)


def step(result: Result, by: int) -> int:
    """The sample `by` places on, round the end."""
    return (chosen(result) + by) % len(result.model.labels)


def next_changed(result: Result) -> int | None:
    """The next sample whose answer changed, round the end; None if none did."""
    indices = result.changed.indices
    if not len(indices):
        return None
    later = indices[indices > chosen(result)]
    return int(later[0] if len(later) else indices[0])
