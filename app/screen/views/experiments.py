"""What the trade-off view says of the experiments with a model: where they stand, the best of them, their words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from app.results.experiment import Experiment
from app.results.facts import Facts
from app.results.scene import Baseline, Other
from app.screen.format import kilobytes
from app.screen.views.axes import Across, Look, Up, baseline_as, said, values
from app.screen.views.view import Opened
from models.metrics.metric import Metric


def placed(model: Other, look: Look, facts: Facts = MappingProxyType({})) -> dict[str, Any]:
    """Where the baseline and the experiments stand: values across and up, and the heights of the latter on their axis.

    facts : what is known of the baseline besides
    """
    old = baseline_as(model.baseline, facts)
    x, y = (values(axis, (old, *model.history)) for axis in (look.across, look.up))
    heights = look.up.height(y)
    return {
        "label": model.baseline.label,
        "baseline": (float(x[0]), float(y[0])),
        "sizes": x[1:],
        "scores": y[1:],
        "heights": heights[1:],
        "old height": float(heights[0]),
        "frontier": frontier(x[1:], heights[1:]),
    }


def frontier(sizes: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Indices of the experiments that no smaller one equals in height, smallest first: the Pareto edge."""
    order = np.lexsort((-heights, sizes))
    order = order[np.isfinite(sizes[order]) & np.isfinite(heights[order])]
    best = np.maximum.accumulate(heights[order])
    return order[np.append(True, best[1:] > best[:-1])] if len(order) else order


def stairs(it: Mapping[str, Any], high: float) -> dict[str, np.ndarray]:
    """The frontier as a line of steps, the last of which goes on to the end of the axis, `high`."""
    x, y = it["sizes"][it["frontier"]], it["heights"][it["frontier"]]
    return {"x": np.append(x, np.full(len(y[-1:]), high)), "y": np.append(y, y[-1:])}


def limits(baseline: float, sizes: np.ndarray, least: float = 1) -> tuple[float, float]:
    """The range across for a model: a fixed one, made wider by octaves only for a value that lies outside.

    baseline : that of the baseline, NaN if it is not known
    least : where the range begins of a baseline that is not much larger; 1 kB
    """
    sizes = sizes[np.isfinite(sizes)]
    if np.isnan(baseline):
        baseline = float(sizes.max(initial=0)) or 1.0
    low, high = max(baseline / 40, min(least, baseline / 4)), baseline * 1.3
    while sizes.min(initial=high) < low * 1.1:
        low /= 2
    while sizes.max(initial=low) > high / 1.1:
        high *= 2
    return low, high


def uncompressed(model: Baseline, metric: Metric) -> str:
    return f"{model.label} uncompressed: {kilobytes(model.size_bytes)}, {metric.written(model.score)} {metric.label}"


def rows(of: str, model: Other, look: Look, facts: Facts = MappingProxyType({})) -> list[tuple]:
    """The baseline and the experiments of a model, called after it, the newest first; and what else the axes show."""
    old = baseline_as(model.baseline, facts)
    return [
        (f"{of}baseline", old.size_bytes, round(old.score, 4), 0, *more(old, look), ""),
        *(_row(of, each, look) for each in model.history[::-1]),
    ]


def heads(look: Look) -> tuple[str, ...]:
    """The columns that `more` fills."""
    return tuple(axis.label for axis in _others(look))


def more(each: Experiment, look: Look) -> tuple[str | None, ...]:
    """What the axes show that no column has."""
    return tuple(said(axis, axis.value(each)) or None for axis in _others(look))


def _others(look: Look) -> tuple[Across | Up, ...]:
    return tuple(axis for axis in (look.across, look.up) if axis.id not in ("size", "score", "changed"))


def _row(of: str, each: Experiment, look: Look) -> tuple:
    pin = f"{each.pinned}: " if each.pinned else ""
    text = f"{pin}{of}{each.title}"
    return Opened(text, each), each.size_bytes, round(each.score, 4), each.changed, *more(each, look), each.note
