"""Softmax without overflow: the greatest logit is taken away first, which changes no share."""

from __future__ import annotations

import numpy as np


def exponentials(logits: np.ndarray, dtype: type | None = None) -> np.ndarray:
    """Of logits along the last axis; their shares of the sum are the probabilities.

    >>> exponentials(np.array([1000.0, 1000.0, -1000.0])).tolist()
    [1.0, 1.0, 0.0]
    """
    return np.exp(logits - logits.max(axis=-1, keepdims=True), dtype=dtype)


def probabilities(logits: np.ndarray) -> np.ndarray:
    """What each class is given, along the last axis: float64; a logit that is no number counts as the least.

    >>> probabilities(np.array([[0.0, 0.0], [np.nan, 5.0]])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    powers = exponentials(np.nan_to_num(logits.astype(float), nan=-1e30, posinf=1e30, neginf=-1e30))
    return powers / powers.sum(axis=-1, keepdims=True)
