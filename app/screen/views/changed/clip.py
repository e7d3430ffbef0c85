"""A clip frame by frame: where each model saw the object, beside its true path, and how far off each answer was."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import FixedTicker, HoverTool, Range1d, TapTool
from bokeh.plotting import figure

from app.results.samples import chosen
from app.results.scene import Scene
from app.screen import theme
from app.screen.views.changed.pictured import ChangedAnswers, Drawing, Pictured
from app.screen.views.changed.square import HALF, beside, square
from app.screen.views.view import Act, empty, on_tap, unfaded
from app.tasks.regression import NEAR
from models.metrics import position_error

LEGEND = """<ul><li><i style="color: var(--ink); --opacity: 25%"></i>true path</li>
<li><i style="color: var(--baseline); --opacity: 100%"></i>baseline</li>
<li><i style="color: var(--compressed); --opacity: 100%"></i>compressed</li>
<li>✕ broken</li><li>○ chosen frame</li></ul>"""

ROOM = 1  # pixels round the true path


def data(scene: Scene, changed: ChangedAnswers) -> dict[str, Any]:
    """The clip that the chosen sample is a frame of: errors in pixels, positions in a unit square round the truth."""
    result, model = scene.result, scene.result.model
    start = chosen(result) // model.row * model.row
    clip = slice(start, start + model.row)
    truth, old, new = model.labels[clip], result.baseline.answers[clip], result.compressed.answers[clip]
    low, high = truth.min(axis=0) - ROOM, truth.max(axis=0) + ROOM
    side = (high - low).max()
    corner = (low + high - side) / 2
    broken = changed["indices"][changed["kind"] == 0] - start
    return {
        "sample": np.arange(start, start + model.row),
        **{
            name: np.nan_to_num((positions - corner) / side)
            for name, positions in (("truth", truth), ("old", old), ("new", new))
        },
        "old error": position_error.each(old, truth),
        "new error": position_error.each(new, truth),
        "broken": np.sort(broken[(broken >= 0) & (broken < model.row)]),
        "chosen": chosen(result) - start,
        "side": float(side),
    }


def build(act: Act) -> Drawing:
    picture = _Picture(act)
    return Drawing(beside(LEGEND, picture.path, picture.errors), picture.draw)


class _Picture:
    """The two figures of one document: the path through the picture, and the errors frame after frame."""

    def __init__(self, act: Act):
        self._frames = frames = empty("frame sample x y ox oy nx ny oe ne near")
        self._broken, self._now, self._scale = empty("x y frame e"), empty("x y frame e"), empty("x")
        self.path, self.errors = self._make_path(), self._make_errors()
        on_tap(frames, lambda frame: act({"sample": int(frames.data["sample"][frame])}))

    def _make_path(self) -> figure:
        plot, frames, scale = square(), self._frames, self._scale
        plot.quad(left=0, right=1, top=0, bottom=1, fill_color=theme.RAISED, line_color=theme.LINE)
        plot.segment(x0=0.03, y0=0.97, x1="x", y1=0.97, source=scale, line_color=theme.MUTED, line_width=2)
        plot.text(x=0.03, y=0.955, text={"value": "1 px"}, source=scale, **theme.text_style(theme.MUTED))
        plot.line("x", "y", source=frames, line_color=theme.INK, line_width=6, line_alpha=0.18, line_join="round")
        for x, y, color in (("ox", "oy", theme.BASELINE), ("nx", "ny", theme.COMPRESSED)):
            plot.line(x, y, source=frames, line_color=color, line_width=1.2)
            plot.scatter(x, y, source=frames, size=4, fill_color=color, line_color=None)
        self._mark(plot, "x", "y")
        return plot

    def _make_errors(self) -> figure:
        frames = self._frames
        plot = theme.plot(x_range=Range1d(0, 60), y_range=Range1d(0, 1), min_border_left=44, min_border_top=8)
        plot.styles = HALF
        plot.xaxis.ticker = FixedTicker(ticks=[0, 20, 40, 60])  # as many as a phone has room for
        plot.xaxis.axis_label, plot.yaxis.axis_label = "frame of the clip", "position error, px"
        plot.ygrid.grid_line_color = theme.GRID
        for error, color in (("oe", theme.BASELINE), ("ne", theme.COMPRESSED)):
            plot.line("frame", error, source=frames, line_color=color, line_width=1.5)
        plot.line("frame", "near", source=frames, line_color=theme.MUTED, line_dash="dashed")
        dots = plot.scatter("frame", "ne", source=frames, size=5, fill_color=theme.COMPRESSED, line_color=None)
        self._mark(plot, "frame", "e")
        plot.select_one(TapTool).renderers = [dots]
        tip = "frame @frame: @oe{0.00} px off, then @ne{0.00}"
        plot.add_tools(HoverTool(renderers=[dots], tooltips=tip, mode="vline"))
        return plot

    def _mark(self, plot: figure, x: str, y: str) -> None:
        """The broken frames and the chosen one, last of all that is drawn."""
        plot.scatter(x, y, source=self._broken, marker="x", size=8, line_color=theme.BAD, line_width=1.5)
        plot.scatter(x, y, source=self._now, size=14, fill_color=None, line_color=theme.INK, line_width=2)
        unfaded(plot.renderers)

    def draw(self, scene: Scene, changed: ChangedAnswers) -> None:
        it = data(scene, changed)
        number = np.arange(1, len(it["sample"]) + 1)
        (x, y), (ox, oy), (nx, ny) = (it[name].T for name in ("truth", "old", "new"))
        self._frames.data = {
            "frame": number, "sample": it["sample"], "x": x, "y": y, "ox": ox, "oy": oy, "nx": nx, "ny": ny,
            "oe": it["old error"], "ne": it["new error"], "near": np.full(len(number), NEAR),
        }  # fmt: skip
        for source, at in ((self._broken, it["broken"]), (self._now, [it["chosen"]])):
            source.data = {"x": nx[at], "y": ny[at], "frame": number[at], "e": it["new error"][at]}
        self._scale.data = {"x": [0.03 + 1 / it["side"]]}
        highest = max(2 * NEAR, it["old error"].max(), it["new error"].max())
        self.errors.x_range.update(start=0, end=len(number) + 1)
        self.errors.y_range.update(end=1.05 * float(highest))


def said(scene: Scene, changed: ChangedAnswers) -> str:
    """Which part of the evaluation set is in the picture."""
    model = scene.result.model
    return f"Clip {chosen(scene.result) // model.row + 1} of {len(model.labels) // model.row} is shown."


PICTURED = Pictured(build, said)
