"""Signal to error: how small the error of an output is beside the output itself, in decibels.

The error is taken against what is right, or against what the uncompressed network says where that is not known. Of a
regression it says the same as R squared: ``R2 = 1 - 10 ** (-dB / 10)``.
"""

from __future__ import annotations

import numpy as np

from models.metrics import bootstrap
from models.metrics.metric import Metric

LEAST = 1e-10  # of the power of a signal: 100 dB, from which on outputs count as equal
MOST = 1e10  # of it: so large counts an output that is no number


def each(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The mean squared error of each sample, as a share of the power of what is right: its mean squared difference
    from the mean over all samples, or, of a single sample, its mean square.

    >>> each(np.array([[1.0], [3.0]]), np.array([[1.0], [5.0]])).tolist()
    [0.0, 1.0]
    """
    right = labels.reshape(len(labels), -1).astype(float)
    error = outputs.reshape(right.shape).astype(float) - right
    around = right.mean(axis=0) if len(right) > 1 else 0.0
    power = float(np.square(right - around).mean())
    return np.nan_to_num(np.square(error).mean(axis=1) / (power or 1.0), nan=MOST).clip(0, MOST)


def decibels(shares: np.ndarray) -> np.ndarray:
    """Of the error's share of the power.

    >>> decibels(np.array([0.01, 0])).tolist()
    [20.0, 100.0]
    """
    return -10 * np.log10(np.maximum(shares, LEAST))


METRIC = Metric(
    id="signal", label="signal to error", unit="dB", difference_unit="dB", decimals=1, higher_is_better=True,
    bounds=(-100, 100), marks=(0, 10, 20, 30, 40, 60, 80, 100), height=lambda scores, n: np.asarray(scores) / 10,
    each=each, score=decibels, uncertainty=bootstrap.UNCERTAINTY,
)  # fmt: skip
