"""A clip frame by frame: where each model saw the object, beside its true path, and how far off each answer was."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import HoverTool, Range1d, TapTool

from app.results.samples import chosen
from app.results.scene import Scene
from app.screen import theme
from app.screen.views.changed.pictured import ChangedAnswers, Drawing, Pictured
from app.screen.views.changed.square import HALF, beside, square
from app.screen.views.view import Act, empty, on_tap
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
    picture = square()
    time = theme.plot(x_range=Range1d(0, 60), y_range=Range1d(0, 1), min_border_left=44, min_border_top=8)
    time.styles = HALF
    time.xaxis.axis_label, time.yaxis.axis_label = "frame of the clip", "position error, px"
    time.ygrid.grid_line_color = theme.GRID
    frames = empty("frame sample x y ox oy nx ny oe ne near")
    broken, now, scale = empty("x y frame e"), empty("x y frame e"), empty("x")

    picture.quad(left=0, right=1, top=0, bottom=1, fill_color=theme.RAISED, line_color=theme.LINE)
    picture.segment(x0=0.03, y0=0.97, x1="x", y1=0.97, source=scale, line_color=theme.MUTED, line_width=2)
    picture.text(x=0.03, y=0.955, text={"value": "1 px"}, source=scale, **theme.text_style(theme.MUTED))
    picture.line("x", "y", source=frames, line_color=theme.INK, line_width=6, line_alpha=0.18, line_join="round")
    for x, y, e, color in (("ox", "oy", "oe", theme.BASELINE), ("nx", "ny", "ne", theme.COMPRESSED)):
        picture.line(x, y, source=frames, line_color=color, line_width=1.2)
        picture.scatter(x, y, source=frames, size=4, fill_color=color, line_color=None)
        time.line("frame", e, source=frames, line_color=color, line_width=1.5)
    time.line("frame", "near", source=frames, line_color=theme.MUTED, line_dash="dashed")
    dots = time.scatter("frame", "ne", source=frames, size=5, fill_color=theme.COMPRESSED, line_color=None)
    for plot, x, y in ((picture, "x", "y"), (time, "frame", "e")):
        plot.scatter(x, y, source=broken, marker="x", size=8, line_color=theme.BAD, line_width=1.5)
        plot.scatter(x, y, source=now, size=14, fill_color=None, line_color=theme.INK, line_width=2)
        for renderer in plot.renderers:
            renderer.nonselection_glyph = renderer.selection_glyph = None

    time.select_one(TapTool).renderers = [dots]
    time.add_tools(HoverTool(renderers=[dots], tooltips="frame @frame: @oe{0.00} px off, then @ne{0.00}", mode="vline"))

    on_tap(frames, lambda frame: act({"sample": int(frames.data["sample"][frame])}))

    def draw(scene: Scene, changed: ChangedAnswers) -> None:
        it = data(scene, changed)
        number = np.arange(1, len(it["sample"]) + 1)
        (x, y), (ox, oy), (nx, ny) = (it[name].T for name in ("truth", "old", "new"))
        frames.data = {
            "frame": number, "sample": it["sample"], "x": x, "y": y, "ox": ox, "oy": oy, "nx": nx, "ny": ny,
            "oe": it["old error"], "ne": it["new error"], "near": np.full(len(number), NEAR),
        }  # fmt: skip
        for source, at in ((broken, it["broken"]), (now, [it["chosen"]])):
            source.data = {"x": nx[at], "y": ny[at], "frame": number[at], "e": it["new error"][at]}
        scale.data = {"x": [0.03 + 1 / it["side"]]}
        highest = max(2 * NEAR, it["old error"].max(), it["new error"].max())
        time.x_range.update(start=0, end=len(number) + 1)
        time.y_range.update(end=1.05 * float(highest))

    return Drawing(beside(LEGEND, picture, time), draw)


def said(scene: Scene, changed: ChangedAnswers) -> str:
    """Which part of the evaluation set is in the picture."""
    model = scene.result.model
    return f"Clip {chosen(scene.result) // model.row + 1} of {len(model.labels) // model.row} is shown."


PICTURED = Pictured(build, said)
