"""Segmentation: which class each pixel of a picture belongs to. The answer is a map of classes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from app.results.groups import Grouping
from app.results.result import Changed
from app.tasks.task import Task, changed, mean_square
from models.metrics import pixels
from models.model import Model

VISIBLE = 0.01  # of the pixels of a picture: where more have another class its answer counts as changed
FEW = 4  # classes that are named one by one


def answers(outputs: np.ndarray) -> np.ndarray:
    """The class of each pixel: uint16, shape (n, ...), from outputs of shape (n, classes, ...)."""
    return outputs.argmax(axis=1).astype(np.uint16)


def _changed(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> Changed:
    before, after = _apart(old, labels), _apart(new, labels)
    return changed(_apart(old, new) > VISIBLE, before < after, after < before)


def _apart(maps: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The share of pixels that have other classes, for each picture."""
    return (maps != others).reshape(len(maps), -1).mean(axis=1)


def gained(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How much larger the share of right pixels became."""
    return pixels.each(new, labels) - pixels.each(old, labels)


@lru_cache(maxsize=2)
def groupings(model: Model) -> tuple[Grouping, ...]:
    """By the classes that a picture has pixels of."""
    names = tuple(map(str, np.unique(model.labels)))
    flat = model.labels.reshape(len(model.labels), -1)
    members = np.stack([(flat == int(name)).any(axis=1) for name in names])
    return (Grouping("region", "by class", names, members, "a picture with pixels of class {}"),)


def needs(model: Model) -> Iterator[tuple[bool, str]]:
    inputs, labels = model.inputs, model.labels
    maps = labels.ndim > 1 and labels.shape[:1] == inputs.shape[:1] and labels.dtype == np.int64
    yield (
        maps,
        f"each input {inputs.shape} needs a class for each pixel, of int64; labels {labels.shape} of {labels.dtype}",
    )
    yield bool((labels >= 0).all()), "classes of pixels are counted from 0"


def _right(model: Model, index: int) -> str:
    found = np.unique(model.labels[index]).tolist()
    return ", ".join(map(str, found)) if len(found) <= FEW else f"{len(found)} classes"


def _share(model: Model, index: int, answer: np.ndarray) -> float:
    return float((answer == model.labels[index]).mean())


def _verdict(model: Model, index: int, answer: np.ndarray) -> tuple[bool, str]:
    return _share(model, index, answer) >= 0.5, "of its pixels are right"


TASK = Task(
    id="segmentation",
    metrics=("pixels",),
    needs=needs,
    answers=answers,
    changed=_changed,
    change="changed in more than 1 % of their pixels",
    kinds=("worse", "better", "as good"),
    caption="labelled",
    truth="true classes of its pixels",
    right=_right,
    said=lambda model, index, answer: f"{100 * _share(model, index, answer):.1f} %",
    verdict=_verdict,
    gained=gained,
    apart=mean_square,
    gain="change of the share of right pixels",
    reach=0.5,
    groupings=groupings,
)
