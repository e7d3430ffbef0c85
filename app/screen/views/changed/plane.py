"""Points in the plane with the borders between the classes, before and after, and the points that changed sides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, LabelSet, LinearColorMapper, Range1d, TapTool

from app.results.scene import Scene
from app.screen import theme
from app.screen.views.arranged import arrange
from app.screen.views.view import Act, Drawing
from models.model import Model

MARKS, HUES = np.array(["x", "circle", "square"]), (theme.BAD, theme.GOOD, theme.INK)
"Of points that changed sides: broken, fixed, still wrong."
ROOM = 0.84  # how far from the middle the name of a class may stand
SHORT = 1e-4  # a line so short, with round ends as far apart as it is wide, is a dot
LEGEND = (
    ("— border of the baseline", theme.BASELINE),
    ("— border of the compressed", theme.COMPRESSED),
    ("✕ broken", theme.BAD),
    ("○ fixed", theme.GOOD),
    ("□ still wrong", theme.INK),
)

# The square from -1 to 1 keeps its shape. The legend stands beside it where there is room, else in two lines below it.
FIT = """
    const below = w - h < 180
    const side = Math.min(w, below ? h - 44 : h)
    if (!(side > 0)) return
    plot.x_range.setv({start: -1, end: 2 * w / side - 1}); plot.y_range.setv({start: 1 - 2 * h / side, end: 1})
    const places = below
        ? [[4, side + 6], [w / 2, side + 6], [4, side + 25], [84, side + 25], [144, side + 25]]
        : [0, 1, 2, 3, 4].map((i) => [side + 14, 8 + 21 * i])
    places.forEach(([x, y], i) => {
        legend.data["x" + i][0] = 2 * x / side - 1
        legend.data["y" + i][0] = 1 - 2 * y / side
    })
    legend.change.emit()
"""


def borders(answers: np.ndarray) -> dict[str, np.ndarray]:
    """The lines between the classes of a grid over -1 to 1, one behind the other, see `pieces`.

    Each square of four neighbouring points whose answers differ is cut from the middle of one edge to the middle of
    another, or, where three or four edges are cut, from each of them to its own middle.
    """
    a, b, c, d = answers[:-1, :-1], answers[:-1, 1:], answers[1:, :-1], answers[1:, 1:]
    cut = np.stack([a != b, b != d, d != c, c != a])  # south, east, north, west of each square
    middle = np.array([[0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5]])
    number = cut.sum(axis=0)
    row, column = np.nonzero(number == 2)
    ends = middle[np.nonzero(cut[:, row, column].T)[1].reshape(-1, 2)]  # (squares, 2 ends, x and y)
    one = np.stack([column, row], axis=1)[:, None] + ends
    side, row, column = np.nonzero(cut & (number > 2))
    corner = np.stack([column, row], axis=1)
    two = np.stack([corner + middle[side], corner + 0.5], axis=1)
    return pieces(np.concatenate([one, two]) * 2 / (len(answers) - 1) - 1)


def pieces(ends: np.ndarray) -> dict[str, np.ndarray]:
    """Many short lines, shape (n, 2 ends, x and y), as one with gaps: the page strokes them all at once.

    >>> pieces(np.array([[[0, 1], [2, 3]]]))["x"].tolist()
    [0.0, 2.0, nan]
    """
    x, y = np.pad(ends.astype(np.float32), ((0, 0), (0, 1), (0, 0)), constant_values=np.nan).reshape(-1, 2).T
    return {"x": x, "y": y}


def build(act: Act) -> Drawing:
    shown = None  # the model whose points are in the picture
    picked = None  # the model and the sample that have a ring
    plot = theme.plot(x_range=Range1d(-1, 1), y_range=Range1d(-1, 1), min_border=2)
    plot.axis.visible = False
    ground, points, names, chosen, old, new, moved = (
        ColumnDataSource({name: [] for name in columns.split()})
        for columns in ("image at size", "x y tip", "x y text", "x y", "x y", "x y", "x y kind mark")
    )
    dots = [ColumnDataSource({"x": [], "y": []}) for _ in theme.CLASSES]
    legend = ColumnDataSource({f"{axis}{i}": [1.0] for axis in "xy" for i in range(len(LEGEND))})
    colors = LinearColorMapper(theme.CLASSES, low=-0.5, high=len(theme.CLASSES) - 0.5)
    paper = {"background_fill_color": theme.SURFACE, "background_fill_alpha": 0.8}

    plot.image("image", "at", "at", "size", "size", source=ground, color_mapper=colors, global_alpha=0.22)
    for source, color in ((old, theme.BASELINE), (new, theme.COMPRESSED)):
        plot.line("x", "y", source=source, line_color=color, line_width=1.5, line_cap="round")
    for source, color in zip(dots, theme.CLASSES, strict=True):
        plot.line("x", "y", source=source, line_color=color, line_width=4.5, line_cap="round", line_alpha=0.9)
    targets = plot.scatter("x", "y", source=points, size=4.5, fill_color=None, line_color=None)
    targets.nonselection_glyph = targets.selection_glyph = None
    hues = {"field": "kind", "transform": LinearColorMapper(HUES, low=-0.5, high=len(HUES) - 0.5)}
    plot.scatter("x", "y", source=moved, marker="mark", size=9, fill_color=None, line_color=hues, line_width=2)
    plot.scatter("x", "y", source=chosen, size=16, fill_color=None, line_color=theme.INK, line_width=2)
    plot.add_layout(LabelSet(source=names, text_align="center", text_baseline="middle", **theme.text_style(**paper)))
    for i, (words, color) in enumerate(LEGEND):
        plot.add_layout(LabelSet(x=f"x{i}", y=f"y{i}", text={"value": words}, source=legend, text_baseline="top",
                                 **theme.text_style(color, theme.NORMAL)))  # fmt: skip

    plot.select_one(TapTool).renderers = [targets]
    plot.add_tools(HoverTool(renderers=[targets], tooltips="@tip"))
    arrange(plot, FIT, legend=legend)

    def choose(attr, before, tapped) -> None:
        if tapped:
            points.selected.indices = []
            act({"sample": int(tapped[0])})

    points.selected.on_change("indices", choose)

    def draw(scene: Scene, changed: Mapping[str, Any]) -> None:
        nonlocal shown, picked
        result, model = scene.result, scene.result.model
        if model is not shown:
            shown = model
            points.data, names.data = cloud(model), outermost(model)
            for k, source in enumerate(dots):
                at = model.inputs[model.labels % len(dots) == k]
                source.data = pieces(np.stack([at, at + [SHORT, 0]], axis=1))
            old.data = borders(result.probed[0])
        step = 2 / (result.probed.shape[1] - 1)
        image = (result.probed[1] % len(theme.CLASSES)).astype(np.uint8)
        ground.data = {"image": [image], "at": [-1 - step / 2], "size": [2 + step]}
        new.data = borders(result.probed[1])
        if len(changed["indices"]) or len(moved.data["x"]):
            x, y = model.inputs[changed["indices"]].T
            moved.data = {"x": x, "y": y, "kind": changed["kind"], "mark": MARKS[changed["kind"]].tolist()}
        if picked != (model, result.state.sample):
            picked = model, result.state.sample
            x, y = model.inputs[picked[1] :][:1].T
            chosen.data = {"x": x, "y": y}

    return Drawing(plot, draw)


def cloud(model: Model) -> dict[str, Any]:
    """All points of the evaluation set, and what to say of each."""
    x, y = model.inputs.T
    tips = [f"{i} of {len(x)}, labelled {model.classes[label]}" for i, label in enumerate(model.labels, 1)]
    return {"x": x, "y": y, "tip": tips}


def outermost(model: Model) -> dict[str, Any]:
    """A place for each class's name: its point farthest from the middle, as far as there is room for the words."""
    radius = np.hypot(*model.inputs.T)
    far = [int(np.where(model.labels == k, radius, -1).argmax()) for k in range(len(model.classes))]
    x, y = np.clip(0.93 * model.inputs[far].T, -ROOM, ROOM)
    return {"x": x, "y": y, "text": list(model.classes)}


def said(scene: Scene, changed: Mapping[str, Any]) -> str:
    """The picture leaves nothing out."""
    return ""
