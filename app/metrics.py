"""What a model is judged by: each metric's words, its direction, its value and its uncertainty."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import numpy as np

Z95 = 1.959964  # standard normal quantile of a 95 % interval


@dataclass(frozen=True)
class Metric:
    """How good a model's outputs are.

    score : (outputs of shape (n, classes), labels of shape (n,)) -> float, in `unit`
    interval : (score, n) -> (low, high), 95 %
    """

    id: str
    label: str
    unit: str
    higher_is_better: bool
    score: Callable[[np.ndarray, np.ndarray], float]
    interval: Callable[[float, int], tuple[float, float]]


def answers(outputs: np.ndarray) -> np.ndarray:
    """The class of the largest output of each row: int64, shape (n,)."""
    return outputs.argmax(axis=1)


def accuracy(outputs: np.ndarray, labels: np.ndarray) -> float:
    """Share of rows whose answer is the label, 0 to 1."""
    return float(np.mean(answers(outputs) == labels))


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % score interval of a share seen on `n` independent samples (Wilson, JASA 1927).

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0.95, 360)]
    [0.922, 0.968]
    """
    z2 = Z95 * Z95
    middle = share + z2 / (2 * n)
    half = Z95 * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, (middle - half) / (1 + z2 / n)), min(1.0, (middle + half) / (1 + z2 / n))


METRICS = {
    "accuracy": Metric("accuracy", "accuracy", "%", True, accuracy, wilson),
    # The labels of a model without known truth are its own answers, so the same share counts how many stayed.
    "agreement": Metric("agreement", "agreement", "%", True, accuracy, wilson),
}
