"""A photograph put together from its patches, as the baseline and as the compressed model give it."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import HoverTool, LinearColorMapper, TapTool

from app.results.samples import chosen
from app.results.scene import Scene
from app.screen import theme
from app.screen.pictures.png import levels
from app.screen.views.changed.pictured import ChangedAnswers, Drawing, Pictured
from app.screen.views.changed.square import beside, square
from app.screen.views.view import Act, empty, on_tap, unfaded
from app.tasks import TASKS
from app.tasks.inputs.noise import square as square_of

LEGEND = """<ul><li><i style="color: var(--baseline); --opacity: 100%"></i>baseline, first</li>
<li><i style="color: var(--compressed); --opacity: 100%"></i>compressed, after it</li>
<li style="color: var(--bad)">▪ patch that became worse</li></ul>"""


def data(scene: Scene, changed: ChangedAnswers) -> dict[str, Any]:
    """The square of patches that the chosen sample lies in: two pictures of uint8, and the samples in it."""
    result, model = scene.result, scene.result.model
    samples = square_of(model, chosen(result))
    side = len(samples)  # patches along the square
    worse = changed["indices"][changed["kind"] == 0]
    return {
        "samples": samples,
        "old": stitched(result.baseline.answers[samples.ravel()], side, model.picture_shape),
        "new": stitched(result.compressed.answers[samples.ravel()], side, model.picture_shape),
        "worse": samples[np.isin(samples, worse)],
        "chosen": chosen(result),
    }


def stitched(patches: np.ndarray, side: int, shape: tuple[int, int]) -> np.ndarray:
    """Patches in row order, shape (side * side, ...), as one picture: uint8, shape (side * height, side * width)."""
    height, width = shape
    grid = levels(patches).reshape(side, side, height, width)
    return grid.swapaxes(1, 2).reshape(side * height, side * width)


def build(act: Act) -> Drawing:
    shown = None  # the picture on the left
    old, new, patches = empty("image"), empty("image"), empty("x y left top size number worse chosen")
    plots = square(), square()
    greys = LinearColorMapper(theme.GREYS, low=0, high=255)
    for plot, source in zip(plots, (old, new), strict=True):
        plot.image("image", 0, 0, 1, 1, source=source, color_mapper=greys)
        tiles = plot.rect("x", "y", "size", "size", source=patches, fill_color=None, line_color=theme.INK,
                          line_width=2, line_alpha="chosen")  # fmt: skip
        plot.select_one(TapTool).renderers = [tiles]
        plot.add_tools(HoverTool(renderers=[tiles], tooltips="patch @number"))
    plots[1].scatter("left", "top", source=patches, marker="square", size=4, fill_color=theme.BAD, fill_alpha="worse",
                     line_color=None)  # fmt: skip
    unfaded((*plots[0].renderers, *plots[1].renderers))

    on_tap(patches, lambda patch: act({"sample": int(patches.data["number"][patch]) - 1}))

    def draw(scene: Scene, changed: ChangedAnswers) -> None:
        nonlocal shown
        it = data(scene, changed)
        if shown is None or not np.array_equal(shown, it["old"]):
            shown = it["old"]
            old.data = {"image": [shown]}
        new.data = {"image": [it["new"]]}
        side = len(it["samples"])
        down, across = np.indices((side, side)).reshape(2, -1)
        sample = it["samples"].ravel()
        patches.data = {
            "x": (across + 0.5) / side, "y": (down + 0.5) / side, "size": np.full(side * side, 1 / side),
            "left": (across + 0.12) / side, "top": (down + 0.12) / side,
            "number": sample + 1, "worse": np.isin(sample, it["worse"]).astype(float),
            "chosen": (sample == it["chosen"]).astype(float),
        }  # fmt: skip

    return Drawing(beside(LEGEND, *plots), draw)


def said(scene: Scene, changed: ChangedAnswers) -> str:
    """How the patch came out that lost most."""
    result, task = scene.result, TASKS[scene.result.model.task]
    if not len(changed["indices"]):
        return ""
    worst = int((result.compressed.values / result.baseline.values).argmax())  # of mean squared errors
    old, new = (task.said(result.model, worst, each.answers[worst]) for each in (result.baseline, result.compressed))
    return f"Patch {worst + 1} suffers most: {new} instead of {old}."


PICTURED = Pictured(build, said)
