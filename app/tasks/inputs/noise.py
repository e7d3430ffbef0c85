"""A part of a photograph with as much noise as a person likes, made as the denoiser's evaluation set is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from app.results.attempt import Setting
from app.tasks.inputs.input import Input, Samples
from app.tasks.inputs.luck import normal
from models.model import Model

STRENGTH = 0.07  # of the noise of the evaluation set, `models.denoiser.data.NOISE`, which needs scikit-learn
STEPS = 255  # of grey


def square(model: Model, index: int) -> np.ndarray:
    """The patches of the photograph that a sample lies in, as it is put together: int64, shape (side, side)."""
    row = model.row
    side = min(row, len(model.labels) // row)
    first = index % row // side * side
    return np.arange(len(model.labels)).reshape(-1, row)[:side, first : first + side]


@lru_cache(maxsize=1)
def _pattern(model: Model) -> np.ndarray:
    """Noise of strength 1, always the same, so that only its strength changes."""
    return normal(model.inputs.shape, 0)


def _samples(model: Model, index: int, values: Mapping[str, Any]) -> Samples:
    patches = square(model, index).ravel()
    clean = model.labels[patches]
    noisy = clean + values["noise"] * _pattern(model)[patches]
    return np.round(noisy.clip(0, 1) * STEPS).astype(np.float32) / STEPS, clean


INPUT = Input(
    id="noise",
    label="a photograph",
    hint="Drag the cross, or move it with the arrow keys: noisy below it, above it baseline and compressed.",
    fits=lambda model: model.picture == "patch" and model.row > 1,
    settings=lambda model, index, learnt: (
        Setting("noise", "noise", 0, 0.3, 0.01, STRENGTH),
        Setting("x", "", 0, 1, 0.02, 0.5),
        Setting("y", "", 0, 1, 0.02, 0.7),
    ),
    samples=_samples,
    box=(0, 0, 1, 1),
)
