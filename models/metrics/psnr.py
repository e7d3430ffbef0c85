"""PSNR, the peak signal-to-noise ratio of pictures: how small their mean squared error is beside white, in decibels."""

from __future__ import annotations

import numpy as np

from models.metrics import bootstrap
from models.metrics.metric import Metric

LEAST = 1e-10  # mean squared error of pictures that count as equal: 100 dB


def each(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean squared error of each picture, as a screen would show it: 0 black, 1 white, nothing beyond.

    >>> each(np.array([[0.5, 2.0]]), np.array([[0.0, 1.0]])).tolist()
    [0.125]
    """
    shown = np.nan_to_num(outputs).clip(0, 1)
    return np.square(shown - labels, dtype=float).reshape(len(labels), -1).mean(axis=1)


def decibels(means: np.ndarray) -> np.ndarray:
    """PSNR of mean squared errors.

    >>> decibels(np.array([0.01, 0])).tolist()
    [20.0, 100.0]
    """
    return -10 * np.log10(np.maximum(means, LEAST))


METRIC = Metric(
    id="psnr", label="PSNR", unit="dB", difference_unit="dB", decimals=2, higher_is_better=True, bounds=(0, 100),
    marks=(10, 15, 20, 25, 30, 35, 40), height=lambda scores, n: np.asarray(scores) / 10, each=each,
    score=decibels, uncertainty=bootstrap.UNCERTAINTY,
)  # fmt: skip
