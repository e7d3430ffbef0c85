"""Each layer on a device as two bars: how long its bytes take to be moved, and how long it computes.

The longer bar decides. It is full, the other one pale; outlines are those of the baseline. All are on one scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, isfinite
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Range1d
from bokeh.plotting import figure

from app.results.device import Cost
from app.screen import theme
from app.screen.format import end_of, si
from app.screen.views.arranged import arrange
from app.screen.views.view import empty, unfaded

BARS, TIME = (0.24, 0.66), 0.79  # shares of the width: the bars from and to, the time ends, and why ends at 1
HEADS = ((0, "layer", "left"), (BARS[0], "moving its bytes, computing", "left"), (TIME, "a run", "right"),
         (1, "waits for", "right"))  # fmt: skip
PALE = 0.3

# Rows of 13 to 64 pixels under a head of 26; y counts them downwards from 0. A phone leaves out what they wait for,
# which the full bar tells.
ROWS = """
    const n = Math.max(source.data.y.length, 1)
    const row = Math.min(Math.max((h - 26) / n, 13), 64), narrow = w < 560
    for (const {glyph} of plot.renderers) if (glyph.type === "HBar") glyph.height = {value: Math.min(0.3, 14 / row)}
    names.glyph.text_font_size = {value: row < 16 ? "10px" : row < 26 || narrow ? "11px" : "13px"}
    plot.y_range.setv({start: (h - 26) / row, end: -26 / row})
    plot.x_range.start = heads.data.x[0] = narrow ? -0.12 : 0
    heads.data.text[1] = narrow ? "bytes, computing" : "moving its bytes, computing"
    heads.data.text[3] = narrow ? "" : "waits for"
    whys.visible = !narrow
    times.glyph.x = {value: heads.data.x[2] = narrow ? 1 : TIME}
    names.glyph.x = {value: plot.x_range.start}
    heads.change.emit()
"""


def why(cost: Cost, cached: bool) -> str:
    """What a layer waits for, and by how much: ``memory × 12``."""
    if cost.seconds == 0:
        return ""
    held = ("the cache" if cached else "memory") if cost.by_memory else "arithmetic"
    return held if cost.factor == inf else f"{held} × {cost.factor:.1f}" if cost.factor < 99.95 else f"{held} × 100"


def columns(old: Mapping[str, Cost], new: Mapping[str, Cost], cached: bool) -> dict[str, Any]:
    """The columns of the picture: of each layer that is known in the file, in the order of the network.

    A bar that never ends is as long as the longest.
    """
    costs = [*new.values()]
    times = [each for cost in (*old.values(), *costs) for each in (cost.moving, cost.computing)]
    longest = max(filter(isfinite, times), default=0) or 1.0

    def end(seconds: float) -> float:
        return BARS[0] + (BARS[1] - BARS[0]) * min(seconds / longest, 1)

    number = np.arange(len(costs), dtype=float)
    before = [old.get(name) for name in new]
    return {
        "y": number + 0.5, "upper": number + 0.32, "lower": number + 0.68, "rule": number,
        "name": [end_of(name) for name in new],
        "moving": [end(cost.moving) for cost in costs],
        "computing": [end(cost.computing) for cost in costs],
        "was_moving": [end(cost.moving) if cost else BARS[0] for cost in before],
        "was_computing": [end(cost.computing) if cost else BARS[0] for cost in before],
        "moving_alpha": [1.0 if cost.by_memory else PALE for cost in costs],
        "computing_alpha": [PALE if cost.by_memory else 1.0 for cost in costs],
        "time": [si(cost.seconds, "s") for cost in costs],
        "why": [why(cost, cached) for cost in costs],
        "tip": [
            f"{name}: {si(cost.moving, 's')} to move its bytes, {si(cost.computing, 's')} to compute, "
            f"{si(cost.joules, 'J')}"
            for name, cost in new.items()
        ],
    }  # fmt: skip


def rows_of() -> tuple[figure, Callable[[dict[str, Any]], None]]:
    """The picture, and what shows columns in it."""
    plot = theme.plot(x_range=Range1d(0, 1), y_range=Range1d(3, -0.3), min_border=2, tools="")
    plot.axis.visible = False
    source = empty(
        "y upper lower rule name moving computing was_moving was_computing moving_alpha computing_alpha time why tip"
    )
    heads = ColumnDataSource(
        {"x": [x for x, _, _ in HEADS], "text": [text for _, text, _ in HEADS], "align": [align for *_, align in HEADS]}
    )
    plot.segment(-0.12, "rule", 1, "rule", source=source, line_color=theme.LINE)
    plot.text("x", 0, "text", source=heads, text_align="align", y_offset=-6, **theme.text_style(theme.MUTED))
    for y, kind in (("upper", "moving"), ("lower", "computing")):
        bar = {"y": y, "left": BARS[0], "height": 0.3, "source": source}
        plot.hbar(right=kind, fill_color=theme.COMPRESSED, fill_alpha=f"{kind}_alpha", line_color=None, **bar)
        plot.hbar(right=f"was_{kind}", fill_color=None, line_color=theme.BASELINE, line_width=1.5, **bar)
    texts = {}
    for x, column, align, style in (
        (0, "name", "left", theme.text_style(theme.INK, theme.NORMAL, text_font_style="bold")),
        (TIME, "time", "right", theme.text_style(theme.INK, theme.NORMAL)),
        (1, "why", "right", theme.text_style(theme.MUTED, theme.SMALL)),
    ):
        texts[column] = plot.text(x, "y", column, source=source, text_align=align, text_baseline="middle", **style)
    whole = plot.rect(0.5, "y", 1, 1, source=source, fill_color=None, line_color=None)
    unfaded(plot.renderers)
    plot.add_tools(HoverTool(renderers=[whole], tooltips="@tip"))
    code = ROWS.replace("TIME", str(TIME))
    arrange(plot, code, source, source=source, heads=heads, names=texts["name"], times=texts["time"], whys=texts["why"])

    def draw(shown: dict[str, Any]) -> None:
        source.data = shown

    return plot, draw
