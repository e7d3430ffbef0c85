"""What a teacher writes under "For a class", read: each limit as people write it, in the unit of the model's metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.results.result import Result
from app.screen.controls.budget import number
from app.screen.format import count, kilobytes
from app.state.state import State
from models.metrics import METRICS


def labels(result: Result) -> dict[str, str]:
    """The words of the form that depend on what is on screen: what a score is here, and what is reached now."""
    metric, file = METRICS[result.model.metric], result.compressed
    side, unit = "least" if metric.higher_is_better else "most", f", {metric.unit}" if metric.unit else ""
    changed = count(result.changed.count, "changed answer")
    now = f"{metric.label} {metric.written(file.score)}, {kilobytes(file.size_bytes)}, {changed}"
    return {"score": f"{metric.label[0].upper()}{metric.label[1:]} at {side}{unit}", "now": f"On screen now: {now}."}


def assigned(state: State, written: Mapping[str, Any], result: Result) -> State:
    """A State with what a teacher has written and ticked; nothing of a lesson or a class before stays.

    Parameters
    ----------
    written : fields of the form by name: texts, and the lists `hidden` and `locked`
    result : what is on screen: it tells in what unit a score is, and what no file can do without

    Raises
    ------
    ValueError
        If a limit is no number or nobody could keep it, or a text is too long; in words for the person.
    """
    metric, bare = METRICS[result.model.metric], sum(result.overhead.get(part, 0) for part in ("constants", "rest"))
    limits = {name: number(str(written.get(name, ""))) for name in ("score", "bytes", "changed", "class_seed")}
    meant = {"score": lambda value: value / metric.scale, "bytes": lambda value: round(1000 * value)}
    given = {name: meant.get(name, float)(value) for name, value in limits.items() if value is not None}
    seed = given.pop("class_seed", None)
    if given.get("bytes", bare) < bare:
        raise ValueError(f"no file of this model is so small: without a single weight it has {kilobytes(bare)}")
    change = {name: written[name] for name in ("title", "text", "hidden", "locked") if name in written}
    if given:
        change["task"] = {"model": state.model, **given}
    if seed is not None:
        change["class_seed"] = seed
    new = state.unguided.merged(change)
    if not new.is_guided:
        raise ValueError("there is nothing to set: write a title, a text or a limit, or tick a control")
    return new
