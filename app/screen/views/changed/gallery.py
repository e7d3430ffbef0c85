"""Pictures whose answer changed, side by side, each with both answers under it.

The coordinates of this figure are pixels. The page itself works out where each picture stands, from the room there is,
so that the gallery wraps when the window does without asking Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import HoverTool, LinearColorMapper, Range1d, TapTool

from app.results.scene import Scene
from app.screen import theme
from app.screen.views.arranged import arrange
from app.screen.views.changed.pictured import ChangedAnswers, Drawing, Pictured
from app.screen.views.view import Act, empty, on_tap, unfaded
from app.tasks import TASKS

SHOWN = 40  # pictures at most; as many fit on a phone
LEVELS = len(theme.INKS) - 1

ARRANGE = """
    const {x, y, left, right, low, high, side} = source.data
    const {before, after, truth, was, now, is} = source.data
    if (!w || !h) return
    const room = [...before, ...after].some((name) => name.length > 1) ? 0 : 12  // words may be wider than a tile
    let tile = 106, across, down
    do {
        tile -= 2
        across = Math.max(1, Math.floor((w + room) / (tile + 16)))
        down = Math.floor((h + 6) / (tile + 34))
    } while (across * down < x.length && tile > 24)
    const letters = Math.max(3, Math.floor((tile / 2 - 5) / 7.5))
    const cut = (name) => name.length > letters ? name.slice(0, letters - 1) + "…" : name
    for (let k = 0; k < x.length; k++) {
        was[k] = cut(before[k]); now[k] = cut(after[k]); is[k] = truth[k] && `is ${cut(truth[k])}`
        x[k] = (k % across) * (tile + 16) + tile / 2 + 3
        y[k] = h - Math.floor(k / across) * (tile + 34) - tile / 2 - 3
        left[k] = x[k] - tile / 2; right[k] = x[k] + tile / 2
        low[k] = y[k] - tile / 2; high[k] = y[k] + tile / 2; side[k] = tile
    }
    plot.x_range.setv({start: 0, end: w}); plot.y_range.setv({start: 0, end: h})
    source.change.emit()  // redraws here; unlike a new `data` it is not sent back to Python
"""
COLUMNS = "sample image before after truth cross check broken fixed chosen tip"
PLACES = ("x", "y", "left", "right", "low", "high", "side")  # filled in by ARRANGE
WORDS = ("was", "now", "is")  # so are these, from before, after and truth: names of classes, cut to fit the tile


def data(scene: Scene, changed: ChangedAnswers) -> dict[str, Any]:
    """The columns of the gallery: the first pictures of `changed`, which is `predictions.data`."""
    model, sample = scene.result.model, scene.result.state.sample
    task = TASKS[model.task]
    indices, kind, before, after = (changed[name][:SHOWN] for name in ("indices", "kind", "before", "after"))
    right = [task.right(model, i) for i in indices]
    pictures = np.rint(model.pictures(indices) * LEVELS).astype(np.uint8)
    return {
        "sample": indices,
        "image": list(pictures),
        "before": [task.said(model, *each) for each in zip(indices, before, strict=True)],
        "after": [task.said(model, *each) for each in zip(indices, after, strict=True)],
        "truth": [said if k == 2 else "" for said, k in zip(right, kind, strict=True)],
        "cross": ["✕" if k == 0 else "" for k in kind],
        "check": ["✓" if k == 1 else "" for k in kind],
        "broken": (kind == 0).astype(float),
        "fixed": (kind == 1).astype(float),
        "chosen": (indices == sample).astype(float),
        "tip": [
            f"{i} of {len(model.labels)}, {task.caption} {said}" for i, said in zip(indices + 1, right, strict=True)
        ],
        **{place: np.zeros(len(indices)) for place in PLACES},
        **{word: [""] * len(indices) for word in WORDS},
    }


def build(act: Act) -> Drawing:
    plot = theme.plot(x_range=Range1d(0, 700), y_range=Range1d(0, 400), min_border=2)
    plot.axis.visible = False
    source = empty(" ".join((COLUMNS, *PLACES, *WORDS)))

    image = plot.image(
        "image", "left", "low", "side", "side", source=source, origin="top_left",
        color_mapper=LinearColorMapper(theme.INKS, low=0, high=LEVELS),
    )  # fmt: skip
    frame = plot.rect("x", "y", "side", "side", source=source, fill_color=None, line_color=theme.LINE)
    chosen = plot.rect("x", "y", "side", "side", source=source, fill_color=None, line_color=theme.INK, line_width=2,
                       line_alpha="chosen")  # fmt: skip
    bars = [
        plot.segment("left", "low", "right", "low", source=source, line_color=color, line_width=3, line_alpha=name)
        for name, color in (("broken", theme.BAD), ("fixed", theme.GOOD))
    ]
    answer = theme.text_style(size=theme.NORMAL, text_font_style="bold", text_baseline="top", y_offset=7)
    corner = theme.text_style(text_font_style="bold", text_align="right", text_baseline="top", x_offset=-3, y_offset=3,
                         background_fill_color=theme.INKS[0], background_fill_alpha=0.85)  # fmt: skip
    texts = [
        plot.text("x", "low", words, source=source, x_offset=offset, text_align=align, **answer | {"text_color": color})
        for words, offset, align, color in (
            ("was", -9, "right", theme.BASELINE),
            ({"value": "→"}, 0, "center", theme.MUTED),
            ("now", 9, "left", theme.COMPRESSED),
        )
    ] + [
        plot.text("right", "high", name, source=source, **corner | {"text_color": color})
        for name, color in (("cross", theme.BAD), ("check", theme.GOOD), ("is", theme.INK))
    ]
    unfaded((image, frame, chosen, *bars, *texts))

    plot.select_one(TapTool).renderers = [frame]
    plot.add_tools(HoverTool(renderers=[frame], tooltips="@tip"))
    arrange(plot, ARRANGE, source, source=source)

    on_tap(source, lambda tile: act({"sample": int(source.data["sample"][tile])}))

    def draw(scene: Scene, changed: ChangedAnswers) -> None:
        source.data = data(scene, changed)

    return Drawing(plot, draw)


def said(scene: Scene, changed: ChangedAnswers) -> str:
    """What is left out of the picture."""
    return f"The first {SHOWN} are shown." if len(changed["indices"]) > SHOWN else ""


PICTURED = Pictured(build, said)
