"""A spot in a noisy frame, made as those of the tracker's clips are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from app.results.attempt import Setting
from app.tasks.inputs.input import Input, Samples
from app.tasks.inputs.luck import normal
from models.model import Model
from models.tracker import data

LAST = data.SIDE - 1


@cache
def _pattern() -> np.ndarray:
    """Noise of strength 1, always the same, so that a spot that is dragged moves over still ground."""
    return normal((1, data.SIDE, data.SIDE), 0)


def _settings(model: Model, index: int, learnt: Any) -> tuple[Setting, ...]:
    """The spot begins at the place of the chosen sample."""
    x, y = (round(float(place), 1) for place in model.labels[index])
    return (
        Setting("x", "spot right, px", 0, LAST, 0.1, x),
        Setting("y", "spot down, px", 0, LAST, 0.1, y),
        Setting("noise", "noise", 0, 0.3, 0.01, data.NOISE),
    )


def _samples(model: Model, index: int, values: Mapping[str, Any]) -> Samples:
    """A round spot, as bright and as wide as they are in the middle."""
    place = np.array([[values["x"], values["y"]]])
    spread, bright = np.full((1, 2), data.SPREAD), np.full((1, 1), data.BRIGHT)
    frames = data.frames(place, spread, bright, np.zeros(2), values["noise"] * _pattern())
    return frames, place.astype(np.float32)


INPUT = Input(
    id="spot",
    label="a spot",
    hint="Drag the spot, or move it with the arrow keys, and add noise.",
    fits=lambda model: model.id == "tracker",
    settings=_settings,
    samples=_samples,
    box=(-0.5, -0.5, LAST + 0.5, LAST + 0.5),
)
