"""Classification: which of a few classes a sample belongs to. The answer is the class of the largest output."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from app.results.groups import Grouping, numbered
from app.results.result import Changed
from app.runtime import Probe
from app.tasks.grouped import quarters
from app.tasks.task import Task, changed
from models.metrics.softmax import probabilities
from models.model import Model

GRID = 64  # points along each side of a decision boundary


def answers(outputs: np.ndarray) -> np.ndarray:
    """The class of the largest output of each row: int64, shape (n,)."""
    return outputs.argmax(axis=1).astype(np.int64, copy=False)  # an index of the page's Python has 32 bits


def different(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> Changed:
    """An answer is changed when it is another class; one from wrong to another wrong is neither broken nor fixed."""
    return changed(old != new, old == labels, new == labels)


def gained(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How much surer of the right class: a difference of two probabilities."""
    at = np.arange(len(labels)), labels
    return probabilities(new)[at] - probabilities(old)[at]


def apart(old: np.ndarray, new: np.ndarray) -> float:
    """The mean Kullback-Leibler divergence of probabilities: what is lost, in nats, who goes by the new ones."""
    before, after = probabilities(old), np.maximum(probabilities(new), 1e-30)
    return float((before * np.log(np.maximum(before, 1e-30) / after)).sum(axis=-1).mean())


@lru_cache(maxsize=2)
def groupings(model: Model) -> tuple[Grouping, ...]:
    """By class, and for points in the plane by how near the next point of another class is."""
    classes = numbered("class", "by class", model.classes, model.labels)
    if model.picture != "point":
        return (classes,)
    return classes, quarters("border", "by border", _apart(model), "", "a point {} from another class")


def _apart(model: Model) -> np.ndarray:
    """From each point to the nearest one of another class: float, shape (n,)."""
    points = model.inputs.astype(float)
    apart = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    apart[model.labels[:, None] == model.labels] = np.inf
    nearest = apart.min(axis=1)
    return np.where(np.isfinite(nearest), nearest, 0)


def needs(model: Model) -> Iterator[tuple[bool, str]]:
    inputs, labels, last = model.inputs, model.labels, len(model.classes) - 1
    classes = labels.shape == inputs.shape[:1] and labels.dtype == np.int64
    yield classes, f"each input {inputs.shape} needs a class, of int64; labels {labels.shape} of {labels.dtype}"
    within = ((0 <= labels) & (labels <= last)).all()
    yield bool(within), f"labels must lie in 0 to {last}, one for each of {last + 1} classes"


def _plane() -> Probe:
    """The answers on a grid of points, row by row from y = -1: int64, shape (GRID, GRID)."""
    axis = np.linspace(-1, 1, GRID, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    outputs = yield np.stack([x.ravel(), y.ravel()], axis=1)
    return answers(outputs).reshape(GRID, GRID)


def right(model: Model, index: int) -> str:
    return model.classes[model.labels[index]]


def said(model: Model, index: int, answer: np.ndarray) -> str:
    return model.classes[answer]


def verdict(model: Model, index: int, answer: np.ndarray) -> tuple[bool, str]:
    good = bool(answer == model.labels[index])
    return good, "right" if good else "wrong"


TASK = Task(
    id="classification",
    metrics=("accuracy",),
    needs=needs,
    answers=answers,
    changed=different,
    change="changed",
    kinds=("broken", "fixed", "still wrong"),
    caption="labelled",
    truth="true class",
    right=right,
    said=said,
    verdict=verdict,
    gained=gained,
    apart=apart,
    gain="change of confidence in the right class",
    reach=1.0,
    groupings=groupings,
    probe=lambda model: _plane() if model.picture == "point" else None,
)
