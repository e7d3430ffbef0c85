"""What does each kilobyte buy? Size of the file against score: now, before, and all that was tried.

The size is on a logarithmic axis, so equal steps are equal factors; the score is on an axis logarithmic in the error,
so that 90 to 95 % takes as much room as 95 to 97.5 %: that is where the experiments lie. No score falls off that axis,
and the ranges of a model stay put while a slider moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, LabelSet, Range1d, TapTool

from app import theme
from app.metrics import METRICS
from app.result import Experiment, Scene
from app.views.numbers import kilobytes, percent
from app.views.view import Act, Drawing, Table, View

SCORES = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1)
SIZES = tuple(digit * 10**power for power in range(-2, 5) for digit in (1, 2, 5))  # kB
FLOOR = -0.06  # lower end of the score axis; a score of 0 stands at 0
RESTORED = ("model", "recipe", "layers", "seed")  # a tap on an experiment keeps the view and the budget


def height(score, n: int):
    """Where a score from 0 to 1 stands on the axis; a perfect one as if half of one of the `n` answers were wrong."""
    return -np.log10(np.maximum(1 - np.asarray(score, float), 0.5 / n))


def data(scene: Scene) -> Mapping[str, Any]:
    """Sizes in kB and scores from 0 to 1 of the baseline, the experiments and the current Result."""
    result = scene.result
    old, new, budget = result.baseline, result.compressed, result.state.budget
    sizes = np.array([each.size_bytes / 1000 for each in scene.history])
    scores = np.array([each.score for each in scene.history])
    return {
        "n": len(result.model.labels),
        "baseline": (old.size_bytes / 1000, old.score),
        "compressed": (new.size_bytes / 1000, new.score),
        "interval": new.interval,
        "sizes": sizes,
        "scores": scores,
        "frontier": frontier(sizes, scores),
        "budget": (None if budget.bytes is None else budget.bytes / 1000, budget.score),
        "limits": limits(old.size_bytes / 1000, np.append(sizes, new.size_bytes / 1000)),
        "top": ceiling(old.interval[1], max(scores, default=0), new.score, n=len(result.model.labels)),
    }


def frontier(sizes: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Indices of the experiments that no smaller one equals in score, smallest first."""
    order = np.lexsort((-scores, sizes))
    best = np.maximum.accumulate(scores[order])
    return order[np.append(True, best[1:] > best[:-1])] if len(order) else order


def limits(baseline: float, sizes: np.ndarray) -> tuple[float, float]:
    """The range of sizes for a model in kB: a fixed one, made wider by octaves only for a size that lies outside."""
    low, high = max(baseline / 40, min(1, baseline / 4)), baseline * 1.3
    while sizes.min() < low * 1.1:
        low /= 2
    while sizes.max() > high / 1.1:
        high *= 2
    return low, high


def ceiling(*scores: float, n: int) -> float:
    """The upper end of the score axis: a little above the best that is likely for this model."""
    return float(height(max(scores), n)) + 0.36  # room for the words above a dot


def build(act: Act) -> Drawing:
    shown: tuple[Experiment, ...] = ()
    frame: tuple[float, ...] = ()
    limit: tuple = ()
    start: tuple[float, float] = (0, 0)
    heights = FixedTicker(ticks=[])
    plot = theme.plot(
        x_axis_type="log", x_range=Range1d(1, 100), y_range=Range1d(FLOOR, 3), min_border_left=56, min_border_right=14
    )
    plot.xaxis.ticker = FixedTicker(ticks=SIZES)
    plot.xaxis.major_label_overrides = {size: f"{size:g}" for size in SIZES}
    plot.xaxis.axis_label = "size of the file, kB"
    plot.yaxis.ticker = plot.ygrid[0].ticker = heights
    plot.ygrid.grid_line_color = theme.GRID

    budget = _source("left right bottom top x0 x1 y0 y1 x y dy text")
    tried, steps = _source("x y label"), _source("x y")
    old, new = _source("x y text"), _source("x y low high text align dx")
    paper = {"background_fill_color": theme.SURFACE, "background_fill_alpha": 0.75}

    plot.quad("left", "right", "top", "bottom", source=budget, fill_color=theme.BAD, fill_alpha=0.05, line_color=None)
    plot.segment("x0", "y0", "x1", "y1", source=budget, line_color=theme.BAD, line_alpha=0.6)
    plot.step("x", "y", source=steps, mode="after", line_color=theme.MUTED, line_alpha=0.7)
    dots = plot.scatter("x", "y", source=tried, size=6, fill_color=theme.MUTED, fill_alpha=0.45, line_color=None)
    dots.nonselection_glyph = dots.selection_glyph = None
    plot.text("x", "y", "text", x_offset=5, y_offset="dy", source=budget, **theme.words(theme.BAD))
    plot.scatter("x", "y", source=old, size=12, fill_color=theme.BASELINE, line_color=theme.SURFACE)
    plot.segment("x", "low", "x", "high", source=new, line_color=theme.COMPRESSED, line_width=2)
    plot.scatter("x", "y", source=new, size=18, fill_color=theme.COMPRESSED, line_color=theme.SURFACE, line_width=2)
    # The words are annotations: a glyph comes with four more, for states it may be in, and each is made anew with it.
    plot.add_layout(LabelSet(text_align="right", x_offset=8, y_offset=11, source=old,
                             **theme.words(theme.BASELINE, theme.NORMAL, **paper)))  # fmt: skip
    bold = theme.words(theme.COMPRESSED, theme.LARGE, text_font_style="bold", **paper)
    plot.add_layout(LabelSet(text_align="align", text_baseline="middle", x_offset="dx", source=new, **bold))

    plot.select_one(TapTool).renderers = [dots]
    plot.add_tools(HoverTool(renderers=[dots], tooltips="@label"))

    def restore(attr, before, chosen) -> None:
        if chosen:
            state = shown[chosen[0]].state.to_json()
            tried.selected.indices = []
            act({name: state[name] for name in RESTORED})

    tried.selected.on_change("indices", restore)

    def draw(scene: Scene) -> None:
        nonlocal shown, frame, limit, start
        it = data(scene)
        n, (low, high), top = it["n"], it["limits"], it["top"]
        if frame != (n, low, high, top):
            frame = (n, low, high, top)
            plot.x_range.update(start=low, end=high)
            plot.y_range.update(end=top)
            heights.ticks = [float(height(score, n)) for score in SCORES]
            plot.yaxis.major_label_overrides = {
                at: f"{100 * score:.0f} %" for at, score in zip(heights.ticks, SCORES, strict=True)
            }
            plot.yaxis.axis_label = METRICS[scene.result.model.metric].label
        if shown != scene.history:
            shown = scene.history
            y, front = height(it["scores"], n), it["frontier"]
            tried.data = {"x": it["sizes"], "y": y, "label": [_label(each) for each in shown]}
            steps.data = {"x": np.append(it["sizes"][front], high), "y": np.append(y[front], y[front][-1:])}
        if limit != (frame, it["budget"]):
            limit = (frame, it["budget"])
            budget.data = _budget(*it["budget"], frame)
        if start != (x := it["baseline"][0], y := float(height(it["baseline"][1], n))):
            start = x, y
            old.data = {"x": [x], "y": [y], "text": ["baseline"]}
        x, score = it["compressed"]
        y, least, most = map(float, height((score, *it["interval"]), n))
        right = np.log(x / low) < 0.55 * np.log(high / low)  # on which side of the dot there is room for its label
        new.data = {
            "x": [x], "y": [y], "low": [least], "high": [most], "text": [f"{kilobytes(1000 * x)} · {percent(score)}"],
            "align": ["left" if right else "right"], "dx": [14 if right else -14],
        }  # fmt: skip

    return Drawing(plot, draw)


def _source(columns: str) -> ColumnDataSource:
    return ColumnDataSource({name: [] for name in columns.split()})


def _budget(size: float | None, score: float | None, frame: tuple[float, ...]) -> dict[str, list]:
    """The areas where the budget is broken, the lines where they begin, and their words."""
    n, low, high, top = frame
    rows = []
    if size is not None:
        rows.append((size, high, FLOOR, top, size, size, FLOOR, top, size, top, 16, f"≤ {size:g} kB"))
    if score is not None:
        at = float(height(score, n))
        rows.append((low, high, FLOOR, at, low, high, at, at, low, at, -4, f"≥ {100 * score:g} %"))
    names = "left right bottom top x0 x1 y0 y1 x y dy text".split()
    return {name: [row[i] for row in rows] for i, name in enumerate(names)}


def _label(each: Experiment) -> str:
    return f"{each.label}: {kilobytes(each.size_bytes)}, {percent(each.score)}"


def text(scene: Scene) -> str:
    result = scene.result
    old, new, name = result.baseline, result.compressed, METRICS[result.model.metric].label
    low, high = new.interval
    words = (
        f"{kilobytes(new.size_bytes)} instead of {kilobytes(old.size_bytes)}, {percent(new.score)} {name} "
        f"instead of {percent(old.score)} (95 % interval {percent(low)} to {percent(high)})."
    )
    budget = result.state.budget
    if budget.bytes is not None:
        words += f" The size is {'within' if new.size_bytes <= budget.bytes else 'over'} the budget."
    if budget.score is not None:
        words += f" The {name} is {'within' if new.score >= budget.score else 'below'} the budget."
    return words


def table(scene: Scene) -> Table:
    old = scene.result.baseline
    rows = [("baseline", old.size_bytes, round(old.score, 4))]
    rows += [(each.label, each.size_bytes, round(each.score, 4)) for each in scene.history]
    return Table(("experiment", "bytes", METRICS[scene.result.model.metric].label), tuple(rows))


VIEW = View("tradeoff", "Trade-off", "What does each kilobyte buy?", data, build, text, table)
