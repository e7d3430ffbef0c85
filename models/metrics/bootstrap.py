"""The bootstrap: how a score might have come out on other samples, by drawing from those there are, with replacement.

Source: Efron, Annals of Statistics 1979; the interval is the percentile interval. All metrics use the same draws, so
two files are always compared on the same samples. How often a sample is drawn is a Poisson number of its own, and its
draw is divided by how many there are in all: as good as drawing n of n, and made once for every n. Source: Hanley and
MacGibbon, Computer Methods and Programs in Biomedicine 2006.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from kernels.splitmix64 import splitmix64
from models.metrics.metric import Interval, Score, Uncertainty

DRAWS = 400  # an end of the interval then stands on ten of them
SAMPLES = 2048  # draws are made for so many at once, or a multiple: a model of fewer uses the first ones
ROWS = 20  # draws made at a time: a page's memory grows slowly
CHANCES = 2**16  # equally likely ones, shared out to the numbers of times: finer than 400 draws can tell


def times(n: int) -> np.ndarray:
    """How often each draw takes each of `n` samples: float32 whole numbers, shape (DRAWS, n). Always the same.

    >>> times(8).shape, times(8)[:2].astype(int).tolist()
    ((400, 8), [[2, 1, 1, 2, 1, 1, 1, 1], [0, 1, 2, 1, 1, 2, 3, 0]])
    """
    return _times(-(-n // SAMPLES) * SAMPLES)[:, :n]


@cache
def _times(n: int) -> np.ndarray:
    drawn, poisson = np.empty((DRAWS, n), np.float32), _poisson()
    for first in range(0, DRAWS, ROWS):
        # Each number of 64 bits holds four chances of 16.
        numbers = splitmix64(np.arange(first * n // 4, (first + ROWS) * n // 4, dtype=np.uint64))
        drawn[first : first + ROWS] = poisson[numbers.view(np.uint16)].reshape(ROWS, n)
    return drawn


def _poisson() -> np.ndarray:
    """How often a sample is drawn, by chance: float32, shape (CHANCES,), Poisson numbers of the mean 1."""
    shares = np.exp(-1) / np.cumprod([1, 1, 2, 3, 4, 5, 6, 7, 8])
    ends = np.rint(CHANCES * np.cumsum(shares)).astype(int)
    return np.repeat(np.arange(9, dtype=np.float32), np.diff(ends, prepend=0))


def _scores(values: np.ndarray, score: Score) -> np.ndarray:
    drawn, values = times(len(values)), values.astype(np.float32)
    total = drawn.sum(axis=1)
    means = np.where(total > 0, drawn @ values / np.maximum(total, 1), values.mean())  # of few, one may take none
    return score(means.astype(float))


def _middle(scores: np.ndarray) -> Interval:
    low, high = np.interp([0.025, 0.975], np.linspace(0, 1, len(scores)), np.sort(scores))
    return float(low), float(high)


def _interval(values: np.ndarray, score: Score) -> Interval:
    return _middle(_scores(values, score))


def _difference(old: np.ndarray, new: np.ndarray, score: Score) -> Interval:
    return _middle(_scores(new, score) - _scores(old, score))


UNCERTAINTY = Uncertainty(_interval, _difference, "bootstrap")
