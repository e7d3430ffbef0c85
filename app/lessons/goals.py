"""Goals that many tasks have."""

from __future__ import annotations

from app.lessons import facts
from app.lessons.lesson import Goal
from kernels import TECHNIQUES


def right(share: float) -> Goal:
    """At least so many answers are right, 0 to 1."""
    return Goal(f"at least {100 * share:g} % right", lambda result: facts.score(result) >= share, "now {score}")


def at_most(kilobytes: float) -> Goal:
    """The file is no larger."""
    return Goal(f"at most {kilobytes:g} kB", lambda result: facts.size(result) <= kilobytes, "now {size}")


def work(macs: float) -> Goal:
    """A sample costs no more multiply-accumulates."""
    return Goal(
        f"at most {macs:,.0f} multiplications a sample", lambda result: facts.macs(result) <= macs, "now {macs}"
    )


def only(*techniques: str) -> Goal:
    """Nothing else is in the recipe."""
    names = " and ".join(TECHNIQUES[id].label for id in techniques)
    return Goal(f"with {names} alone", lambda result: set(facts.techniques(result)) <= set(techniques))


def bits(technique: str, count: int) -> Goal:
    """A technique is on, with so many bits."""
    label = TECHNIQUES[technique].label
    return Goal(f"{label} at {count} bit", lambda result: facts.params(result, technique).get("bits") == count)
