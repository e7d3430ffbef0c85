"""How each group of samples fares: its score before and after, and how sure the difference is. One row a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import HoverTool, Range1d, TapTool

from app.results.groups import Chance, Grouping, Groups, chance, judged
from app.results.result import Result
from app.results.scene import Scene
from app.screen import theme
from app.screen.format import count, end_of
from app.screen.views.arranged import arrange
from app.screen.views.view import Table, empty, headed, legend, on_tap, unfaded
from models.metrics import METRICS
from models.metrics.metric import Metric

SHOWN = 30  # groups at most: those that lost most
TRACK = (0.2, 0.66)  # where scores stand, as shares of the width
LEGEND = """<ul><li><i style="color: var(--baseline); --opacity: 100%"></i>baseline</li>
<li><i style="color: var(--compressed); --opacity: 100%"></i>compressed</li>
<li><i style="color: var(--compressed); --opacity: 30%"></i>where it may lie by chance, 95 %</li></ul>"""

# Rows of 13 to 40 pixels under a head of 22.
ROWS = """
    const n = Math.max(source.data.y.length, 1)
    const row = Math.min(Math.max((h - 24) / n, 12), 40)
    plot.y_range.setv({start: (h - 24) / row, end: -24 / row})
    const left = w >= 560 ? 0 : -0.12  // a phone keeps as many pixels for the names
    plot.x_range.start = left
    for (const words of names) {
        words.glyph.x = {value: left}
        words.glyph.text_font_size = {value: row < 15 ? "10px" : "12px"}
    }
"""


def data(result: Result, grouping: Grouping) -> dict[str, Any]:
    """Groups and how sure they are, which of them are shown, and the ends of the axis."""
    metric = METRICS[result.model.metric]
    judge = grouping, metric, result.baseline.values, result.compressed.values
    groups, sure = judged(*judge), chance(*judge)
    shown = np.arange(len(groups.n))
    if len(shown) > SHOWN:
        shown = np.sort(np.argsort(-np.nan_to_num(groups.lost, nan=-np.inf), kind="stable")[:SHOWN])
    seen = np.concatenate([groups.before, groups.after])
    seen = seen[np.isfinite(seen)]
    ends = (0.0, 1.0) if metric.whole == 1 or not len(seen) else (float(seen.min()), float(seen.max()))
    if metric.whole != 1:
        room = 0.06 * (ends[1] - ends[0]) or 1.0
        ends = max(ends[0] - room, 0.0) if ends[0] >= 0 else ends[0] - room, ends[1] + room
    return {"groups": groups, "sure": sure, "shown": shown, "ends": ends}


def columns(it: Mapping[str, Any], metric: Metric) -> dict[str, Any]:
    """The columns of the picture, made from `data`."""
    groups, sure, shown, (low, high) = it["groups"], it["sure"], it["shown"], it["ends"]
    wide = (TRACK[1] - TRACK[0]) / (high - low)

    def at(scores: np.ndarray) -> np.ndarray:
        return np.clip(TRACK[0] + wide * (scores[shown] - low), *TRACK)

    names = [end_of(groups.grouping.names[i]) for i in shown]
    said = [written(groups, metric, i) for i in shown]
    return {
        "y": np.arange(len(shown)) + 0.5,
        "name": ["" if i == groups.worst else name for i, name in zip(shown, names, strict=True)],
        "most": [name if i == groups.worst else "" for i, name in zip(shown, names, strict=True)],
        "old": at(groups.before),
        "new": at(groups.after),
        "low": at(groups.before + sure.low),
        "high": at(groups.before + sure.high),
        "said": said,
        "tip": [f"{groups.grouping.names[i]}: {tip(groups, sure, metric, i)}" for i in shown],
        "group": shown,
    }


def written(groups: Groups, metric: Metric, i: int) -> str:
    """A group's score after and before: ``31 of 36, was 35``."""
    if not groups.n[i]:
        return "no samples"
    if groups.right_after is not None:
        return f"{groups.right_after[i]} of {groups.n[i]}, was {groups.right_before[i]}"
    return f"{metric.number(groups.after[i])}, was {metric.number(groups.before[i])}"


def tip(groups: Groups, sure: Chance, metric: Metric, i: int) -> str:
    """All there is to say of a group."""
    if not groups.n[i]:
        return "no samples"
    low, high = (metric.difference_written(each[i]) for each in (sure.low, sure.high))
    change = metric.difference_written(groups.after[i] - groups.before[i])
    return f"{count(int(groups.n[i]), 'sample')}, {written(groups, metric, i)}; {change}, 95 %: {low} to {high}"


def suffers(groups: Groups, metric: Metric) -> str:
    """The worst group in words: ``3 suffers most: 31 of 36 instead of 35.``; "" if none has lost anything."""
    i = groups.worst
    if i is None:
        return ""
    name = groups.grouping.said.format(groups.grouping.names[i])
    name = name[0].upper() + name[1:] if groups.grouping.said != "{}" else name
    if groups.right_after is not None:
        return f"{name} suffers most: {groups.right_after[i]} of {groups.n[i]} instead of {groups.right_before[i]}."
    return f"{name} suffers most: {metric.written(groups.after[i])} instead of {metric.written(groups.before[i])}."


def text(result: Result, grouping: Grouping) -> str:
    """The worst group, whether that may be chance, and what is left out."""
    it, metric = data(result, grouping), METRICS[result.model.metric]
    groups, sure, i = it["groups"], it["sure"], it["groups"].worst
    if i is None:
        return "No group has lost anything."
    words = suffers(groups, metric)
    if sure.low[i] <= 0 <= sure.high[i]:
        words += " That may be chance: it has few samples." if groups.n[i] < 100 else " That may be chance."
    lost = groups.lost > 0
    words += f" {lost.sum()} of {len(lost)} groups became worse."
    if len(it["shown"]) < len(groups.n):
        words += f" The {SHOWN} that lost most are shown."
    return words


def table(result: Result, grouping: Grouping) -> Table:
    it, metric = data(result, grouping), METRICS[result.model.metric]
    groups, sure = it["groups"], it["sure"]
    unit = metric.difference_unit
    heads = (grouping.label.removeprefix("by "), "samples", f"{metric.label} before", f"{metric.label} after",
             f"change{', ' + unit if unit else ''}", "95 % interval", "p, exact McNemar")  # fmt: skip
    rows = []
    for i, name in enumerate(grouping.names):
        if not groups.n[i]:
            rows.append((name, 0, *["none"] * 5))
            continue
        ends = f"{metric.number(sure.low[i])} to {metric.number(sure.high[i])}"
        change = metric.number(groups.after[i] - groups.before[i])
        rows.append(
            (name, int(groups.n[i]), metric.written(groups.before[i]), metric.written(groups.after[i]), change, ends,
             "none" if sure.p is None else f"{sure.p[i]:.3g}")
        )  # fmt: skip
    return Table(heads, tuple(rows))


class Picture:
    """The rows of one document.

    Parameters
    ----------
    choose : called with a grouping and the number of the group that was tapped
    """

    def __init__(self, choose):
        self._drawn: Grouping | None = None
        self._source = source = empty("y name most old new low high said tip group")
        self._ends = ends = empty("x text align")
        plot = theme.plot(x_range=Range1d(0, 1), y_range=Range1d(10, -1), min_border=2)
        plot.axis.visible = False
        plot.text("x", 0, "text", source=ends, text_align="align", y_offset=-6, **theme.text_style(theme.MUTED))
        track = {"x0": TRACK[0], "x1": TRACK[1], "y0": "y", "y1": "y", "source": source}
        plot.segment(**track, line_color=theme.LINE)
        plot.segment("low", "y", "high", "y", source=source, line_color=theme.COMPRESSED, line_alpha=0.3, line_width=7)
        plot.segment("old", "y", "new", "y", source=source, line_color=theme.COMPRESSED, line_width=2)
        plot.rect("old", "y", 3, 11, source=source, width_units="screen", height_units="screen",
                  fill_color=theme.BASELINE, line_color=None)  # fmt: skip
        plot.scatter("new", "y", source=source, size=9, fill_color=theme.COMPRESSED, line_color=theme.SURFACE)
        style = {"source": source, "text_baseline": "middle"}
        usual, bold = theme.text_style(), theme.text_style(theme.COMPRESSED, text_font_style="bold")
        names = [plot.text(0, "y", column, **style, **look) for column, look in (("name", usual), ("most", bold))]
        plot.text(1, "y", "said", text_align="right", **style, **theme.text_style(theme.INK))
        rows = plot.rect(0.5, "y", 1, 0.95, source=source, fill_color=None, line_color=None)
        unfaded(plot.renderers)
        plot.select_one(TapTool).renderers = [rows]
        plot.add_tools(HoverTool(renderers=[rows], tooltips="@tip"))
        arrange(plot, ROWS, source, source=source, names=names)
        on_tap(source, lambda row: choose(self._drawn, int(source.data["group"][row])))
        self.root = headed(legend(LEGEND), plot)

    def draw(self, scene: Scene, grouping: Grouping) -> None:
        metric = METRICS[scene.result.model.metric]
        it = data(scene.result, grouping)
        self._drawn = grouping
        self._source.data = columns(it, metric)
        said = [metric.short(end) if metric.whole == 1 else metric.written(end) for end in it["ends"]]
        if self._ends.data["text"] != said:
            self._ends.data = {"x": [*TRACK], "text": said, "align": ["left", "right"]}
