"""Which class is taken for which: the compressed model's confusion matrix, and how it differs from the baseline's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import HoverTool, LinearColorMapper

from app.results.groups import confusion
from app.results.result import Result
from app.results.scene import Scene
from app.screen import theme
from app.screen.views.arranged import arrange
from app.screen.views.changed.square import beside, square
from app.screen.views.view import Table, empty, unfaded

SHOWN = 30  # classes at most: those whose row or column changed most
NUMBERED = 12  # classes up to which there is room for the numbers
EDGE = 0.09  # of a square, for the names of the classes
INKS, SIGNS = 6, 3  # the deepest shades that numbers can be read on
LEGEND = """<ul><li>rows: right class</li><li>columns: answer</li><li>left: compressed</li>
<li>right: <i style="color: var(--plus-3); --opacity: 100%"></i>more or
<i style="color: var(--minus-3); --opacity: 100%"></i>fewer than the baseline</li></ul>"""

# Numbers where a cell has room for them.
FIT = """
    const cell = Math.min(w, h) * (1 - edge) / Math.max(Math.sqrt(cells.data.x.length), 1)
    numbers.visible = cell >= 20
    for (const each of names) each.visible = cell >= 9
"""


def data(result: Result) -> dict[str, Any]:
    """Counts of both models, int64 of shape (classes, classes), rows by label; and the classes that are shown."""
    classes, labels = len(result.model.classes), result.model.labels
    old, new = (confusion(labels, each.answers, classes) for each in (result.baseline, result.compressed))
    shown = np.arange(classes)
    if classes > SHOWN:
        moved = np.abs(new - old)
        moved = moved.sum(axis=0) + moved.sum(axis=1)
        shown = np.sort(np.argsort(-moved, kind="stable")[:SHOWN])
    return {"old": old, "new": new, "shown": shown}


def cells(it: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A square for each pair of classes, row by row from the top."""
    shown = it["shown"]
    old, new = (it[name][np.ix_(shown, shown)] for name in ("old", "new"))
    k = len(shown)
    down, across = np.indices((k, k)).reshape(2, -1)
    share = new / np.maximum(new.sum(axis=1, keepdims=True), 1)
    more = new - old
    most = max(int(np.abs(more).max(initial=0)), 1)
    size = (1 - EDGE) / k
    room = k <= NUMBERED
    return {
        "x": EDGE + size * (across + 0.5), "y": EDGE + size * (down + 0.5), "size": np.full(k * k, size),
        "ink": np.rint(share * INKS).ravel().astype(int), "sign": np.rint(more / most * SIGNS).ravel().astype(int),
        "count": [str(n) if n and room else "" for n in new.ravel().tolist()],
        "more": [_signed(n) if n and room else "" for n in more.ravel().tolist()],
        "tip": [
            f"{names[shown[i]]} answered {names[shown[j]]}: {new[i, j]}, was {old[i, j]}"
            for i, j in zip(down.tolist(), across.tolist(), strict=True)
        ],
    }  # fmt: skip


def _signed(n: int) -> str:
    return f"−{-n}" if n < 0 else f"+{n}"


def text(result: Result) -> str:
    """The mistake that has become more frequent most."""
    it, names = data(result), result.model.classes
    more = it["new"] - it["old"]
    np.fill_diagonal(more, 0)
    if more.max() <= 0:
        return "No class is taken for another more often than before."
    i, j = np.unravel_index(more.argmax(), more.shape)
    wrong = [int(each.sum() - np.trace(each)) for each in (it["new"], it["old"])]
    words = (
        f"{names[i]} is taken for {names[j]}: {it['new'][i, j]} times instead of {it['old'][i, j]}, the largest "
        f"change; {wrong[0]} answers are off the diagonal instead of {wrong[1]}."
    )
    return words + (f" The {SHOWN} classes that changed most are shown." if len(it["shown"]) < len(names) else "")


def table(result: Result) -> Table:
    """Every pair of classes that occurs, mistakes that have become more frequent first."""
    it, names = data(result), result.model.classes
    old, new = it["old"], it["new"]
    i, j = np.nonzero(old + new)
    order = np.argsort(-np.where(i == j, -np.inf, new[i, j] - old[i, j]), kind="stable")
    rows = tuple(
        (names[a], names[b], int(old[a, b]), int(new[a, b]), int(new[a, b] - old[a, b]))
        for a, b in zip(i[order], j[order], strict=True)
    )
    return Table(("right class", "answer", "baseline", "compressed", "change"), rows)


class Picture:
    """The two squares of one document."""

    def __init__(self):
        self._cells, self._names = empty("x y size ink sign count more tip"), empty("at edge text")
        plots = square(), square()
        inks = LinearColorMapper(theme.INKS[: INKS + 1], low=-0.5, high=INKS + 0.5)
        palette = (*theme.MINUS[:SIGNS][::-1], theme.INKS[0], *theme.PLUS[:SIGNS])
        signs = LinearColorMapper(palette, low=-SIGNS - 0.5, high=SIGNS + 0.5)
        for plot, hue, mapper, words in ((plots[0], "ink", inks, "count"), (plots[1], "sign", signs, "more")):
            tiles = plot.rect("x", "y", "size", "size", source=self._cells, line_color=theme.SURFACE,
                              fill_color={"field": hue, "transform": mapper})  # fmt: skip
            middle = {"text_align": "center", "text_baseline": "middle"}
            numbers = plot.text("x", "y", words, source=self._cells, **middle, **theme.text_style(theme.INK))
            named = {"text": "text", "source": self._names, **theme.text_style(theme.MUTED)}
            names = [
                plot.text("edge", "at", text_align="right", text_baseline="middle", **named),
                plot.text("at", "edge", text_align="center", text_baseline="bottom", **named),
            ]
            unfaded(plot.renderers)
            plot.styles = {"flex": "1 1 150px", "min-width": "0"}  # beside each other on a phone, too
            arrange(plot, FIT, self._cells, cells=self._cells, numbers=numbers, names=names, edge=EDGE)
            plot.tools = [HoverTool(renderers=[tiles], tooltips="@tip")]
        self.root = beside(LEGEND, *plots)

    def draw(self, scene: Scene) -> None:
        it, names = data(scene.result), scene.result.model.classes
        self._cells.data = cells(it, names)
        k = len(it["shown"])
        said = [short(names[i]) for i in it["shown"]]
        if self._names.data["text"] != said:
            at = EDGE + (1 - EDGE) * (np.arange(k) + 0.5) / k
            self._names.data = {"at": at, "edge": np.full(k, EDGE - 0.012), "text": said}


def short(name: str) -> str:
    """A name for which there is little room: the end of a long one, by which names differ.

    >>> short("arm A"), short("malignant"), short("7")
    ('arm A', '…gnant', '7')
    """
    return name if len(name) <= 6 else f"…{name[-5:]}"
