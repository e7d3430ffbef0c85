"""Which answers changed, and for whom? The samples in a picture for each kind of sample, see
`app.screen.views.changed`; or, as `State.by` says, the groups that the task names, see `app.screen.views.grouped`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.models import Column, InlineStyleSheet, Toggle

from app.results.groups import Grouping, judged
from app.results.result import Result
from app.results.scene import Scene
from app.screen.controls.widgets import put
from app.screen.format import count
from app.screen.pictures import PICTURES
from app.screen.views.few import CSS, Few
from app.screen.views.view import Act, Drawing, Table, View
from app.tasks import TASKS
from models.metrics import METRICS, agreement

if TYPE_CHECKING:  # no other use: the page starts without it
    from app.screen.views.changed import pictured

SAMPLES = ""
OF_CLASSES = {"confusion": ("confusion", "matrix"), "calibration": ("calibration", "reliability")}
"What is shown of classes besides their scores: what it is called, and the module that draws it."


def data(scene: Scene) -> Mapping[str, Any]:
    """The samples whose answer changed: broken ones first, then fixed ones, then those that are neither.

    In each kind those come first that moved most; gained says by how much each answer became better.
    """
    result = scene.result
    changed, total = result.changed, len(result.model.labels)
    kind = np.full(total, 2)
    kind[changed.broken], kind[changed.fixed] = 0, 1
    at, labels = changed.indices, result.model.labels
    old, new = (each.outputs[at] for each in (result.baseline, result.compressed))
    gained = TASKS[result.model.task].gained(old, new, labels[at]) if len(at) else np.zeros(0)
    order = np.lexsort((-np.abs(gained), kind[at]))
    indices, gained = at[order], gained[order]
    return {
        "indices": indices,
        "kind": kind[indices],  # into the kinds of the task
        "before": result.baseline.answers[indices],
        "after": result.compressed.answers[indices],
        "label": result.model.labels[indices],
        "gained": gained,
        "counts": np.bincount(kind[indices], minlength=3),
        "total": total,
    }


def ways(result: Result) -> dict[str, str]:
    """How the answers can be looked at, `State.by` -> what the page calls it: samples, or a grouping of the task."""
    named = {each.id: each.label for each in groupings(result)}
    more = {id: label for id, (label, _) in OF_CLASSES.items()} if "class" in named else {}
    if result.model.metric == agreement.METRIC.id:  # nobody knows how often such a model is right
        more.pop("calibration", None)
    return {SAMPLES: "samples", **named, **more}


def way(scene: Scene) -> str:
    """How the answers are looked at now; samples if the task does not know the way that the State names."""
    by = scene.result.state.by
    return by if by in ways(scene.result) else SAMPLES


def groupings(result: Result) -> tuple[Grouping, ...]:
    """Those of the task; none where a score compares samples with their neighbours."""
    model = result.model
    return () if METRICS[model.metric].in_rows else TASKS[model.task].groupings(model)


def _grouping(result: Result, id: str) -> Grouping:
    return next(each for each in groupings(result) if each.id == id)


def _grouped(id: str) -> Any:
    """What shows a way that is none of samples; it is imported when it is first looked at, as `_pictured` is."""
    return import_module(f"app.screen.views.grouped.{OF_CLASSES[id][1] if id in OF_CLASSES else 'scores'}")


def build(act: Act) -> Drawing:
    picture = _Picture(act)
    return Drawing(picture.root, picture.draw)


class _Picture:
    """The ways to look, and the picture of each as it is needed, of one document."""

    def __init__(self, act: Act):
        from app.screen.views.changed.sieve import Sieve  # when the answers are first looked at, as all pictures

        self._act, self._make_sieve = act, Sieve
        self._scene: Scene | None = None
        self._sieve: Any = None
        self._drawings: dict[str, Any] = {}
        css = InlineStyleSheet(css=CSS)
        self._filter = Toggle(label="filter", stylesheets=[css], css_classes=["act", "filter"], margin=0)
        self._filter.on_change("active", lambda attr, old, new: self._again())
        self._few = Few(lambda by: act({"by": by}), "how to look at the answers", css, self._filter)
        self._head = Column(sizing_mode="stretch_width", spacing=0)
        self._body = Column(sizing_mode="stretch_both", spacing=0)
        self.root = Column(children=[self._few.root, self._head, self._body], sizing_mode="stretch_both", spacing=0)

    def draw(self, scene: Scene) -> None:
        self._scene = scene
        by, result = way(scene), scene.result
        self._few.show(ways(result), by)
        name = by and (by if by in OF_CLASSES else "scores") or PICTURES[result.model.picture].view
        sifts = not by and _pictured(scene).sifts
        put(self._filter, visible=sifts)
        drawing = self._drawing(name, scene, by)
        for other, each in self._drawings.items():
            put(each.root, visible=other == name)
        if by:
            if self._sieve is not None:
                put(self._sieve.root, visible=False)
            drawing.draw(scene, *(() if by in OF_CLASSES else (_grouping(result, by),)))
        else:
            drawing.draw(scene, self._sifted(scene, sifts))

    def _sifted(self, scene: Scene, sifts: bool) -> Mapping[str, Any]:
        """The changed answers that are shown; without an open filter, all."""
        changed, model = data(scene), scene.result.model
        if not (sifts and self._filter.active):
            if self._sieve is not None:
                put(self._sieve.root, visible=False)
            return changed
        sieve = self._opened()
        sieve.offer(model, TASKS[model.task])
        put(sieve.root, visible=True)
        return sieve.sift(changed, TASKS[model.task])

    def _opened(self) -> Any:
        """The filter, made when it is first opened."""
        if self._sieve is None:
            self._sieve = self._make_sieve(self._again)
            self._head.children = [self._sieve.root]
        return self._sieve

    def _again(self) -> None:
        if self._scene is not None:
            self.draw(self._scene)

    def _choose(self, grouping: Grouping, group: int) -> None:
        """The samples of one group."""
        model = self._scene.result.model
        if not _pictured(self._scene).sifts:
            return
        self._opened().offer(model, TASKS[model.task])
        self._sieve.choose(grouping, group)
        self._filter.active = True
        self._act({"by": SAMPLES})

    def _drawing(self, name: str, scene: Scene, by: str) -> Any:
        if name not in self._drawings:
            if not by:
                made = _pictured(scene).build(self._act)
            elif by in OF_CLASSES:
                made = _grouped(by).Picture()
            else:
                made = _grouped(by).Picture(self._choose)
            self._drawings[name] = made
            self._body.children = [*self._body.children, made.root]
        return self._drawings[name]


def _pictured(scene: Scene) -> pictured.Pictured:
    """What draws samples of this kind; it is imported when it is first looked at, so that the page is up sooner."""
    return import_module(f"app.screen.views.changed.{PICTURES[scene.result.model.picture].view}").PICTURED


def text(scene: Scene) -> str:
    by = way(scene)
    if by:
        shown = () if by in OF_CLASSES else (_grouping(scene.result, by),)
        return _grouped(by).text(scene.result, *shown)
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
    if number and (grouped := groupings(result)):
        from app.screen.views.grouped.scores import suffers

        metric = METRICS[model.metric]
        words += " " + suffers(judged(grouped[0], metric, result.baseline.values, result.compressed.values), metric)
    return f"{words.rstrip()} {_pictured(scene).said(scene, it)}".rstrip()


def table(scene: Scene) -> Table:
    by = way(scene)
    if by:
        shown = () if by in OF_CLASSES else (_grouping(scene.result, by),)
        return _grouped(by).table(scene.result, *shown)
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


VIEW = View("predictions", "Answers", "Which answers changed, and for whom?", data, build, text, table)
