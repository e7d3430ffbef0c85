"""What is asked of a State that someone hands in: the task of a stop, or the one that a teacher has put into a link."""

from __future__ import annotations

from dataclasses import dataclass

from app.lessons import goals, stop_of
from app.lessons.lesson import Goal, Judged, judged_by
from app.results.result import Result
from app.state.reading import metric
from app.state.state import State
from app.state.variation import seed_of, varied


@dataclass(frozen=True)
class Asked:
    """Goals that a Result is to meet with one model."""

    model: str
    goals: tuple[Goal, ...]

    def judged(self, result: Result) -> Judged:
        return judged_by(self.goals, self.model, result)


def asked_of(state: State) -> Asked | None:
    """What is asked of a State: at a stop of a lesson its task, else the one that its link sets; None for nothing.

    Raises
    ------
    ValueError
        If there is no such stop.
    """
    if state.lesson:
        stop = stop_of(state.lesson, state.stop)
        return Asked(stop.model, stop.task.goals) if stop.task else None
    return Asked(state.task.model, _goals(state)) if state.task else None


def _goals(state: State) -> tuple[Goal, ...]:
    """Those of a teacher's task, as it is for the nickname that is written there."""
    task, found = varied(state), []
    if task.bytes is not None:
        found.append(goals.at_most(task.bytes / 1000))
    if task.score is not None:
        found.append(goals.score(metric(task.model), task.score))
    if task.changed is not None:
        found.append(goals.few_changed(task.changed))
    if state.who and state.class_seed is not None:
        found.append(goals.seed(seed_of(state)))
    return tuple(found)
