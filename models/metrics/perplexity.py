"""Perplexity: among how many equally likely letters a language model seems to choose, so the fewer the better."""

from __future__ import annotations

import numpy as np

from models.metrics import bootstrap
from models.metrics.metric import Metric
from models.metrics.softmax import exponentials

LEAST = 1e-9  # a letter given a smaller probability, or none that is a number, counts as this likely


def each(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Minus the natural logarithm of the probability that was given to the letter that came.

    >>> each(np.zeros((1, 4)), np.array([2])).round(4).tolist()  # four equal logits: -log(1 / 4)
    [1.3863]
    """
    powers = exponentials(outputs, float)
    given = powers[np.arange(len(labels)), labels] / powers.sum(axis=1)
    return -np.log(np.fmax(given, LEAST))


METRIC = Metric(
    id="perplexity", label="perplexity", unit="", difference_unit="", decimals=2, higher_is_better=False,
    bounds=(1, 1e6), marks=(100, 50, 27, 20, 15, 10, 8, 6, 5, 4, 3),
    height=lambda scores, n: -np.log2(scores), each=each, score=np.exp, uncertainty=bootstrap.UNCERTAINTY,
)  # fmt: skip
