"""The curve of the slider in hand, in the trade-off view: behind all else, a faint line through measured points.

Three of its points have a name: its knee, and where it crosses the limits of the budget. Its cliff is said in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from bokeh.models import GlyphRenderer, LabelSet
from bokeh.plotting import figure

from app.results.curve import Curve, Point
from app.results.result import Result
from app.screen import theme
from app.screen.controls.widgets import put
from app.screen.format import kilobytes
from app.screen.views.view import empty, on_taps, unfaded
from app.state.choices import Budget
from kernels import TECHNIQUES
from models.metrics import METRICS
from models.metrics.metric import Metric

FEW = 5  # points that a curve needs for a knee
ABOVE = 0.1  # of the height of a curve: what its knee stands above the chord at least
LEVEL, STEEP = 0.1, 1 / 3  # of all that is lost: at most before a cliff, and at least with the next strength
NEXT = 1 / 6  # of a slider: the next strength is no farther
KNEE, LIMIT = "circle", "square"


def placed(curve: Curve, height: Callable[..., np.ndarray], budget: Budget, metric: Metric) -> dict[str, Any]:
    """Sizes in kB, where scores stand, and the points that have a name: {index: (marker, words)}."""
    sizes = np.array([point.size_bytes / 1000 for point in curve.points])
    heights = height(np.array([point.score for point in curve.points]))
    return {"sizes": sizes, "heights": heights, "marks": _marks(curve, sizes, heights, budget, metric)}


def knee(sizes: np.ndarray, heights: np.ndarray) -> int | None:
    """The point where smaller begins to cost: the one farthest above the chord from the smallest file to the largest.

    Parameters
    ----------
    sizes, heights : float64, shape (n,), any order; sizes are compared by their logarithm, as they are drawn

    Returns
    -------
    int or None
        An index; None if there are few points, or none stands out.

    Notes
    -----
    Both axes run from 0 to 1, and distances from the chord are vertical, which orders points as perpendicular ones
    do. Source: Satopaa et al., "Finding a 'Kneedle' in a Haystack", ICDCS workshops 2011, section III, without its
    smoothing, for the points are few.

    Examples
    --------
    >>> knee(np.array([1, 2, 4, 8, 16]), np.array([0.0, 0.2, 0.9, 1.0, 1.0]))
    2
    """
    if len(sizes) < FEW or np.ptp(sizes) == 0 or np.ptp(heights) == 0:
        return None
    x, y = ((each - each.min()) / np.ptp(each) for each in (np.log(sizes), heights))
    small, large = y[np.argmin(x)], y[np.argmax(x)]
    above = y - (small + x * (large - small))
    best = int(np.argmax(above))
    return best if above[best] > ABOVE else None


def cliff(curve: Curve, result: Result) -> tuple[Point, Point] | None:
    """The strongest strength that costs little, and the next one, which costs a good part of all that is ever lost.

    None where the curve is not done or has no such place, where what is lost may be chance, and for scores that are
    no shares: without a bottom, no fall is a part of the whole.
    """
    metric, points = METRICS[result.model.metric], curve.points
    if not curve.done or metric.unit != "%" or len(points) < FEW:
        return None
    if points[0].size_bytes < points[-1].size_bytes:
        points = points[::-1]  # the largest file, which is the mildest strength, first
    lost = [points[0].score - point.score for point in points]
    all_lost = max(lost)
    low, high = result.baseline.interval
    if all_lost < 2 * (high - low):
        return None
    at = next(i for i, each in enumerate(lost) if each > LEVEL * all_lost)
    edge, fallen, of = points[at - 1], points[at], curve.slider.declared
    near = abs(fallen.value - edge.value) <= max(of.step or 1, NEXT * (of.high - of.low))
    return (edge, fallen) if at > 1 and near and lost[at] - lost[at - 1] >= STEEP * all_lost else None


def text(curve: Curve | None, result: Result) -> str:
    """The cliff of a curve in words; "" if there is none, or none is known."""
    found = None if curve is None else cliff(curve, result)
    if found is None:
        return ""
    (edge, fallen), metric, slider = found, METRICS[result.model.metric], curve.slider
    where = "Beyond" if fallen.value > edge.value else "Below"
    named = f" {slider.declared.label}" if slider.declared.unit == "%" else ""
    layer = f" in {slider.layer}" if slider.layer else ""
    return (
        f" {where} {slider.written(edge.value)}{named}{layer}, {metric.label} falls off a cliff: from "
        f"{metric.written(edge.score)} to {metric.written(fallen.score)} at {slider.written(fallen.value)}."
    )


def rows(curve: Curve | None) -> list[tuple]:
    """The points for the table of the view."""
    if curve is None:
        return []
    of, written = f"curve of {_name(curve)}", curve.slider.written
    return [
        (f"{of} {written(each.value)}", each.size_bytes, round(each.score, 4), each.changed, "")
        for each in curve.points
    ]


class Trace:
    """The marks of a curve in a plot.

    Parameters
    ----------
    take : called with the curve and the value of the point that was tapped

    Attributes
    ----------
    dots : its points; their source has the columns x, y and label
    """

    def __init__(self, plot: figure, take: Callable[[Curve, float], None]):
        self._curve: Curve | None = None
        self._even: tuple[Point, ...] = ()
        self._line, self._named = empty("x y"), empty("x y marker text align dx")
        points = empty("x y label")
        plot.line("x", "y", source=self._line, line_color=theme.COMPRESSED, line_alpha=0.35, line_width=2)
        self.dots: GlyphRenderer = plot.scatter(
            "x", "y", source=points, size=6, fill_color=theme.COMPRESSED, fill_alpha=0.35, line_color=None
        )  # fmt: skip
        unfaded([self.dots])
        plot.scatter("x", "y", marker="marker", source=self._named, size=13, fill_color=None,
                     line_color=theme.COMPRESSED, line_width=1.5)  # fmt: skip
        words = theme.text_style(theme.COMPRESSED, background_fill_color=theme.SURFACE, background_fill_alpha=0.75)
        plot.add_layout(LabelSet(text_align="align", text_baseline="bottom", x_offset="dx", y_offset=7,
                                 source=self._named, **words))  # fmt: skip
        on_taps(points, lambda rows: [take(self._curve, self._even[i].value) for i in rows])

    def draw(self, curve: Curve | None, it: Mapping[str, Any] | None, metric: Metric, limits: tuple) -> None:
        """Show a curve and what `placed` says of it, or nothing; `limits` are those of the axis of sizes."""
        if it is None:
            curve, it = None, {"sizes": np.zeros(0), "heights": np.zeros(0), "marks": {}}
        self._curve = curve
        x, y = it["sizes"].tolist(), it["heights"].tolist()
        put(self._line, data={"x": x, "y": y})
        put(self._named, data=_named(x, y, it["marks"], limits))
        even = curve.slider.even() if curve else ()
        at = [i for i in range(len(x)) if curve.points[i].value in even]
        self._even = tuple(curve.points[i] for i in at)
        labels = [_label(curve, point, metric) for point in self._even]
        put(self.dots.data_source, data={"x": [x[i] for i in at], "y": [y[i] for i in at], "label": labels})


def _marks(
    curve: Curve, sizes: np.ndarray, heights: np.ndarray, budget: Budget, metric: Metric
) -> dict[int, tuple[str, str]]:
    """The points that have a name: the knee is one of the even strengths, so that it stays where it is in a drag."""
    if not curve.done:
        return {}
    names: dict[int, list[str]] = {}
    even = [i for i, point in enumerate(curve.points) if point.value in curve.slider.even()]
    if (best := knee(sizes[even], heights[even])) is not None:
        names[even[best]] = ["knee"]
    fits = [budget.bytes is None or point.size_bytes <= budget.bytes for point in curve.points]
    enough = [budget.score is None or metric.reaches(point.score, budget.score) for point in curve.points]
    order = np.argsort(sizes, kind="stable").tolist()
    for word, met, last in (("fits", fits, max), ("good enough", enough, min)):
        if any(met) and not all(met):  # the budget is crossed
            names.setdefault(last((i for i in order if met[i]), key=lambda i: sizes[i]), []).append(word)
    return {
        i: (KNEE if "knee" in words else LIMIT, f"{', '.join(words)} at {curve.slider.written(curve.points[i].value)}")
        for i, words in names.items()
    }


def _named(x: list[float], y: list[float], marks: Mapping[int, tuple[str, str]], limits: tuple) -> dict[str, list]:
    """The words of a mark stand above it and on the side of smaller files, where there is room and no curve."""
    low, high = limits
    left = [np.log(x[i] / low) > 0.2 * np.log(high / low) for i in marks]
    return {
        "x": [x[i] for i in marks], "y": [y[i] for i in marks],
        "marker": [marker for marker, _ in marks.values()], "text": [words for _, words in marks.values()],
        "align": ["right" if each else "left" for each in left], "dx": [-4 if each else 4 for each in left],
    }  # fmt: skip


def _name(curve: Curve) -> str:
    """What the strengths are of: ``Prune``, ``Quantize in fc1``, ``Quantize, percentile``."""
    declared = curve.slider.declared
    name = TECHNIQUES[curve.slider.technique].label + ("" if declared.primary else f", {declared.label}")
    return f"{name} in {curve.slider.layer}" if curve.slider.layer else name


def _label(curve: Curve, point: Point, metric: Metric) -> str:
    written = curve.slider.written(point.value)
    return f"{_name(curve)} {written}: {kilobytes(point.size_bytes)}, {metric.written(point.score)}"
