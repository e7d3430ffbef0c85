"""Which answers changed? A gallery of the pictures whose answer changed, or the plane with its borders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.layouts import column
from bokeh.models import ColumnDataSource, Range1d

from app import theme
from app.result import Scene
from app.views import gallery, plane
from app.views.numbers import count
from app.views.view import Act, Drawing, Table, View

PICTURES = {"image": gallery, "point": plane}
KINDS = ("broken", "fixed", "still wrong")


def data(scene: Scene) -> Mapping[str, Any]:
    """The samples whose answer changed: broken ones first, then fixed ones, then those wrong before and after."""
    result = scene.result
    changed, total = result.changed, len(result.model.labels)
    kind = np.full(total, 2)
    kind[changed.broken], kind[changed.fixed] = 0, 1
    indices = changed.indices[np.argsort(kind[changed.indices], kind="stable")]
    return {
        "indices": indices,
        "kind": kind[indices],  # into KINDS
        "before": result.baseline.answers[indices],
        "after": result.compressed.answers[indices],
        "label": result.model.labels[indices],
        "counts": np.bincount(kind[indices], minlength=len(KINDS)),
        "total": total,
    }


def heading(changed: Mapping[str, Any], signs: tuple[str, ...] = ("",) * len(KINDS)) -> tuple[str, str]:
    """How many answers changed, and how, with a sign before each of KINDS."""
    number, total = len(changed["indices"]), changed["total"]
    if not number:
        return "No answer changed", f"all {total} are as before"
    parts = (f"{sign}{k} {kind}" for sign, k, kind in zip(signs, changed["counts"], KINDS, strict=True) if k)
    return f"{number} of {count(total, 'answer')} changed", ", ".join(parts)


def build(act: Act) -> Drawing:
    drawings = {kind: picture.build(act) for kind, picture in PICTURES.items()}
    for kind, drawing in drawings.items():
        drawing.root.visible = kind == "image"
    top = theme.plot(height=48, x_range=Range1d(0, 1), y_range=Range1d(0, 1), min_border=0, tools="")
    top.update(sizing_mode="stretch_width")
    top.axis.visible = False
    words = ColumnDataSource({"first": [""], "second": [""]})
    top.text(0, 1, "first", source=words, text_baseline="top", x_offset=3,
             **theme.words(theme.INK, theme.LARGE, text_font_style="bold"))  # fmt: skip
    top.text(0, 1, "second", source=words, text_baseline="top", x_offset=3, y_offset=20,
             **theme.words(theme.MUTED, theme.NORMAL))  # fmt: skip
    root = column(top, *(drawing.root for drawing in drawings.values()), sizing_mode="stretch_both", spacing=0)

    def draw(scene: Scene) -> None:
        picture, changed = scene.result.model.picture, data(scene)
        for kind, drawing in drawings.items():
            if drawing.root.visible != (kind == picture):
                drawing.root.visible = kind == picture
        first, second = heading(changed, PICTURES[picture].SIGNS)
        if picture == "image" and len(changed["indices"]) > gallery.SHOWN:
            second += f"; the first {gallery.SHOWN} shown"
        words.data = {"first": [first], "second": [second]}
        drawings[picture].draw(scene, changed)

    return Drawing(root, draw)


def text(scene: Scene) -> str:
    it = data(scene)
    words = "{}: {}.".format(*heading(it))
    pairs, counts = np.unique(np.stack([it["before"], it["after"]], axis=1), axis=0, return_counts=True)
    if len(pairs) and counts.max() > 1:
        old, new = (scene.result.model.classes[i] for i in pairs[counts.argmax()])
        words += f" Most often {old} became {new}: {counts.max()} times."
    return words


def table(scene: Scene) -> Table:
    it, classes = data(scene), scene.result.model.classes
    rows = zip(it["indices"].tolist(), it["label"], it["before"], it["after"], it["kind"], strict=True)
    return Table(
        ("sample", "true class", "baseline", "compressed", "change"),
        tuple((i, classes[label], classes[old], classes[new], KINDS[kind]) for i, label, old, new, kind in rows),
    )


VIEW = View("predictions", "Predictions", "Which answers changed?", data, build, text, table)
