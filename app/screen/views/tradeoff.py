"""What does each kilobyte buy? Size of the file against score: now, before, all that was tried, and the slider in hand.

The size is on a logarithmic axis, so equal steps are equal factors; the score is on the axis of its metric, where up is
good: logarithmic in the error, so that 90 to 95 % takes as much room as 95 to 97.5 %. No score falls off that axis, and
the ranges of a model stay put while a slider moves.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, nan
from typing import Any

import numpy as np
from bokeh.models import Button, Column, FixedTicker, HoverTool, InlineStyleSheet, LabelSet, Range1d, TapTool

from app.results.curve import Curve
from app.results.experiment import Experiment
from app.results.protected import Protected, layer_by_layer
from app.results.result import Result
from app.results.scene import Scene
from app.screen import theme
from app.screen.controls.widgets import put
from app.screen.format import kilobytes, percent
from app.screen.views import curve
from app.screen.views.arranged import arrange
from app.screen.views.axes import Look, Up, offered_across, offered_up, said
from app.screen.views.compared import data, known, look, shown
from app.screen.views.experiments import heads, rows, stairs, uncompressed
from app.screen.views.few import CSS
from app.screen.views.menus import Menus
from app.screen.views.pins import Pins
from app.screen.views.rival import Rival, beside, is_beside
from app.screen.views.view import Act, Drawing, Table, View, empty, on_taps, unfaded
from app.state.compression import Compression
from models.metrics import METRICS
from models.metrics.metric import Metric

TICKS = tuple(digit * 10**power for power in range(-4, 7) for digit in (1, 2, 5))
LEFT = 66  # pixels for what is written left of the score axis
QUARTER = np.pi / 2  # turned to read from below
OFFER = "Open an experiment to go back to it, to name it, or to pin it as A or B."

# Marks of the score too close to read leave out some of their names; what the axis measures, the last one, stays.
NAMED = """
    const {y, text, shown} = source.data, {start, end} = plot.y_range
    let last = -Infinity
    for (let k = 0; k < y.length - 1; k++) {
        const at = (y[k] - start) / (end - start) * h
        shown[k] = at - last < 13 ? "" : text[k]
        if (shown[k]) last = at
    }
    source.change.emit()  // redraws here; unlike a new `data` it is not sent back to Python
"""


def build(act: Act) -> Drawing:
    picture = _Picture(act)
    return Drawing(picture.root, picture.draw)


class _Picture:
    """The plot of one document. What it shows already is not sent to the page again."""

    def __init__(self, act: Act):
        self._act = act
        self._frame: tuple = ()
        self._limit: tuple = ()
        self._shown: tuple[Experiment, ...] = ()
        self._start: tuple[float, float] = (0, 0)
        self._rival: Rival | None = None
        self._pins: Pins | None = None
        self.plot = theme.plot(
            x_axis_type="log", x_range=Range1d(1, 100), y_range=Range1d(0, 3), min_border_left=LEFT, min_border_right=14
        )
        css = InlineStyleSheet(css=CSS)
        self._offer = Button(
            label="each layer its own share", stylesheets=[css], css_classes=["act"], margin=0, visible=False
        )
        self._offer.on_click(lambda event: act(layer_by_layer(self._state)))
        # The menus stand where the names of axes would.
        self._menus = Menus(act, {"y": "up", "x": "across"}, self._offer)
        self._menus.root.css_classes = ["menus", "axes"]
        self.root = Column(children=[self.plot, self._menus.root], sizing_mode="stretch_both", spacing=0)
        self._make_axes()
        self._make_marks()
        self._tap, self._hover = self.plot.select_one(TapTool), HoverTool(tooltips="@label")
        self._tap.renderers = self._hover.renderers = [self._dots, self._trace.dots]
        self.plot.add_tools(self._hover)
        on_taps(self._tried, lambda rows: [self._restore(self._shown[i]) for i in rows])

    def _make_axes(self) -> None:
        plot, self._heights = self.plot, FixedTicker(ticks=[])
        plot.xaxis.ticker = FixedTicker(ticks=TICKS)
        plot.xaxis.major_label_overrides = {size: f"{size:g}" for size in TICKS}
        plot.yaxis.ticker, plot.ygrid[0].ticker = FixedTicker(ticks=[]), self._heights
        plot.ygrid.grid_line_color = theme.GRID
        # An axis that Bokeh names is as wide as its names: with each new one it would lay out the whole plot anew.
        self._names = empty("x y text shown dx angle align")
        plot.text(
            "x", "y", "shown", x_offset="dx", angle="angle", text_align="align", text_baseline="middle",
            source=self._names, level="annotation", **theme.text_style(theme.MUTED),
        )  # fmt: skip
        arrange(plot, NAMED, self._names, source=self._names)

    def _make_marks(self) -> None:
        """From the back to the front: budget, curve, frontier, experiments, baseline, the file as it is now."""
        plot = self.plot
        self._budget = budget = empty("left right bottom top x0 x1 y0 y1 x y dy text")
        self._tried, self._steps = empty("x y label"), empty("x y")
        self._old, self._new = empty("x y text"), empty("x y low high text align dx")
        plot.quad("left", "right", "top", "bottom", source=budget, fill_color=theme.BAD, fill_alpha=0.05,
                  line_color=None)  # fmt: skip
        plot.segment("x0", "y0", "x1", "y1", source=budget, line_color=theme.BAD, line_alpha=0.6)
        self._trace = curve.Trace(plot, self._take)
        plot.step("x", "y", source=self._steps, mode="after", line_color=theme.MUTED, line_alpha=0.7)
        self._dots = plot.scatter("x", "y", source=self._tried, size=6, fill_color=theme.MUTED, fill_alpha=0.45,
                                  line_color=None)  # fmt: skip
        unfaded([self._dots])
        plot.text("x", "y", "text", x_offset=5, y_offset="dy", source=budget, **theme.text_style(theme.BAD))
        plot.scatter("x", "y", source=self._old, size=12, fill_color=theme.BASELINE, line_color=theme.SURFACE)
        plot.segment("x", "low", "x", "high", source=self._new, line_color=theme.COMPRESSED, line_width=2)
        plot.scatter("x", "y", source=self._new, size=18, fill_color=theme.COMPRESSED, line_color=theme.SURFACE,
                     line_width=2)  # fmt: skip
        # These words are annotations: a glyph comes with four more, for states it may be in, all made anew with it.
        paper = {"background_fill_color": theme.SURFACE, "background_fill_alpha": 0.75}
        quiet = theme.text_style(theme.BASELINE, theme.NORMAL, **paper)
        bold = theme.text_style(theme.COMPRESSED, theme.LARGE, text_font_style="bold", **paper)
        plot.add_layout(LabelSet(text_align="right", x_offset=8, y_offset=11, source=self._old, **quiet))
        plot.add_layout(LabelSet(text_align="align", text_baseline="middle", x_offset="dx", source=self._new, **bold))

    def _restore(self, experiment: Experiment) -> None:
        self._act(Compression.of(experiment.state).to_json())  # view and budget stay

    def _take(self, traced: Curve, value: float) -> None:
        self._act(traced.slider.at(traced.around, value).to_json())

    def draw(self, scene: Scene) -> None:
        it, metric, axes = data(scene), _metric(scene), look(scene)
        state = self._state = scene.result.state
        put(self._offer, visible=bool(scene.protected and scene.protected.harder))
        self._menus.show("y", offered_up(state, shown(scene).baseline), state.y)
        self._menus.show("x", offered_across(state), state.x)
        resized = self._draw_frame(it, axes)
        self._draw_experiments((scene.coming or scene).history, it, axes, resized)
        self._trace.draw(scene.curve, it["curve"], metric, it["limits"])
        if self._limit != (self._frame, it["budget"]):
            self._limit = (self._frame, it["budget"])
            self._budget.data = _budget(it, metric)
        if self._start != (start := (it["baseline"][0], it["old height"])):
            self._start = start
            known = isfinite(sum(start))
            self._old.data = {name: [each] * known for name, each in zip(("x", "y", "text"), (*start, "baseline"),
                                                                         strict=True)}  # fmt: skip
        self._draw_rival(scene, it, axes)
        self._new.data = _current(it, axes) if it["compressed"] else {name: [] for name in self._new.data}

    def _draw_frame(self, it: Mapping[str, Any], axes: Look) -> bool:
        """The ranges of both axes and the names of the heights; whether they are others than before."""
        (low, high), (bottom, top) = it["limits"], it["ends"]
        if self._frame == (frame := (axes.across.label, axes.up.label, it["marks"], low, high, bottom, top)):
            return False
        self._frame = frame
        self.plot.x_range.update(start=low, end=high)
        self.plot.y_range.update(start=bottom, end=top)
        self._heights.ticks = list(it["marks"])
        self._names.data = _names(it, axes.up)
        return True

    def _draw_experiments(
        self, tried: tuple[Experiment, ...], it: Mapping[str, Any], axes: Look, resized: bool
    ) -> None:
        if not resized and self._shown == tried:
            return
        known, self._shown = self._shown, tried
        if known and not resized and tried[:-1] == known:  # a drag adds one after the other: only that one travels
            new = {"x": it["sizes"][-1:], "y": it["heights"][-1:], "label": [axes.label(tried[-1])]}
            self._tried.stream(new)
        else:
            labels = [axes.label(each) for each in tried]
            self._tried.data = {"x": it["sizes"], "y": it["heights"], "label": labels}
        self._steps.data = stairs(it, it["limits"][1])
        if self._pins is None and (it["knee"] is not None or any(each.pinned for each in tried)):
            self._pins = Pins(self.plot)
        if self._pins:
            self._pins.draw(tried, it)

    def _draw_rival(self, scene: Scene, it: Mapping[str, Any], axes: Look) -> None:
        if it["rival"] and self._rival is None:
            self._rival = Rival(self.plot, self._restore)
            self._tap.renderers = self._hover.renderers = [self._dots, self._trace.dots, self._rival.tried]
        if self._rival:
            self._rival.draw(scene.rival.history if it["rival"] else (), it["rival"], axes, it["limits"][1])


def _current(it: Mapping[str, Any], axes: Look) -> dict[str, list]:
    """The file as it is now, its interval, and its words on the side where there is room for them."""
    (x, value), (y, least, most), (low, high) = it["compressed"], it["new heights"], it["limits"]
    right = np.log(x / low) < 0.55 * np.log(high / low)
    return {
        "x": [x], "y": [y], "low": [least], "high": [most],
        "text": [f"{axes.across.written(x)} · {axes.up.written(value)}"],
        "align": ["left" if right else "right"], "dx": [14 if right else -14],
    }  # fmt: skip


def _names(it: Mapping[str, Any], up: Up) -> dict[str, list]:
    """What stands left of the axis: its marks, and across them what they measure."""
    (low, _), (bottom, top) = it["limits"], it["ends"]
    rows = [(at, up.short(mark), -8, 0, "right") for at, mark in zip(it["marks"], up.marks, strict=True)]
    rows = [row for row in rows if bottom <= row[0] <= top]
    rows.append(((bottom + top) / 2, up.label, 10 - LEFT, QUARTER, "center"))
    named = _columns("y text dx angle align", rows)
    return {"x": [low] * len(rows), **named, "shown": list(named["text"])}  # until NAMED knows how high the plot is


def _budget(it: Mapping[str, Any], metric: Metric) -> dict[str, list]:
    """The areas where the budget is broken, the lines where they begin, and their words."""
    (size, score), at, (low, high), (bottom, top) = it["budget"], it["budget height"], it["limits"], it["ends"]
    rows = []
    if size is not None:
        rows.append((size, high, bottom, top, size, size, bottom, top, size, top, 16, f"≤ {size:g} kB"))
    if score is not None:
        rows.append((low, high, bottom, at, low, high, at, at, low, at, -4, metric.limit(score)))
    return _columns("left right bottom top x0 x1 y0 y1 x y dy text", rows)


def _columns(names: str, rows: list[tuple]) -> dict[str, list]:
    """Rows as the named columns of a data source."""
    return {name: [row[i] for row in rows] for i, name in enumerate(names.split())}


def _metric(scene: Scene) -> Metric:
    return METRICS[scene.coming.baseline.metric if scene.coming else scene.result.model.metric]


def text(scene: Scene) -> str:
    if scene.coming:
        return f"{uncompressed(scene.coming.baseline, _metric(scene))}."
    result = scene.result
    old, new, metric = result.baseline, result.compressed, METRICS[result.model.metric]
    low, high = map(metric.written, new.interval)
    if (new.size_bytes, new.score) == (old.size_bytes, old.score):
        words = f"Uncompressed: {kilobytes(new.size_bytes)}, {metric.written(new.score)} {metric.label}"
    else:
        words = (
            f"{kilobytes(new.size_bytes)} instead of {kilobytes(old.size_bytes)}, {metric.written(new.score)} "
            f"{metric.label} instead of {metric.written(old.score)}"
        )
    words += f" (95 % interval {low} to {high})."
    words += _otherwise(scene) + spared_words(scene.protected, result, metric)
    words += curve.text(scene.curve, result) if look(scene).is_usual else ""
    if new.score != old.score:
        low, high = map(metric.difference_written, result.difference)
        words += f" The difference is {'within' if result.is_chance else 'more than'} chance: {low} to {high}."
    budget = result.state.budget
    if budget.bytes is not None:
        words += f" The size is {'within' if new.size_bytes <= budget.bytes else 'over'} the budget."
    if budget.score is not None:
        within = metric.reaches(new.score, budget.score)
        words += f" The {metric.label} is {'within' if within else metric.beyond} the budget."
    return words + beside(scene, metric)


def spared_words(it: Protected | None, result: Result, metric: Metric) -> str:
    """What it cost to spare layers by hand; "" where none is spared, or that has not been measured."""
    if it is None:
        return ""
    new = result.compressed
    in_float = set(it.layers) <= set(result.state.skipped)
    was, now = metric.written(it.score), metric.written(new.score)
    scores = f"{now} as without" if was == now else f"{was} became {now}"
    sizes = f"{kilobytes(it.size_bytes)} became {kilobytes(new.size_bytes)}"
    words = f" {', '.join(it.layers)} {'kept in float' if in_float else 'spared'}: {scores}, and {sizes}."
    if it.harder:
        shares = f"{percent(it.pruned)} instead of {percent(it.pruned_without)}"
        words += f" The others are pruned harder for it, {shares}, because the share is global."
    return words


def _otherwise(scene: Scene) -> str:
    """How the file stands on other axes than the usual ones, and where the edge of all that was tried has its knee."""
    axes = look(scene)
    if axes.is_usual:
        return ""
    it = data(scene)
    now, was = (
        " and ".join(filter(None, (said(axes.across, x), said(axes.up, y)))) or "not known"
        for x, y in (it["compressed"] or (nan, nan), it["baseline"])
    )
    knee = "" if it["knee"] is None else f" The knee of the edge is {axes.label(scene.history[it['knee']])}."
    return f" As shown: {now}; the baseline: {was}.{knee}"


def table(scene: Scene) -> Table:
    axes = look(scene)
    listed = rows("", shown(scene), axes, known(scene))
    traced, unknown = [] if scene.coming else curve.rows(scene.curve), [None] * len(heads(axes))
    listed += [(*row[:4], *unknown, row[4]) for row in traced]
    listed += rows(f"{scene.rival.baseline.label}: ", scene.rival, axes) if is_beside(scene) else []
    return Table(
        ("experiment", "bytes", _metric(scene).label, "changed", *heads(axes), "note"), tuple(listed), OFFER, saved=True
    )


VIEW = View("tradeoff", "Trade-off", "What does each kilobyte buy?", data, build, text, table, early=True)
