"""The bootstrap: how a score might have come out on other samples, by drawing from those there are, with replacement.

Source: Efron, Annals of Statistics 1979; the interval is the percentile interval. Each draw is a row of weights, how
often each sample was drawn; all metrics use the same ones, so two files are always compared on the same samples.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from app.metrics.metric import Interval, Score, Uncertainty

DRAWS = 400  # an end of the interval then stands on ten of them
ROWS = 20  # made at a time: a page's memory grows slowly


@lru_cache(maxsize=8)
def weights(n: int) -> np.ndarray:
    """How often each of `n` samples is drawn, over `n`: float32, shape (DRAWS, n), rows sum to 1. Always the same.

    >>> weights(8).shape, float(weights(8).sum())
    ((400, 8), 400.0)
    """
    half, drawn = np.uint64(32), np.empty((DRAWS, n), np.float32)
    for first in range(0, DRAWS, ROWS):
        numbers = _hash(np.arange(first * n, (first + ROWS) * n, dtype=np.uint64))
        places = ((numbers >> half) * np.uint64(n) >> half).astype(np.int64)  # quicker than a remainder
        places += np.repeat(np.arange(ROWS) * n, n)
        drawn[first : first + ROWS] = (np.bincount(places, minlength=ROWS * n) / n).reshape(ROWS, n)
    return drawn


def _hash(x: np.ndarray) -> np.ndarray:
    """Numbers that look random, of consecutive ones: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    x = (x + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _scores(values: np.ndarray, score: Score) -> np.ndarray:
    return np.array([score(mean) for mean in (weights(len(values)) @ values.astype(np.float32)).tolist()])


def _middle(scores: np.ndarray) -> Interval:
    low, high = np.interp([0.025, 0.975], np.linspace(0, 1, len(scores)), np.sort(scores))
    return float(low), float(high)


def _interval(values: np.ndarray, score: Score) -> Interval:
    return _middle(_scores(values, score))


def _difference(old: np.ndarray, new: np.ndarray, score: Score) -> Interval:
    return _middle(_scores(new, score) - _scores(old, score))


UNCERTAINTY = Uncertainty(_interval, _difference, "bootstrap")
