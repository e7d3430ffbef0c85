"""What the trade-off view says of the experiments with a model: where they stand, the best of them, their words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from app.results.experiment import Experiment
from app.results.scene import Baseline, Other
from app.screen.format import kilobytes
from app.screen.views.view import Opened
from models.metrics.metric import Metric


def placed(model: Other, height: Callable[..., np.ndarray]) -> dict[str, Any]:
    """Sizes in kB and scores of the baseline and the experiments; `height` says where a score stands on its axis."""
    old, sizes = model.baseline, np.array([each.size_bytes / 1000 for each in model.history])
    scores = np.array([each.score for each in model.history])
    heights = height(scores)
    return {
        "label": old.label,
        "baseline": (old.size_bytes / 1000, old.score),
        "sizes": sizes,
        "scores": scores,
        "heights": heights,
        "old height": float(height(old.score)),
        "frontier": frontier(sizes, heights),
    }


def frontier(sizes: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """Indices of the experiments that no smaller one equals in score, smallest first."""
    order = np.lexsort((-heights, sizes))
    best = np.maximum.accumulate(heights[order])
    return order[np.append(True, best[1:] > best[:-1])] if len(order) else order


def stairs(it: Mapping[str, Any], high: float) -> dict[str, np.ndarray]:
    """The frontier as a line of steps, the last of which goes on to the end of the axis, `high`."""
    x, y = it["sizes"][it["frontier"]], it["heights"][it["frontier"]]
    return {"x": np.append(x, np.full(len(y[-1:]), high)), "y": np.append(y, y[-1:])}


def limits(baseline: float, sizes: np.ndarray) -> tuple[float, float]:
    """The range of sizes for a model in kB: a fixed one, made wider by octaves only for a size that lies outside."""
    low, high = max(baseline / 40, min(1, baseline / 4)), baseline * 1.3
    while sizes.min() < low * 1.1:
        low /= 2
    while sizes.max() > high / 1.1:
        high *= 2
    return low, high


def label(each: Experiment, metric: Metric) -> str:
    return f"{each.title}: {kilobytes(each.size_bytes)}, {metric.written(each.score)}"


def uncompressed(model: Baseline, metric: Metric) -> str:
    return f"{model.label} uncompressed: {kilobytes(model.size_bytes)}, {metric.written(model.score)} {metric.label}"


def rows(of: str, model: Other) -> list[tuple]:
    """The baseline and the experiments of a model, called after it, the newest first."""
    old = model.baseline
    return [
        (f"{of}baseline", old.size_bytes, round(old.score, 4), 0, ""),
        *(_row(of, each) for each in model.history[::-1]),
    ]


def _row(of: str, each: Experiment) -> tuple:
    pin = f"{each.pinned}: " if each.pinned else ""
    text = f"{pin}{of}{each.title}"
    return Opened(text, each), each.size_bytes, round(each.score, 4), each.changed, each.note
