"""How a long computation is followed and given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Superseded(Exception):
    """The work was given up, because its watch asked for it."""


@dataclass(frozen=True)
class Watch:
    """Who follows a computation: ``progress(share, words)`` is told, ``stop()`` is asked whether to give up.

    dragging : a slider moves and the next picture is due at once, so what takes long and shows little may be left out
    """

    progress: Callable[[float, str], None] = lambda share, words: None
    stop: Callable[[], bool] = lambda: False
    dragging: bool = False
