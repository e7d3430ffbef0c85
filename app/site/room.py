"""The room: the links of a class, each computed anew by the pipeline behind the person's back, and judged.

A link is believed what was done and by whom, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.lessons.assigned import asked_of
from app.pipeline.errors import in_words
from app.pipeline.watch import Superseded
from app.results.handed_in import HandedIn, as_csv, links_in, ranked
from app.results.result import Result
from app.screen.room import room_html
from app.state.differs import differing
from app.state.state import State
from app.store import Store
from models import model as models

Opened = Callable[[str], tuple[State, tuple[str, ...]]]
"""A link -> the State that it shows, and notes."""


class Room:
    """The rows of one text.

    Parameters
    ----------
    store : computes; the task on its screen, if there is one, is asked of all
    opened : reads a link
    """

    def __init__(self, store: Store, opened: Opened):
        self._store, self._opened = store, opened
        self._rows: list[HandedIn] = []

    def begin(self, text: str) -> list[str]:
        """Forget all rows; the links of a text."""
        self._rows = []
        return links_in(str(text))

    async def add(self, query: str) -> dict[str, str]:
        """Compute one link; all rows so far as HTML and CSV.

        Raises
        ------
        ValueError
            If it was cancelled.
        """
        self._rows.append(await self._row(query))
        rows = ranked(self._rows)
        return {"html": room_html(rows), "csv": as_csv(rows)}

    async def _row(self, query: str) -> HandedIn:
        state, notes = self._opened(query)
        if notes:
            return HandedIn(query, state.who, " ".join(notes))
        try:
            await self._store.check(state)
            result = await self._store.ask(state.compression, again=True)
        except Superseded:
            raise ValueError("cancelled") from None
        except Exception as error:  # whatever it is, the other links are to be computed
            return HandedIn(query, state.who, f"Not computed: {in_words(error)}")
        return self._judged(query, state, result)

    def _judged(self, query: str, state: State, result: Result) -> HandedIn:
        here = self._store.state
        of_all = asked_of(replace(here, who=state.who))
        asked = of_all or asked_of(state)
        judged = asked.judged(result) if asked else None
        return HandedIn.of(
            query, state, result, passed=judged and judged.done, said=judged.said if judged else "",
            differs=_differs(here, state, other=of_all is not None and _task(here) != _task(state)),
        )  # fmt: skip


def _task(state: State) -> tuple[Any, ...]:
    return (state.lesson, state.stop) if state.lesson else (state.task, state.class_seed)


def _differs(here: State, state: State, *, other: bool) -> str:
    """What a State has that the one on screen has not."""
    if state.model != here.model:
        said = [f"the model {models.info(state.model).label}"]
    else:
        said = list(differing(here.compression, state.compression))
    return ", ".join([*said, *(["set another task"] if other else [])]) or "as on screen"
