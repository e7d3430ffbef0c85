"""Signal: numbers of any meaning and any shape come out. The answer is those numbers, and how far they are off."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from app.results.groups import Grouping
from app.results.result import Changed
from app.tasks.grouped import quarters
from app.tasks.task import Task, changed, mean_square
from models.metrics import signal
from models.model import Model

VISIBLE = 0.1  # of the spread of what is right, in root mean square: who moves by more counts as changed
FEW = 3  # numbers that are said one by one


def _changed(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> Changed:
    moved = signal.each(labels + (new - old), labels) > VISIBLE**2
    before, after = signal.each(old, labels), signal.each(new, labels)
    return changed(moved, before < after, after <= before)


def gained(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """In decibels."""
    return signal.decibels(signal.each(new, labels)) - signal.decibels(signal.each(old, labels))


@lru_cache(maxsize=2)
def groupings(model: Model) -> tuple[Grouping, ...]:
    """By the mean of the numbers that are right."""
    means = model.labels.reshape(len(model.labels), -1).mean(axis=1)
    return (quarters("size", "by size", means, "", "a value {}"),)


def needs(model: Model) -> Iterator[tuple[bool, str]]:
    labels = model.labels
    fits = labels.shape[:1] == model.inputs.shape[:1] and labels.dtype == np.float32
    yield fits, f"each input {model.inputs.shape} needs numbers of float32; labels {labels.shape} of {labels.dtype}"
    yield bool(np.isfinite(labels).all()), "every label must be finite"


def _numbers(values: np.ndarray) -> str:
    """A few numbers one by one, of many how many there are.

    >>> _numbers(np.float32([1.5, -2])), _numbers(np.zeros((8, 8)))
    ('1.5, -2', '64 numbers')
    """
    return ", ".join(f"{value:.3g}" for value in values.ravel()) if values.size <= FEW else f"{values.size} numbers"


def _said(model: Model, index: int, answer: np.ndarray) -> str:
    return _numbers(answer) if answer.size <= FEW else _verdict(model, index, answer)[1]


def _verdict(model: Model, index: int, answer: np.ndarray) -> tuple[bool, str]:
    label = model.labels[index : index + 1]
    share = float(np.square(answer - label[0], dtype=float).mean() / (np.square(label, dtype=float).mean() or 1.0))
    return share <= VISIBLE**2, f"{float(signal.decibels(share)):.1f} dB"


TASK = Task(
    id="signal",
    metrics=("signal",),
    needs=needs,
    answers=lambda outputs: outputs,
    changed=_changed,
    change="moved by more than a tenth of their spread",
    kinds=("worse", "better", "as good"),
    caption="should be",
    truth="should be",
    right=lambda model, index: _numbers(model.labels[index]),
    said=_said,
    verdict=_verdict,
    gained=gained,
    apart=mean_square,
    gain="change of signal to error, dB",
    reach=20.0,
    groupings=groupings,
)
