"""Shares: how many of the samples a yes-or-no question holds for. Their intervals have a closed form."""

from __future__ import annotations

from math import sqrt

import numpy as np

from models.metrics.metric import Interval, Score, Uncertainty

Z95 = 1.959964  # standard normal quantile of a 95 % interval
MARKS = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 1)


def wilson(share: float, n: int) -> Interval:
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


def paired(lost: int, gained: int, n: int) -> Interval:
    """The 95 % interval of the difference of two shares of the same `n` samples.

    Like McNemar's test it looks only at the samples that one of the two has lost and the other gained.

    Notes
    -----
    The normal interval after half a sample has been added to each of the four cells of the table, two in all; without
    them it would be too short where few answers changed. Source: Agresti and Min, Biometrics 2005, section 3.

    Examples
    --------
    One answer of 360 lost may be chance, six are not:

    >>> [round(100 * end, 2) for end in paired(1, 0, 360)]
    [-1.04, 0.49]
    >>> [round(100 * end, 2) for end in paired(6, 0, 360)]
    [-3.08, -0.24]
    """
    n += 2
    lost, gained = lost + 0.5, gained + 0.5
    middle = (gained - lost) / n
    half = Z95 * sqrt((gained + lost) / n - middle * middle) / sqrt(n)
    return middle - half, middle + half


def height(shares, n: int) -> np.ndarray:
    """Minus the logarithm of the error: 90 to 95 % is as far as 95 to 97.5 %.

    A perfect share stands as if half of one of the `n` answers were wrong.

    >>> height([0.5, 0.9, 1], 500).round(2).tolist()
    [0.3, 1.0, 3.0]
    """
    return -np.log10(np.maximum(1 - np.asarray(shares, float), 0.5 / n))


def _interval(values: np.ndarray, score: Score) -> Interval:
    return wilson(score(float(values.mean())), len(values))


def _difference(old: np.ndarray, new: np.ndarray, score: Score) -> Interval:
    return paired(int(np.sum(old > new)), int(np.sum(old < new)), len(old))


UNCERTAINTY = Uncertainty(_interval, _difference, "Wilson")
