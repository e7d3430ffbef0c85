"""Image to image: a picture goes in and a better one comes out. The answer is that picture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.results.result import Changed
from app.tasks.task import Task, changed
from models.metrics import psnr
from models.model import Model

VISIBLE = 1.0  # decibels by which a picture must become worse, or better, to count as changed


def qualities(pictures: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The PSNR of each picture in decibels: float64, shape (n,)."""
    return psnr.decibels(psnr.each(pictures, labels))


def _changed(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> Changed:
    gained = qualities(new, labels) - qualities(old, labels)
    return changed(np.abs(gained) > VISIBLE, gained < 0, gained > 0)


def needs(model: Model) -> Iterator[tuple[bool, str]]:
    inputs, labels = model.inputs, model.labels
    alike = labels.shape == inputs.shape and labels.dtype == np.float32
    yield alike, f"each input {inputs.shape} needs a clean picture, of float32; labels {labels.shape} of {labels.dtype}"
    yield bool(((0 <= labels) & (labels <= 1)).all()), "clean pictures must lie in 0 to 1"


def _quality(model: Model, index: int, picture: np.ndarray) -> float:
    return float(qualities(picture[None], model.labels[index : index + 1])[0])


def _said(model: Model, index: int, answer: np.ndarray) -> str:
    return f"{_quality(model, index, answer):.1f} dB"


def _verdict(model: Model, index: int, answer: np.ndarray) -> tuple[bool, str]:
    good = _quality(model, index, answer) > _quality(model, index, model.inputs[index])
    return good, "cleaner" if good else "no cleaner"


TASK = Task(
    id="image",
    metrics=("psnr",),
    needs=needs,
    answers=lambda outputs: outputs,
    changed=_changed,
    change="changed by more than 1 dB",
    kinds=("worse", "better", "other"),
    caption="noisy",
    truth="noisy picture",
    right=lambda model, index: _said(model, index, model.inputs[index]),
    said=_said,
    verdict=_verdict,
)
