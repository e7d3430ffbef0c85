"""How a long computation is followed and given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


class Superseded(Exception):
    """The work was given up, because its watch asked for it."""


@dataclass(frozen=True)
class Watch:
    """Who follows a computation: ``progress(share, words)`` is told, ``stop()`` is asked whether to give up.

    dragging : a slider moves and the next picture is due at once, so what takes long and shows little may be left out
    part : so may most of the samples, where a run of all takes long, see `app.pipeline.part`
    behind : nobody waits for the picture, so ``stop()`` is asked before each stage, and others get their turn between
    """

    progress: Callable[[float, str], None] = lambda share, words: None
    stop: Callable[[], bool] = lambda: False
    dragging: bool = False
    part: bool = False
    behind: bool = False

    async def between_stages(self) -> None:
        """Give way, if nobody waits for this. Raises Superseded."""
        if self.behind:
            await asyncio.sleep(0)  # a message of the page comes in
            await asyncio.sleep(0)  # and what it asks for begins
            if self.stop():
                raise Superseded
