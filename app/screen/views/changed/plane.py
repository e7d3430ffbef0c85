"""Points in the plane with the borders between the classes, before and after, and the points that changed sides."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, GlyphRenderer, HoverTool, LabelSet, LinearColorMapper, Range1d, TapTool

from app.results.scene import Scene
from app.screen import theme
from app.screen.views.arranged import arrange
from app.screen.views.changed.borders import borders, pieces
from app.screen.views.changed.pictured import ChangedAnswers, Drawing, Pictured
from app.screen.views.view import Act, empty, on_tap, unfaded
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


def build(act: Act) -> Drawing:
    picture = _Picture(act)
    return Drawing(picture.plot, picture.draw)


class _Picture:
    """The plot of one document. What belongs to a model stays until there is another."""

    def __init__(self, act: Act):
        self._shown: Model | None = None  # whose points are in the picture
        self._picked: tuple[Model, int] | None = None  # the model and the sample that has a ring
        self.plot = theme.plot(x_range=Range1d(-1, 1), y_range=Range1d(-1, 1), min_border=2)
        self.plot.axis.visible = False
        self._ground, self._points = empty("image at size"), empty("x y tip")
        self._names, self._chosen = empty("x y text"), empty("x y")
        self._old, self._new, self._moved = empty("x y"), empty("x y"), empty("x y kind mark")
        self._dots = [empty("x y") for _ in theme.CLASSES]
        legend = ColumnDataSource({f"{axis}{i}": [1.0] for axis in "xy" for i in range(len(LEGEND))})
        targets = self._make_marks()
        self._make_words(legend)
        self.plot.select_one(TapTool).renderers = [targets]
        self.plot.add_tools(HoverTool(renderers=[targets], tooltips="@tip"))
        arrange(self.plot, FIT, legend=legend)
        on_tap(self._points, lambda point: act({"sample": int(point)}))

    def _make_marks(self) -> GlyphRenderer:
        """From the back to the front; gives the points that a person can tap."""
        plot, colors = self.plot, LinearColorMapper(theme.CLASSES, low=-0.5, high=len(theme.CLASSES) - 0.5)
        plot.image("image", "at", "at", "size", "size", source=self._ground, color_mapper=colors, global_alpha=0.22)
        for source, color in ((self._old, theme.BASELINE), (self._new, theme.COMPRESSED)):
            plot.line("x", "y", source=source, line_color=color, line_width=1.5, line_cap="round")
        for source, color in zip(self._dots, theme.CLASSES, strict=True):
            plot.line("x", "y", source=source, line_color=color, line_width=4.5, line_cap="round", line_alpha=0.9)
        targets = plot.scatter("x", "y", source=self._points, size=4.5, fill_color=None, line_color=None)
        unfaded([targets])
        hues = {"field": "kind", "transform": LinearColorMapper(HUES, low=-0.5, high=len(HUES) - 0.5)}
        plot.scatter("x", "y", source=self._moved, marker="mark", size=9, fill_color=None, line_color=hues,
                     line_width=2)  # fmt: skip
        plot.scatter("x", "y", source=self._chosen, size=16, fill_color=None, line_color=theme.INK, line_width=2)
        return targets

    def _make_words(self, legend: ColumnDataSource) -> None:
        """The names of the classes, on paper that lets the picture shine through, and the legend."""
        paper = theme.text_style(background_fill_color=theme.SURFACE, background_fill_alpha=0.8)
        self.plot.add_layout(LabelSet(source=self._names, text_align="center", text_baseline="middle", **paper))
        for i, (words, color) in enumerate(LEGEND):
            style = theme.text_style(color, theme.NORMAL, text_baseline="top")
            self.plot.add_layout(LabelSet(x=f"x{i}", y=f"y{i}", text={"value": words}, source=legend, **style))

    def draw(self, scene: Scene, changed: ChangedAnswers) -> None:
        result, model = scene.result, scene.result.model
        if model is not self._shown:
            self._shown = model
            self._draw_model(model)
            self._old.data = borders(result.probed[0])
        step = 2 / (result.probed.shape[1] - 1)
        image = (result.probed[1] % len(theme.CLASSES)).astype(np.uint8)
        self._ground.data = {"image": [image], "at": [-1 - step / 2], "size": [2 + step]}
        self._new.data = borders(result.probed[1])
        if len(changed["indices"]) or len(self._moved.data["x"]):
            x, y = model.inputs[changed["indices"]].T
            self._moved.data = {"x": x, "y": y, "kind": changed["kind"], "mark": MARKS[changed["kind"]].tolist()}
        if self._picked != (model, result.state.sample):
            self._picked = model, result.state.sample
            x, y = model.inputs[self._picked[1] :][:1].T
            self._chosen.data = {"x": x, "y": y}

    def _draw_model(self, model: Model) -> None:
        self._points.data, self._names.data = cloud(model), outermost(model)
        for k, source in enumerate(self._dots):
            at = model.inputs[model.labels % len(self._dots) == k]
            source.data = pieces(np.stack([at, at + [SHORT, 0]], axis=1))


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


def said(scene: Scene, changed: ChangedAnswers) -> str:
    """The picture leaves nothing out."""
    return ""


PICTURED = Pictured(build, said)
