"""Regression: where in a frame an object is. The answer is its place, x to the right and y downwards, in pixels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from app.results.groups import Grouping
from app.results.result import Changed
from app.tasks.grouped import quarters
from app.tasks.task import Task, changed, mean_square
from models.metrics import position_error
from models.model import Model

NEAR = 0.5  # pixels: a place within half a pixel of another is the same one


def _changed(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> Changed:
    apart, before, after = (position_error.each(*pair) for pair in ((new, old), (old, labels), (new, labels)))
    return changed(apart > NEAR, before <= NEAR, after <= NEAR)


def gained(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How much nearer to the true place, in pixels."""
    return position_error.each(old, labels) - position_error.each(new, labels)


@lru_cache(maxsize=2)
def groupings(model: Model) -> tuple[Grouping, ...]:
    """By how far the object is from the border of the frame, and by how fast it moves."""
    height, width = model.picture_shape
    x, y = model.labels.T
    edge = np.minimum.reduce([x, y, width - 1 - x, height - 1 - y])
    clips = model.labels.reshape(-1, model.row, 2)
    steps = np.hypot(*np.diff(clips, axis=1).transpose(2, 0, 1))
    speed = np.concatenate([steps[:, :1], steps], axis=1).ravel()  # the first frame is as fast as the second
    return (
        quarters("border", "by border", edge, "px", "a spot {} from the border"),
        quarters("speed", "by speed", speed, "px", "a spot that moves {} a frame"),
    )


def needs(model: Model) -> Iterator[tuple[bool, str]]:
    inputs, labels = model.inputs, model.labels
    places = labels.shape == (len(inputs), 2) and labels.dtype == np.float32
    yield places, f"each input {inputs.shape} needs a place (x, y), of float32; labels {labels.shape} of {labels.dtype}"
    yield bool(np.isfinite(labels).all()), "every label must be finite"
    yield model.row > 1, f"row is {model.row}; a clip needs two frames for the jitter between them"


def _said(model: Model, index: int, answer: np.ndarray) -> str:
    return ", ".join(f"{value:.1f}" for value in answer)


def _verdict(model: Model, index: int, answer: np.ndarray) -> tuple[bool, str]:
    off = float(position_error.each(answer[None], model.labels[index : index + 1])[0])
    return off <= NEAR, f"{off:.2f} px off"


TASK = Task(
    id="regression",
    metrics=("position_error", "jitter"),
    also=("jitter",),
    needs=needs,
    answers=lambda outputs: outputs,
    changed=_changed,
    change="moved by more than half a pixel",
    kinds=("broken", "fixed", "moved"),
    caption="truly at",
    truth="true place",
    right=lambda model, index: _said(model, index, model.labels[index]),
    said=_said,
    verdict=_verdict,
    gained=gained,
    apart=mean_square,
    gain="how much nearer, px",
    reach=4.0,
    groupings=groupings,
)
