"""Position error: how far, on average, an answer lies from where the object is."""

from __future__ import annotations

import numpy as np

from models.metrics import bootstrap
from models.metrics.metric import Metric

FARTHEST = 1e3  # pixels; so far off counts an answer that is no number


def errors(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """From the truth to the answer, in pixels: float64, shape (n, 2)."""
    return np.nan_to_num(outputs.astype(float) - labels, nan=FARTHEST).clip(-FARTHEST, FARTHEST)


def each(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Euclidean distances in pixels.

    >>> each(np.array([[3.0, 4.0]]), np.zeros((1, 2))).tolist()
    [5.0]
    """
    return np.hypot(*errors(outputs, labels).T)


def height(scores, n: int) -> np.ndarray:
    """Minus the decimal logarithm: half the error is one equal step up."""
    return -np.log10(np.maximum(scores, 1e-4))


METRIC = Metric(
    id="position_error", label="position error", unit="px", difference_unit="px", decimals=3, higher_is_better=False,
    bounds=(0, FARTHEST), marks=(10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05), height=height, each=each,
    score=lambda mean: mean, uncertainty=bootstrap.UNCERTAINTY,
)  # fmt: skip
