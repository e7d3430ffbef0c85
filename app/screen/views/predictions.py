"""Which answers changed? In a picture for each kind of sample, see `app.screen.views.changed`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.models import Column

from app.results.scene import Scene
from app.screen.format import count
from app.screen.pictures import PICTURES
from app.screen.views.view import Act, Drawing, Table, View
from app.tasks import TASKS
from models.metrics import METRICS

if TYPE_CHECKING:  # no other use: the page starts without it
    from app.screen.views.changed import pictured


def data(scene: Scene) -> Mapping[str, Any]:
    """The samples whose answer changed: broken ones first, then fixed ones, then those that are neither."""
    result = scene.result
    changed, total = result.changed, len(result.model.labels)
    kind = np.full(total, 2)
    kind[changed.broken], kind[changed.fixed] = 0, 1
    indices = changed.indices[np.argsort(kind[changed.indices], kind="stable")]
    return {
        "indices": indices,
        "kind": kind[indices],  # into the kinds of the task
        "before": result.baseline.answers[indices],
        "after": result.compressed.answers[indices],
        "label": result.model.labels[indices],
        "counts": np.bincount(kind[indices], minlength=3),
        "total": total,
    }


def build(act: Act) -> Drawing:
    drawings: dict[str, pictured.Drawing] = {}
    root = Column(sizing_mode="stretch_both", spacing=0)

    def draw(scene: Scene) -> None:
        name = PICTURES[scene.result.model.picture].view
        if name not in drawings:
            drawings[name] = _pictured(scene).build(act)
            root.children = [*root.children, drawings[name].root]
        for other, drawing in drawings.items():
            if drawing.root.visible != (other == name):
                drawing.root.visible = other == name
        drawings[name].draw(scene, data(scene))

    return Drawing(root, draw)


def _pictured(scene: Scene) -> pictured.Pictured:
    """What draws samples of this kind; it is imported when it is first looked at, so that the page is up sooner."""
    return import_module(f"app.screen.views.changed.{PICTURES[scene.result.model.picture].view}").PICTURED


def text(scene: Scene) -> str:
    it, result = data(scene), scene.result
    model, task, number, total = result.model, TASKS[result.model.task], len(it["indices"]), it["total"]
    if number:
        parts = ", ".join(f"{k} {kind}" for k, kind in zip(it["counts"], task.kinds, strict=True) if k)
        words = f"{number} of {count(total, 'answer')} {task.change}: {parts}."
    else:
        words = f"No answer {task.change}: all {total} are as before."
    if number and model.classes:
        pairs, times = np.unique(np.stack([it["before"], it["after"]], axis=1), axis=0, return_counts=True)
        if times.max() > 1:
            old, new = (model.classes[i] for i in pairs[times.argmax()])
            words += f" Most often {old} became {new}: {times.max()} times."
    for id in task.also:
        metric, old, new = METRICS[id], result.baseline.others[id], result.compressed.others[id]
        words += f" The {metric.label} is {metric.written(new)} instead of {metric.written(old)}."
    return f"{words} {_pictured(scene).said(scene, it)}".rstrip()


def table(scene: Scene) -> Table:
    it, model = data(scene), scene.result.model
    task = TASKS[model.task]
    rows = zip(it["indices"].tolist(), it["before"], it["after"], it["kind"], strict=True)
    return Table(
        ("sample", task.truth, "baseline", "compressed", "change"),
        tuple(
            (i, task.right(model, i), task.said(model, i, old), task.said(model, i, new), task.kinds[kind])
            for i, old, new, kind in rows
        ),
    )


VIEW = View("predictions", "Answers", "Which answers changed?", data, build, text, table)
