"""The lessons, one file each; a lesson is looked up by its id, and its file is read only then."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from app.state import link

if TYPE_CHECKING:
    from app.lessons.lesson import Lesson, Stop
    from app.state.state import State

LESSONS = (
    "first-steps", "pruning", "file-size", "bits", "sharing", "speed", "mixtures", "who-pays", "fine-outputs",
    "errors-add-up", "efforts", "architectures", "budget",
)  # fmt: skip
"In the order in which they are best taken."


def lesson_of(id: str) -> Lesson:
    """One lesson. Raises ValueError if there is none of that id."""
    if id not in LESSONS:
        raise ValueError(f"there is no lesson {id!r:.40}; choose {', '.join(LESSONS)}")
    return import_module(f"app.lessons.{id.replace('-', '_')}").LESSON


def stop_of(id: str, number: int) -> Stop:
    """One stop of a lesson, counted from 1. Raises ValueError if there is none."""
    stops = lesson_of(id).stops
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= len(stops):
        raise ValueError(f"the lesson {id} has no stop {number!r:.20}; choose 1 to {len(stops)}")
    return stops[number - 1]


def shown_by(state: State, query: str) -> State:
    """What a link shows that names a stop: that of the stop, if the link does not say what is done instead.

    Parameters
    ----------
    state : of the link

    Raises
    ------
    ValueError
        If there is no such stop.
    """
    stop_of(state.lesson, state.stop)
    opened = lesson_of(state.lesson).opened(state.stop)
    return state if link.names_recipe(query) else opened


def looked_at(id: str, number: int) -> tuple[str, ...]:
    """The names of what a stop points at; none if no lesson is open, or there is no such stop."""
    try:
        return stop_of(id, number).look if id else ()
    except ValueError:
        return ()


def listed() -> list[dict]:
    """What there is, as plain JSON: what `window.playground.lessons` gives."""
    return [
        {"id": each.id, "title": each.title, "minutes": each.minutes, "stops": [stop.title for stop in each.stops]}
        for each in map(lesson_of, LESSONS)
    ]
