"""Which layer suffers, which can take more? One row a layer: bytes before and after, bits, zeros and damage; or, as
`State.by` says, what each layer loses and wins alone, see `app.screen.views.alone`.

Columns stand at fixed shares of the width and rows are of one height, so the picture reads as a table and as a chart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import fill
from typing import Any

import numpy as np
from bokeh.models import Column, ColumnDataSource, HoverTool, InlineStyleSheet, Range1d, TapTool, Toggle
from bokeh.plotting import figure

from app.results.result import LayerReport
from app.results.scene import Scene
from app.results.untouched import in_words
from app.screen import theme
from app.screen.controls.widgets import put
from app.screen.format import end_of, kilobytes, percent
from app.screen.views import alone
from app.screen.views.arranged import arrange
from app.screen.views.few import CSS, Few
from app.screen.views.view import Act, Drawing, Table, View, empty, on_tap, unfaded

# Where the columns stand, as shares of the width: from, to; the columns of numbers end there.
BYTES, BITS, ZEROS, DB, TRACK = (0.215, 0.52), 0.625, 0.745, 0.835, (0.855, 0.985)
HEADS = ((0, "layer", "left"), (BYTES[0], "bytes", "left"), (BITS, "bits", "right"), (ZEROS, "zeros", "right"),
         (1, "SQNR, dB", "right"))  # fmt: skip
WAYS = {"": "as stored", "sensitivity": "sensitivity"}  # as in `State.by`
FULL = 50.0  # dB at the end of the track: nobody sees a difference beyond

# Rows of 16 to 92 pixels, more in a high window, under a head of 34. y counts rows downwards from 0, the head is above.
# Low rows have no notes, very low ones no details and their line in the middle.
ROWS = """
    const n = Math.max(source.data.y.length, 1)
    const row = Math.min(Math.max((h - 34) / n, 16), Math.max(92, h / 5)), low = row < 40
    // A bar of a high row is no thicker: its details stand under it.
    for (const {glyph} of plot.renderers) if (glyph.type === "HBar") glyph.height = {value: Math.min(0.2, 18 / row)}
    notes.visible = row >= 80
    details.visible = !low
    const left = w >= 560 ? 0 : -0.18  // a phone keeps as many pixels for the names
    names.glyph.text_font_size = {value: !low ? "14px" : left ? "11px" : "12px"}
    const {y, rule} = source.data
    for (let k = 0; k < y.length; k++) rule[k] = y[k] - (low ? 0.5 : 0.34)
    source.change.emit()  // redraws here; unlike a new `data` it is not sent back to Python
    plot.y_range.setv({start: (h - 34) / row, end: -34 / row})
    plot.x_range.start = heads.data.x[0] = left
    heads.change.emit()
    rules.glyph.x0 = names.glyph.x = details.glyph.x = notes.glyph.x = {value: left}
"""


def data(scene: Scene) -> Mapping[str, Any]:
    """One entry a layer, in the order of the network."""
    layers = scene.result.layers
    noise = [layer.sqnr_db for layer in layers]
    audible = [each for each in noise if each is not None]
    return {
        "name": [layer.name for layer in layers],
        "before": np.array([layer.bytes_before for layer in layers]),
        "after": np.array([layer.bytes_after for layer in layers]),
        "bits": np.array([layer.bits_per_weight for layer in layers]),
        "sparsity": np.array([layer.sparsity for layer in layers]),
        "sqnr_db": noise,
        "worst": noise.index(min(audible)) if audible else None,
        "detail": [_detail(layer) for layer in layers],
        "note": [layer.note for layer in layers],
        "chosen": np.array([float(layer.name == scene.result.state.layer) for layer in layers]),
    }


def shares(layers: tuple[LayerReport, ...]) -> list[float | None]:
    """An estimate of each layer's share of the time: its share of all multiply-adds."""
    macs = [layer.macs for layer in layers]
    total = sum(each or 0 for each in macs)
    return [None if each is None or not total else each / total for each in macs]


def _detail(layer: LayerReport) -> str:
    """Operator, shape, bytes and encoding: the second line of a row."""
    shapes = [layer.shape] + [layer.shape_after] * (layer.shape_after != layer.shape)
    shape = " → ".join("×".join(map(str, each)) for each in shapes)
    size = f"{kilobytes(layer.bytes_before)} → {kilobytes(layer.bytes_after)}"
    return " · ".join(part for part in (f"{layer.op} {shape}", size, layer.stored) if part)


def columns(it: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of the picture, made from `data`."""
    number = np.arange(len(it["name"]))
    noise = ["exact" if each is None else f"{each:.0f}" for each in it["sqnr_db"]]
    share = np.array([1 if each is None else np.clip(each / FULL, 0, 1) for each in it["sqnr_db"]])
    largest = max(it["before"].max(initial=1), it["after"].max(initial=1))
    wide = (BYTES[1] - BYTES[0]) / largest
    return {
        "y": number + 0.34,
        "rule": number.astype(float),
        "name": [*map(end_of, it["name"])],
        "detail": it["detail"],
        "note": it["note"],
        "lines": [fill(note, 62, max_lines=2, placeholder=" …") for note in it["note"]],
        "before": BYTES[0] + wide * it["before"],
        "after": BYTES[0] + wide * it["after"],
        "bits": [f"{bits:.2g}" if bits < 10 else f"{bits:.0f}" for bits in it["bits"]],
        "zeros": [percent(sparsity, 0) for sparsity in it["sparsity"]],
        "noise": ["" if i == it["worst"] else words for i, words in enumerate(noise)],
        "most": [words if i == it["worst"] else "" for i, words in enumerate(noise)],
        "track": TRACK[0] + share * (TRACK[1] - TRACK[0]),
        "chosen": it["chosen"],
    }


def build(act: Act) -> Drawing:
    picture = _Picture(act)
    return Drawing(picture.root, picture.draw)


class _Picture:
    """The ways to look, and the picture of each, of one document."""

    def __init__(self, act: Act):
        self._act = act
        self._scene: Scene | None = None
        self._quiet = False  # while it is Python that moves the buttons
        css = InlineStyleSheet(css=CSS)
        self._worst, self._output = (
            Toggle(stylesheets=[css], css_classes=["act"], margin=0, visible=False) for _ in range(2)
        )
        self._worst.on_change("active", lambda attr, old, on: self._leave(self._most_sensitive(), on))
        self._output.on_change("active", lambda attr, old, on: self._leave(self._scene.result.layers[-1].name, on))
        self._few = Few(lambda by: act({"by": by}), "how to look at the layers", css, self._worst, self._output)
        self._plot, self._draw_rows = rows_of(act)
        self._alone: alone.Picture | None = None
        self._body = Column(children=[self._plot], sizing_mode="stretch_both", spacing=0)
        self.root = Column(children=[self._few.root, self._body], sizing_mode="stretch_both", spacing=0)

    def draw(self, scene: Scene) -> None:
        self._scene, by = scene, way(scene)
        self._few.show(WAYS, by)
        if by and self._alone is None:  # built when it is first looked at
            self._alone = alone.Picture(self._act)
            self._body.children = [self._plot, self._alone.root]
        put(self._plot, visible=not by)
        if self._alone is not None:
            put(self._alone.root, visible=bool(by))
        self._draw_buttons(by)
        if by:
            self._alone.draw(scene)
        else:
            self._draw_rows(scene)

    def _draw_buttons(self, by: str) -> None:
        state, layers = self._scene.result.state, self._scene.result.layers
        worst, output = self._most_sensitive(), layers[-1].name if layers else None
        self._quiet = True
        for button, layer, words in (
            (self._worst, worst, "leave {} alone"), (self._output, output, "keep the output layer"),
        ):  # fmt: skip
            shown = bool(by) and layer is not None
            put(button, visible=shown)
            if shown:
                put(button, label=words.format(end_of(layer)), active=layer in state.skipped)
        self._quiet = False

    def _most_sensitive(self) -> str | None:
        """The layer that loses most alone; not before all are measured, for the button would not stand still."""
        known = self._scene and self._scene.sensitivity
        return known.worst.layer if known and known.done and known.worst else None

    def _leave(self, layer: str | None, on: bool) -> None:
        if not self._quiet and layer is not None:
            self._act(alone.left_alone(self._scene.result, layer, on))


def rows_of(act: Act) -> tuple[figure, Callable[[Scene], None]]:
    """The picture of one row a layer, and what shows a scene in it."""
    plot = theme.plot(x_range=Range1d(0, 1), y_range=Range1d(3, -0.3), min_border=2)
    plot.axis.visible = False
    source = empty("y rule name detail note lines before after bits zeros noise most track chosen")
    heads = ColumnDataSource(
        {"x": [x for x, _, _ in HEADS], "text": [text for _, text, _ in HEADS], "align": [align for *_, align in HEADS]}
    )

    chosen = {"fill_alpha": "chosen", "line_alpha": "chosen"}
    plot.rect(0.5, "y", 2, 0.62, source=source, fill_color=theme.RAISED, line_color=theme.LINE, **chosen)
    rules = plot.segment(0, "rule", 1, "rule", source=source, line_color=theme.LINE)
    plot.text("x", 0, "text", source=heads, text_align="align", y_offset=-8, **theme.text_style(theme.MUTED))
    bar = {"y": "y", "left": BYTES[0], "height": 0.2, "source": source}
    plot.hbar(right="after", fill_color=theme.COMPRESSED, fill_alpha=0.85, line_color=None, **bar)
    plot.hbar(right="before", fill_color=None, line_color=theme.BASELINE, line_width=1.5, **bar)
    plot.segment(TRACK[0], "y", TRACK[1], "y", source=source, line_color=theme.LINE, line_width=2)
    plot.segment(TRACK[0], "y", "track", "y", source=source, line_color=theme.INK, line_width=2)
    plot.scatter("track", "y", source=source, size=10, fill_color=theme.INK, line_color=theme.SURFACE)
    texts = {}
    for x, column, align, style in (
        (0, "name", "left", theme.text_style(theme.INK, theme.LARGE, text_font_style="bold")),
        (BITS, "bits", "right", theme.text_style(theme.INK, theme.NORMAL)),
        (ZEROS, "zeros", "right", theme.text_style(theme.INK, theme.NORMAL)),
        (DB, "noise", "right", theme.text_style(theme.INK, theme.NORMAL)),
        (DB, "most", "right", theme.text_style(theme.BAD, theme.NORMAL, text_font_style="bold")),
        (0, "detail", "left", theme.text_style(theme.MUTED, y_offset=17)),
    ):
        texts[column] = plot.text(x, "y", column, source=source, text_align=align, text_baseline="middle", **style)
    notes = plot.text(0, "y", "lines", source=source, **theme.text_style(theme.MUTED, text_baseline="top", y_offset=26))
    rows = plot.rect(0.5, "y", 1, 0.6, source=source, fill_color=None, line_color=None)
    unfaded(plot.renderers)
    plot.select_one(TapTool).renderers = [rows]
    plot.add_tools(HoverTool(renderers=[rows], tooltips="@name: @detail @note"))
    drawn: Scene | None = None

    shown = {"names": texts["name"], "details": texts["detail"], "notes": notes, "rules": rules, "heads": heads}
    arrange(plot, ROWS, source, source=source, **shown)

    def draw(scene: Scene) -> None:
        nonlocal drawn
        drawn = scene
        source.data = columns(data(scene))

    def tapped(row: int) -> None:
        layer = drawn.result.layers[row].name
        act({"layer": "" if layer == drawn.result.state.layer else layer})

    on_tap(source, tapped)
    return plot, draw


def way(scene: Scene) -> str:
    """How the layers are looked at now."""
    by = scene.result.state.by
    return by if by in WAYS else ""


UNHARMED = 60  # dB: an error of a thousandth of the weights changes no answer that one could see


def text(scene: Scene) -> str:
    if way(scene):
        return alone.text(scene)
    layers = scene.result.layers
    before, after = sum(layer.bytes_before for layer in layers), sum(layer.bytes_after for layer in layers)
    result = scene.result
    words = f"The weights take {kilobytes(after)} instead of {kilobytes(before)}."
    words += in_words(result.untouched, result.overhead.get("constants", 0), len(result.onnx))
    worst = data(scene)["worst"]
    if worst is None:
        return words + " No layer is changed."
    worst = layers[worst]
    if worst.sqnr_db >= UNHARMED:
        return words + f" None suffers: {worst.name}, which is changed most, has {worst.sqnr_db:.0f} dB."
    return words + f" {worst.name} suffers most: {worst.sqnr_db:.0f} dB, stored as {worst.stored}."


def table(scene: Scene) -> Table:
    if way(scene):
        return alone.table(scene)
    heads = ("layer", "operator", "shape", "bytes before", "bytes after", "bits per weight", "zeros", "SQNR, dB",
             "MACs", "share of the time, estimated from MACs", "operations per byte", "stored as", "note")  # fmt: skip
    rows = (
        (each.name, each.op, "×".join(map(str, each.shape_after)), each.bytes_before, each.bytes_after,
         round(each.bits_per_weight, 2), percent(each.sparsity),
         "no error" if each.sqnr_db is None else round(each.sqnr_db, 1), each.macs, share and percent(share),
         None if (density := each.load.intensity) is None else round(density, 2), each.stored, each.note)
        for each, share in zip(scene.result.layers, shares(scene.result.layers), strict=True)
    )  # fmt: skip
    return Table(heads, tuple(rows))


VIEW = View("layers", "Layers", "Which layer suffers, which can take more?", data, build, text, table, layered=True)
