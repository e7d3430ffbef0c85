"""Goals that many tasks have."""

from __future__ import annotations

from app.lessons import facts
from app.lessons.lesson import Goal
from kernels import TECHNIQUES
from models.metrics.metric import Metric


def right(share: float) -> Goal:
    """At least so many answers are right, 0 to 1."""
    return Goal(f"at least {100 * share:g} % right", lambda result: facts.score(result) >= share, "now {score}")


def score(metric: Metric, value: float) -> Goal:
    """What the model is judged by is at least so good, in the unit of its metric."""
    side = "least" if metric.higher_is_better else "most"
    words = f"{metric.label} at {side} {metric.written(value)}"
    return Goal(words, lambda result: metric.reaches(facts.score(result), value), "now {score}")


def few_changed(count: int) -> Goal:
    """No more answers differ from the baseline's."""
    answers = "answer" if count == 1 else "answers"
    return Goal(f"at most {count} changed {answers}", lambda result: result.changed.count <= count, "now {changed}")


def seed(number: int) -> Goal:
    """What is drawn by lot is drawn with this seed."""
    return Goal(f"with the seed of that nickname, {number}", lambda result: result.state.seed == number)


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
