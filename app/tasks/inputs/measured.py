"""The measurements of a tumour that matter most, each on a slider; the others stay as the chosen sample has them."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np

from app.results.attempt import Setting
from app.runtime import Probe
from app.tasks.inputs.input import Input, Samples
from models.metrics.softmax import probabilities
from models.model import Model

SHOWN = 5  # measurements that get a slider
OF = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points", "symmetry",
      "fractal dimension")  # fmt: skip
NAMES = (*(f"mean {name}" for name in OF), *(f"{name} error" for name in OF), *(f"worst {name}" for name in OF))
"What scikit-learn calls the thirty numbers of a sample, in their order."


def _effects(model: Model) -> Probe:
    """How much each measurement matters: float64, shape (n,).

    The mean change of the probability of the first class when a measurement is exchanged between samples: permutation
    importance, Breiman 2001, of the outputs instead of the errors.
    """
    samples = model.calibration
    count, n = samples.shape
    order = Random(0).sample(range(count), count)
    exchanged = np.repeat(samples[None], n, axis=0)
    exchanged[np.arange(n), :, np.arange(n)] = samples[order].T
    outputs = yield np.concatenate([samples, exchanged.reshape(-1, n)])
    sure = probabilities(outputs)[:, 0].reshape(n + 1, count)
    return np.abs(sure[1:] - sure[0]).mean(axis=1)


def _settings(model: Model, index: int, learnt: np.ndarray) -> tuple[Setting, ...]:
    """In standard deviations of the training samples, the mean at 0."""
    most = np.argsort(-learnt, kind="stable")[:SHOWN]
    return tuple(Setting(NAMES[k], NAMES[k], -3, 5, 0.1, round(float(model.inputs[index, k]), 4)) for k in most)


def _samples(model: Model, index: int, values: Mapping[str, Any]) -> Samples:
    sample = model.inputs[index : index + 1].copy()
    for name, value in values.items():
        sample[0, NAMES.index(name)] = value
    return sample, None


INPUT = Input(
    id="measured",
    label="measurements",
    hint="Turn the five measurements that move its answer most, in standard deviations from the mean.",
    fits=lambda model: model.id == "cancer",
    settings=_settings,
    samples=_samples,
    learns=_effects,
)
