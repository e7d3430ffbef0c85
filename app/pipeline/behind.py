"""Work behind the person's back: Results of Compressions that nobody has chosen yet, in the order they were asked for.

The curve of the slider in hand, the sensitivity of layers, a search or a retraining each ask for many Compressions and
draw what comes. All of it gives way to the person: see `app.store.Store.ask`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from app.pipeline.watch import Superseded, Watch
from app.results.result import Result
from app.state.compression import Compression
from app.state.state import State

Progress = Callable[[float, str], None]


class Results(Protocol):
    """What computes; `app.pipeline.pipeline.Pipeline` in earnest."""

    async def result(self, state: State, watch: Watch) -> Result: ...


@dataclass(frozen=True, eq=False)
class Ask:
    """One Compression that is wanted.

    again : whether it goes on later when the person has moved; else it is given up
    answer : gets the Result, `Superseded` if it is given up, or the error
    """

    compression: Compression
    progress: Progress
    again: bool
    answer: asyncio.Future[Result] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Behind:
    """The asks that wait, first come first served."""

    def __init__(self):
        self._asks: deque[Ask] = deque()

    def __bool__(self) -> bool:
        return bool(self._asks)

    def ask(self, compression: Compression, progress: Progress, again: bool) -> Awaitable[Result]:
        """Want the Result of a Compression; its answer."""
        new = Ask(compression, progress, again)
        new.answer.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, if nobody looks
        self._asks.append(new)
        return new.answer

    def give_up(self, *, all: bool = False) -> None:
        """Give up what does not go on later, or all."""
        given, self._asks = self._asks, deque(each for each in self._asks if each.again and not all)
        for each in given:
            if each not in self._asks and not each.answer.done():
                each.answer.set_exception(Superseded())

    async def work(self, results: Results, stop: Callable[[], bool]) -> None:
        """Compute the first ask; as soon as `stop` says so it waits again, to be begun anew."""
        ask = self._asks[0]
        state = State(**vars(ask.compression))
        watch = Watch(ask.progress, lambda: stop() or ask.answer.done(), behind=True)
        result, failed = None, None
        try:
            if not ask.answer.done():  # else whoever asked does not want it any more
                result = await results.result(state, watch)
        except Superseded:
            if not ask.answer.done():
                return
        except Exception as error:  # it is for the asker to say what becomes of it
            failed = error
        with suppress(ValueError):  # it was given up meanwhile
            self._asks.remove(ask)
        if ask.answer.done():
            return
        if failed is not None:
            ask.answer.set_exception(failed)
        else:
            ask.answer.set_result(result)
