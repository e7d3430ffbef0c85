"""What is to be drawn, collected as columns in pixels: x to the right, y downwards from the upper edge.

Colours are numbers: into `FLAT` for frames, bars and words, into `PALETTE` for pictures.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from bokeh.models import ColumnDataSource, LinearColorMapper, Plot

from app.screen import theme

FLAT = (theme.LINE, theme.BASELINE, theme.COMPRESSED, theme.BAD, theme.INK, theme.MUTED, *theme.CLASSES)
LINE, BASELINE, COMPRESSED, BAD, INK, MUTED = range(6)
PALETTE = (*theme.SIGNED, theme.SURFACE, *theme.INKS, *theme.CLASSES, theme.LINE, theme.BASELINE, theme.COMPRESSED)
ZERO, GAP, PAPER, KIND, EDGE = 8, 17, 18, 35, 38  # zero between the signs, nothing, no ink, the first class, `LINE`
WORDS = "x y text color size style align".split()
COLUMNS = {
    "images": "image x y width height".split(),
    "grounds": "image x y width height".split(),
    "frames": "left top right bottom color line".split(),
    "bars": "left top right bottom color".split(),
    "words": WORDS,
    "ways": "x0 y0 x1 y1 cx0 cy0 cx1 cy1".split(),
    "lines": "x0 y0 x1 y1 cx0 cx1 color width alpha".split(),
    "dots": "x y color size".split(),
    "path": "x y".split(),
}


class Spot(NamedTuple):
    """A picture of what is in a layer, for the pointer: `places` says which number stands where, -1 for none.

    kind : "weights", "said", or "neurons": the squares of neurons
    """

    layer: str
    kind: str
    x: float
    y: float
    width: float
    height: float
    places: np.ndarray


class Strands(NamedTuple):
    """The lines between two columns of neurons, for the pointer.

    place : int64, the weight that each line stands for, as a flat index
    ends : float32, shape (6, lines): x0, y0, x1, y1, and the x of the two points that bend them
    """

    layer: str
    place: np.ndarray
    ends: np.ndarray


class Sheet:
    """A sheet of paper of `width` by `height` pixels, and what is where on it."""

    def __init__(self, width: float, height: float):
        self.width, self.height = width, height
        self.spots: list[Spot] = []
        self.strands: list[Strands] = []
        self._rows: dict[str, list[tuple]] = {name: [] for name in COLUMNS}
        self._arrays: dict[str, list[np.ndarray]] = {"lines": []}

    def image(self, levels: np.ndarray, x: float, y: float, width: float, height: float) -> None:
        """A picture of numbers into `PALETTE`, its upper left corner at (x, y)."""
        self._rows["images"].append((levels, x, y, width, height))

    def ground(self, levels: np.ndarray, x: float, y: float, width: float, height: float) -> None:
        """The same in pale colours."""
        self._rows["grounds"].append((levels, x, y, width, height))

    def frame(self, x: float, y: float, width: float, height: float, color: int = LINE, line: float = 1.0) -> None:
        self._rows["frames"].append((x, y, x + width, y + height, color, line))

    def bar(self, x: float, y: float, width: float, height: float, color: int) -> None:
        self._rows["bars"].append((x, y, x + width, y + height, color))

    def words(self, x: float, y: float, text: str, color: int = INK, *, bold=False, size=11, align="left") -> None:
        """Words whose middle stands at `y`."""
        style = "bold" if bold else "normal"
        self._rows["words"].append((x, y, text, color, f"{size}px", style, align))

    def way(self, x0: float, y0: float, x1: float, y1: float, top: float | None = None) -> None:
        """A way for data from one place to another; as high as `top`, over what stands between them, if given."""
        if top is None:
            middle = (x0 + x1) / 2
            self._rows["ways"].append((x0, y0, x1, y1, middle, y0, middle, y1))
        else:
            high, bend = (top - (y0 + y1) / 8) / 0.75, min(30, (x1 - x0) / 3)
            self._rows["ways"].append((x0, y0, x1, y1, x0 + bend, high, x1 - bend, high))

    def lines(self, layer: str, place: np.ndarray, ends, color, width, alpha) -> None:
        """The lines of a layer at once, each with a bend, see `Strands`; `ends` are x0, y0, x1, y1."""
        x0, y0, x1, y1 = ends
        bend = 0.45 * (x1 - x0)
        parts = np.stack([x0, y0, x1, y1, x0 + bend, x1 - bend, color, width, alpha]).astype(np.float32)
        self._arrays["lines"].append(parts)
        self.strands.append(Strands(layer, place, parts[:6]))

    def dot(self, x: float, y: float, color: int, size: float = 6) -> None:
        self._rows["dots"].append((x, y, color, size))

    def path(self, points: list[tuple[float, float]]) -> None:
        """A line through these points."""
        self._rows["path"] += [*points, (float("nan"), float("nan"))]

    def columns(self) -> dict[str, dict[str, Any]]:
        """Everything that was drawn, by kind of glyph."""
        made = {}
        for kind, names in COLUMNS.items():
            if kind in self._arrays:
                whole = np.concatenate([np.zeros((len(names), 0), np.float32), *self._arrays[kind]], axis=1)
                made[kind] = dict(zip(names, whole, strict=True))
                continue
            columns = list(zip(*self._rows[kind], strict=True)) or [()] * len(names)
            made[kind] = {
                name: list(column) if name in ("image", *WORDS[2:]) else np.array(column, np.float32)
                for name, column in zip(names, columns, strict=True)
            }
        return made


def colour() -> LinearColorMapper:
    """From numbers into `PALETTE` to colours."""
    return LinearColorMapper(PALETTE, low=-0.5, high=len(PALETTE) - 0.5)


def glyphs(plot: Plot) -> dict[str, ColumnDataSource]:
    """The glyphs that draw a sheet, what comes later over what comes before; their sources by kind."""
    sources = {kind: ColumnDataSource({name: [] for name in names}) for kind, names in COLUMNS.items()}

    def flat(field: str) -> dict[str, Any]:
        return {"field": field, "transform": LinearColorMapper(FLAT, low=-0.5, high=len(FLAT) - 0.5)}

    plot.bezier("x0", "y0", "x1", "y1", "cx0", "cy0", "cx1", "cy1", source=sources["ways"],
                line_color=theme.MUTED, line_alpha=0.55, line_width=1.5)  # fmt: skip
    signs = LinearColorMapper((theme.MINUS[-1], theme.PLUS[-1]), low=-0.5, high=1.5)
    plot.bezier("x0", "y0", "x1", "y1", "cx0", "y0", "cx1", "y1", source=sources["lines"], line_width="width",
                line_alpha="alpha", line_color={"field": "color", "transform": signs})  # fmt: skip
    for kind, alpha in (("images", 1.0), ("grounds", 0.4)):
        plot.image("image", "x", "y", "width", "height", source=sources[kind], origin="top_left", global_alpha=alpha,
                   color_mapper=colour())  # fmt: skip
    edges = {"left": "left", "top": "top", "right": "right", "bottom": "bottom"}
    plot.quad(**edges, source=sources["frames"], fill_color=None, line_color=flat("color"), line_width="line")
    plot.quad(**edges, source=sources["bars"], fill_color=flat("color"), line_color=None)
    plot.line("x", "y", source=sources["path"], line_color=theme.MUTED, line_width=1.5)
    plot.scatter("x", "y", source=sources["dots"], size="size", fill_color=flat("color"), line_color=theme.SURFACE)
    style = theme.text_style(text_baseline="middle") | {"text_color": flat("color"), "text_font_size": "size"}
    plot.text("x", "y", "text", source=sources["words"], text_font_style="style", text_align="align", **style)
    return sources
