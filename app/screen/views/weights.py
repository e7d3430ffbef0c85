"""What happened to the weights? The values of each layer before and after, one row a layer on a common scale.

Each row is as high as its tallest bar that is not zero: pruning puts so many weights at exactly zero that they would
flatten all else, so that bar is cut off and its share written beside it. A layer that is left with few distinct values
shows them as stems. One weight is followed from the baseline into the file and back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from bokeh.models import Button, Column, CustomJS, GlyphRenderer, InlineStyleSheet, Range1d, Row

from app.results.followed import beside, chosen, follow, nearest
from app.results.result import LayerReport
from app.results.scene import Scene
from app.screen import theme
from app.screen.controls.widgets import put
from app.screen.format import count, percent
from app.screen.views import followed
from app.screen.views.few import CSS
from app.screen.views.view import Act, Drawing, Table, View, empty, legend

BINS = 81  # odd: zero has a bin of its own
FINE = 15  # cells a bin, to tell a few distinct values from many
STEMS = 70  # occupied cells at most that are drawn as stems: a palette of 6 bit and zero
HEIGHT = 0.72  # of the tallest bar, in rows
CROWDED = 6  # layers from which on rows are low: words are small and stand at either end, where bars are lowest
EDGES = np.linspace(-1, 1, BINS + 1)
STEP = 1 / 30  # of the axis: how far the next weight is, by keys
TAPPED = "tapped.tags = [cb_obj.x, cb_obj.y, performance.now()]"
CELLS = np.linspace(-1, 1, 2 * BINS * FINE + 1)[1::2]  # the middles of all cells


def data(scene: Scene) -> Mapping[str, Any]:
    """What is drawn for each layer, in the order of the network. A height of 1 is the tallest bar that is not zero's.

    limit : the values shown reach from -limit to limit, the same for all layers and all Results of a model
    before : heights of the BINS bars of the original weights
    after : (middles in weight units, heights) of the bars or stems of the compressed weights
    stems : whether they are few distinct values
    gone : how many weights are exactly zero, or were removed with their channels, in words; "" for none
    """
    layers = scene.result.layers
    limit = _round_up(max(float(np.abs(layer.before).max(initial=0)) for layer in layers))
    after = [_shape(layer.after, limit) for layer in layers]
    return {
        "limit": limit,
        "name": [layer.name for layer in layers],
        "gone": [gone(layer) for layer in layers],
        "before": [_bars(_counts(layer.before, limit)) for layer in layers],
        "after": [(values, heights) for values, heights, _ in after],
        "stems": [stems for *_, stems in after],
    }


def gone(layer: LayerReport) -> str:
    """For example ``50 % zeros``, or ``75 % removed`` if whole channels went."""
    if layer.sparsity < 0.005:
        return ""
    return f"{percent(layer.sparsity, 0)} {'zeros' if layer.shape_after == layer.shape else 'removed'}"


def _counts(values: np.ndarray, limit: float) -> np.ndarray:
    """How many values fall into each cell; whatever lies beyond the limit is counted in the last one."""
    cells = BINS * FINE
    cell = (values.ravel() * (cells / (2 * limit)) + cells / 2).astype(np.int64)
    return np.bincount(np.clip(cell, 0, cells - 1), minlength=cells)


def _bars(counts: np.ndarray) -> np.ndarray:
    """Heights of the bins."""
    return _scaled(counts.reshape(BINS, FINE).sum(axis=1), BINS // 2)


def _scaled(counts: np.ndarray, zero) -> np.ndarray:
    """Counts as multiples of the largest one that is not at `zero`."""
    return counts / np.delete(counts, zero).max(initial=1)


def _shape(values: np.ndarray, limit: float) -> tuple[np.ndarray, np.ndarray, bool]:
    """Middles and heights of the stems, if there are few distinct values, else of the bins."""
    counts = _counts(values, limit)
    occupied = np.flatnonzero(counts)
    if len(occupied) > min(STEMS, values.size / 4):
        return limit * (EDGES[:-1] + EDGES[1:]) / 2, _bars(counts), False
    zero = np.flatnonzero(occupied == BINS * FINE // 2)
    return limit * CELLS[occupied], _scaled(counts[occupied], zero), True


def _round_up(value: float) -> float:
    """The next number of two digits."""
    if value <= 0:
        return 1.0
    unit = 10 ** (np.floor(np.log10(value)) - 1)
    return float(np.ceil(value / unit) * unit)


def columns(it: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The columns of the outlines, bars, stems and labels, made from `data`; the first layer is on top."""
    limit, n = it["limit"], len(it["name"])
    gone = [
        f"↑ {words}" if words and heights.max(initial=0) > 1 else words
        for words, (_, heights) in zip(it["gone"], it["after"], strict=True)
    ]
    floor = np.arange(n)[::-1].astype(float)
    line = np.repeat(limit * EDGES, 2)[1:-1]
    outline = {
        "x": np.tile(np.concatenate([line, [np.nan]]), n),
        "y": np.concatenate(
            [np.append(np.repeat(_cut(heights), 2) + y, np.nan) for y, heights in zip(floor, it["before"], strict=True)]
        ),
    }
    bars, stems = ([(*each, y) for each, few, y in zip(it["after"], it["stems"], floor, strict=True) if few is kind]
                   for kind in (False, True))  # fmt: skip
    labels = {
        "x": np.zeros(n), "left": np.full(n, -limit), "right": np.full(n, limit), "floor": floor, "top": floor + HEIGHT,
        "name": it["name"], "middle": [""] * n if n >= CROWDED else gone, "end": gone if n >= CROWDED else [""] * n,
    }  # fmt: skip
    return outline, _joined(bars), _joined(stems), labels


def _cut(heights: np.ndarray) -> np.ndarray:
    return np.minimum(heights, 1) * HEIGHT


def _joined(rows: list[tuple]) -> dict[str, np.ndarray]:
    """Bars or stems of several layers as one set; empty ones are left out."""
    if not rows:
        return {"x": np.zeros(0), "bottom": np.zeros(0), "top": np.zeros(0)}
    x, height, floor = (
        np.concatenate(parts)
        for parts in zip(*((x, _cut(heights), np.full(len(x), y)) for x, heights, y in rows), strict=True)
    )
    seen = height > 0
    return {"x": x[seen], "bottom": floor[seen], "top": (floor + height)[seen]}


def build(act: Act) -> Drawing:
    picture = _Picture(act)
    return Drawing(picture.root, picture.draw)


class _Picture:
    """The plot of one document. Its ranges and the outlines of the baseline stay until there is another model."""

    def __init__(self, act: Act):
        self._act = act
        self._scene: Scene | None = None
        self._limit = 0.0  # the ends of the axis of values
        self.plot = plot = theme.plot(
            x_range=Range1d(-1, 1), y_range=Range1d(0, 3), min_border_left=8, min_border_right=8, tools=""
        )
        plot.yaxis.visible = False
        plot.xaxis.axis_label = "value of a weight"
        plot.xgrid.grid_line_color = theme.GRID
        self._outline, self._bars, self._stems = empty("x y"), empty("x bottom top"), empty("x bottom top")
        self._labels, self._legend = empty("x left right floor top name middle end"), empty("x y")
        self._bar, self._name = self._make_marks(), self._make_words()
        self._grid, self._followed = empty("x low high"), empty("before after y")
        self._make_followed()
        self._row = legend()
        css = InlineStyleSheet(css=CSS)
        buttons = [self._button(css, *each) for each in (
            ("‹ smaller", lambda: self._turn(-1)), ("larger ›", lambda: self._turn(1)), ("next layer", self._next),
        )]  # fmt: skip
        keys = Row(
            children=buttons, stylesheets=[css], css_classes=["few"], sizing_mode="stretch_width", margin=0,
            html_attributes={"role": "group", "aria-label": "the weight that is followed"},
        )  # fmt: skip
        self.root = Column(children=[keys, self._row, plot], sizing_mode="stretch_both", spacing=4)

    def _make_marks(self) -> GlyphRenderer:
        """The histograms; gives the bars, whose width is that of a bin."""
        plot, stems, color = self.plot, self._stems, theme.COMPRESSED
        bar = plot.vbar("x", 1, "top", "bottom", source=self._bars, fill_color=color, fill_alpha=0.45, line_color=None)
        plot.segment("x", "bottom", "x", "top", source=stems, line_color=color, line_width=2)
        plot.scatter("x", "top", source=stems, size=5, fill_color=color, line_color=None)
        plot.line("x", "y", source=self._outline, line_color=theme.BASELINE, line_width=1.5)
        plot.segment("left", "floor", "right", "floor", source=self._labels, line_color=theme.LINE)
        return bar

    def _make_words(self) -> GlyphRenderer:
        """What is said of each layer, and the legend; gives the names of the layers, which are small in a crowd."""
        plot, labels = self.plot, self._labels
        paper = {"background_fill_color": theme.SURFACE, "background_fill_alpha": 0.75}
        name = plot.text("left", "top", "name", source=labels, text_baseline="middle",
                         **theme.text_style(theme.INK, theme.LARGE, text_font_style="bold", **paper))  # fmt: skip
        plot.text("x", "top", "middle", source=labels, text_align="center", y_offset=-6,
                  **theme.text_style(theme.COMPRESSED, theme.NORMAL, text_font_style="bold"))  # fmt: skip
        plot.text("right", "top", "end", source=labels, text_align="right", text_baseline="top", y_offset=-2,
                  **theme.text_style(theme.COMPRESSED, theme.SMALL, text_font_style="bold", **paper))  # fmt: skip
        for i, (word, color) in enumerate((("baseline", theme.BASELINE), ("compressed", theme.COMPRESSED))):
            plot.text("x", "y", {"value": word}, source=self._legend, text_align="right", text_baseline="middle",
                      y_offset=17 * i, **theme.text_style(color, theme.NORMAL))  # fmt: skip
        return name

    def _make_followed(self) -> None:
        """The weight that is followed: the points it could have had, and its way."""
        plot, way = self.plot, self._followed
        plot.segment("x", "low", "x", "high", source=self._grid, line_color=theme.INK, line_alpha=0.6)
        plot.segment("before", "y", "after", "y", source=way, line_color=theme.INK, line_width=2)
        plot.scatter(
            "before", "y", source=way, size=11, fill_color=theme.SURFACE, line_color=theme.BASELINE, line_width=2
        )
        plot.scatter("after", "y", source=way, size=11, marker="diamond", fill_color=theme.COMPRESSED,
                     line_color=theme.INK)  # fmt: skip
        plot.js_on_event("tap", CustomJS(args={"tapped": way}, code=TAPPED))
        way.on_change("tags", lambda attr, old, new: self._tapped(*new[:2]))

    def _button(self, css: InlineStyleSheet, label: str, press: Callable[[], None]) -> Button:
        button = Button(label=label, stylesheets=[css], css_classes=["act"], margin=0)
        button.on_click(lambda event: press())
        return button

    def _tapped(self, x: float, y: float) -> None:
        """Follow the weight that is nearest to a place in the plot."""
        layers = self._scene.result.layers
        row = len(layers) - 1 - int(np.floor(y))
        if 0 <= row < len(layers):
            self._act({"weight": f"{layers[row].name}:{nearest(layers[row], x)}"})

    def _turn(self, by: int) -> None:
        """Follow a weight that is a little larger, or smaller."""
        layer, place = chosen(self._scene.result)
        self._act({"weight": f"{layer.name}:{beside(layer, place, by * STEP * self._limit)}"})

    def _next(self) -> None:
        """Follow a weight of the next layer, round the end."""
        layers, (layer, place) = self._scene.result.layers, chosen(self._scene.result)
        other = layers[(layers.index(layer) + 1) % len(layers)]
        self._act({"weight": f"{other.name}:{nearest(other, float(layer.before.ravel()[place]))}"})

    def draw(self, scene: Scene) -> None:
        self._scene, it = scene, data(scene)
        before, after, stemmed, words = columns(it)
        if not np.array_equal(before["y"], self._outline.data["y"], equal_nan=True) or self._limit != it["limit"]:
            self._limit = it["limit"]
            self._fit(len(it["name"]))
            self._outline.data = before
        self._bars.data, self._stems.data, self._labels.data = after, stemmed, words
        one = follow(scene.result)
        row = len(it["name"]) - 1 - it["name"].index(one.layer.name)
        self._grid.data, self._followed.data = followed.marks(one, row, it["limit"])
        put(self._row, text=followed.html(one))

    def _fit(self, layers: int) -> None:
        """Give each of so many layers its row."""
        plot, limit, crowded = self.plot, self._limit, layers >= CROWDED
        top = layers + min(layers / CROWDED, 1.5) if crowded else layers  # the legend has a place above all words
        plot.x_range.update(start=-1.02 * limit, end=1.02 * limit)
        plot.y_range.end = top
        small = {"text_font_size": theme.SMALL, "text_baseline": "top", "y_offset": -2}
        large = {"text_font_size": theme.LARGE, "text_baseline": "middle", "y_offset": 0}
        self._name.glyph.update(**(small if crowded else large))
        self._bar.glyph.width = 2 * limit / BINS
        self._legend.data = {"x": [limit], "y": [top - 1 + HEIGHT]}


def text(scene: Scene) -> str:
    parts = (
        f"{layer.name}: {gone(layer) or 'no zeros'}, {count(len(np.unique(layer.after)), 'distinct value')}"
        for layer in scene.result.layers
    )
    return "; ".join(parts) + "."


def table(scene: Scene) -> Table:
    rows = []
    for layer in scene.result.layers:
        for which, values in (("baseline", layer.before), ("compressed", layer.after)):
            low, high = (round(float(end), 4) for end in (values.min(), values.max()))
            rows.append((layer.name, which, values.size, low, high, len(np.unique(values))))
    return Table(("layer", "model", "weights", "smallest", "largest", "distinct values"), tuple(rows))


VIEW = View("weights", "Weights", "What happened to the weights?", data, build, text, table, layered=True)
