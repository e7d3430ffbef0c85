"""Which answers changed? A gallery of the pictures whose answer changed, or the plane with its borders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.layouts import column

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


def build(act: Act) -> Drawing:
    drawings = {kind: picture.build(act) for kind, picture in PICTURES.items()}
    for kind, drawing in drawings.items():
        drawing.root.visible = kind == "image"
    root = column(*(drawing.root for drawing in drawings.values()), sizing_mode="stretch_both", spacing=0)

    def draw(scene: Scene) -> None:
        picture = scene.result.model.picture
        for kind, drawing in drawings.items():
            if drawing.root.visible != (kind == picture):
                drawing.root.visible = kind == picture
        drawings[picture].draw(scene, data(scene))

    return Drawing(root, draw)


def text(scene: Scene) -> str:
    it, model = data(scene), scene.result.model
    number, total = len(it["indices"]), it["total"]
    if not number:
        return f"No answer changed: all {total} are as before."
    parts = ", ".join(f"{k} {kind}" for k, kind in zip(it["counts"], KINDS, strict=True) if k)
    words = f"{number} of {count(total, 'answer')} changed: {parts}."
    pairs, times = np.unique(np.stack([it["before"], it["after"]], axis=1), axis=0, return_counts=True)
    if times.max() > 1:
        old, new = (model.classes[i] for i in pairs[times.argmax()])
        words += f" Most often {old} became {new}: {times.max()} times."
    if model.picture == "image" and number > gallery.SHOWN:
        words += f" The first {gallery.SHOWN} are shown."
    return words


def table(scene: Scene) -> Table:
    it, classes = data(scene), scene.result.model.classes
    rows = zip(it["indices"].tolist(), it["label"], it["before"], it["after"], it["kind"], strict=True)
    return Table(
        ("sample", "true class", "baseline", "compressed", "change"),
        tuple((i, classes[label], classes[old], classes[new], KINDS[kind]) for i, label, old, new, kind in rows),
    )


VIEW = View("predictions", "Predictions", "Which answers changed?", data, build, text, table)
