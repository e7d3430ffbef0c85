"""The chosen sample, changed a little: shifted, brighter, noisy, with wrong letters; and many such changes to search
through for one that the two files answer differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import Any

import numpy as np

from app.results.attempt import Setting
from app.tasks.inputs.input import Input, Samples
from app.tasks.inputs.luck import normal
from models.model import Model

PATTERNS = 32  # of noise, told apart by the setting `luck`
LUCK = Setting("luck", "other noise", 0, PATTERNS - 1, 1, 0)
CANDIDATES, PIECE = 2000, 200  # that a search goes through at most, and that it tries at once,
VALUES = 1_000_000  # or as many as have so many values together


def _is_picture(model: Model) -> bool:
    return model.picture in ("image", "frame", "patch") and min(model.picture_shape) > 1


def _settings(model: Model) -> tuple[Setting, ...]:
    if model.picture == "letters":
        return Setting("wrong", "wrong letters", 0, model.inputs.shape[1], 1, 0), LUCK
    noise = Setting("noise", "noise", 0, 0.5, 0.01, 0)
    if not _is_picture(model):
        return noise, LUCK
    reach = max(1, min(model.picture_shape) // 4)
    return (
        Setting("right", "shift right, px", -reach, reach, 1, 0),
        Setting("down", "shift down, px", -reach, reach, 1, 0),
        Setting("brightness", "brightness", -0.5, 0.5, 0.01, 0),
        noise,
        LUCK,
    )


@lru_cache(maxsize=PATTERNS)
def _pattern(model: Model, luck: int) -> np.ndarray:
    """Noise of strength 1, float32 of the shape of a sample: of a picture the whole reach of its values, else their
    standard deviation."""
    low, high = _ends(model)
    scale = high - low if _is_picture(model) else model.inputs.std(axis=0)
    return (normal(model.inputs.shape[1:], luck) * scale).astype(np.float32)


@lru_cache(maxsize=1)
def _ends(model: Model) -> tuple[float, float]:
    """Between which values an input lies: what a camera gives or a plane holds has ends, a measurement has none."""
    bounded = _is_picture(model) or model.picture == "point"
    return (float(model.inputs.min()), float(model.inputs.max())) if bounded else (-np.inf, np.inf)


def changed(model: Model, index: int, values: Mapping[str, Any]) -> Samples:
    """One sample of the evaluation set as the settings have it, and what is then right about it; shapes (1, ...)."""
    sample, label = model.inputs[index : index + 1], model.labels[index : index + 1]
    if "wrong" in values:
        return _misspelt(sample, int(values["wrong"]), int(values["luck"])), label
    low, high = _ends(model)
    if _is_picture(model):
        shift, light = (int(values["right"]), int(values["down"])), np.float32(values["brightness"] * (high - low))
        sample = shifted(sample, shift, model.picture_shape) + light
        if model.task == "regression":
            label = (label + shift).astype(np.float32)
        elif model.task == "image":
            label = (shifted(label, shift, model.picture_shape) + light).clip(0, 1)
    if values["noise"]:
        sample = sample + np.float32(values["noise"]) * _pattern(model, int(values["luck"]))
    return sample.clip(low, high).astype(np.float32), label


def shifted(pictures: np.ndarray, by: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """Pictures moved right and down by whole pixels; what comes in is like the border.

    >>> shifted(np.array([[1, 2, 3, 4]]), (1, 0), (2, 2)).tolist()
    [[1, 1, 3, 3]]
    """
    height, width = shape
    rows = (np.arange(height) - by[1]).clip(0, height - 1)
    columns = (np.arange(width) - by[0]).clip(0, width - 1)
    return pictures.reshape(-1, height, width)[:, rows[:, None], columns].reshape(pictures.shape)


def _misspelt(sample: np.ndarray, count: int, luck: int) -> np.ndarray:
    """Other letters in so many places; before the word stands nothing that could change."""
    sample = sample.copy()
    places = np.flatnonzero(sample[0].argmax(axis=1)).tolist()
    rng = Random(luck)
    for place in rng.sample(places, min(count, len(places))):
        sample[0, place] = np.eye(sample.shape[2], dtype=np.float32)[rng.randrange(1, sample.shape[2])]
    return sample


def candidates(model: Model, indices: Sequence[int], seed: int) -> Iterator[tuple[int, dict[str, float]]]:
    """Samples and changes to try, gentle ones first; the same for the same seed."""
    rng, settings = Random(seed), _settings(model)
    for i in range(CANDIDATES):
        strength = (i + 1) / CANDIDATES
        values = {}
        for each in settings:
            if each is LUCK:
                value = rng.randrange(PATTERNS)
            else:
                low, high = strength * each.low, strength * each.high
                value = round(rng.uniform(low, high) / each.step) * each.step
            values[each.id] = each.read(round(value, 6))
        yield rng.choice(indices), values


INPUT = Input(
    id="perturbed",
    label="the sample, changed",
    hint="Change the chosen sample until the two disagree.",
    fits=lambda model: True,
    settings=lambda model, index, learnt: _settings(model),
    samples=changed,
)
