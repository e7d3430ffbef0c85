"""Accuracy: the share of samples whose largest output is that of the right class."""

from __future__ import annotations

import numpy as np

from models.metrics import shares
from models.metrics.metric import Metric


def each(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """1 where the answer is right, else 0."""
    return (outputs.argmax(axis=1) == labels).astype(float)


METRIC = Metric(
    id="accuracy", label="accuracy", unit="%", difference_unit="points", scale=100, decimals=1, higher_is_better=True,
    bounds=(0, 1), whole=1, marks=shares.MARKS, height=shares.height, each=each,
    score=lambda mean: mean, uncertainty=shares.UNCERTAINTY,
)  # fmt: skip
