"""A task of one's own for each nickname: one number for a class, and the name, decide a budget and a seed.

It is computed wherever it is needed, from what a link says of both, and stands in no link: so nobody can write
themselves an easier one without another name.
"""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

from app.state.choices import Assignment
from app.state.state import State

SHARES = (85, 90, 95, 100, 105, 110, 115)  # percent of the bytes that the task allows
SEEDS = 1000  # of which one is of each name


def varied(state: State) -> Assignment | None:
    """The task that is asked of who hands a State in.

    Examples
    --------
    >>> set_to_all = State(task=Assignment("digits-mlp", bytes=20_000), class_seed=1)
    >>> [varied(replace(set_to_all, who=name)).bytes for name in ("", "Ada", " ada", "Grace")]
    [20000, 17000, 17000, 20000]
    """
    task, drawn = state.task, _drawn(state)
    if task is None or task.bytes is None or drawn is None:
        return task
    return replace(task, bytes=task.bytes * SHARES[drawn % len(SHARES)] // 100)


def seed_of(state: State) -> int:
    """The seed that goes with a nickname; its own where nobody has one."""
    drawn = _drawn(state)
    return state.seed if drawn is None else drawn // len(SHARES) % SEEDS


def _drawn(state: State) -> int | None:
    """A number of 32 bits for a name in a class; capitals do not make another name."""
    name = " ".join(state.who.split()).casefold()
    return None if state.class_seed is None or not name else crc32(f"{state.class_seed} {name}".encode())
