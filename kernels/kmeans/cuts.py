"""Where to cut a line of numbers into clusters of the least squared error.

A cluster of N numbers with the sum S has the squared error Q - S**2 / N, where Q, the sum of their squares, adds up to
the same however the line is cut. So cuts are sought for which S**2 / N, the gain, adds up to the most: `likely_places`
chooses where to look, `search` finds the best cuts among these, and `refine` moves them by a little.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from kernels.kmeans.line import Line, distinct, steps

FAR = 6
"A cut is sought as far as the places of so many average clusters from where it is expected."
WIDE = 4
"A cluster spans the places of at most so many average ones."
LOOKS = np.linspace(-1, 1, 17)
"Where `refine` looks, as shares of its reach; the middle is the cut itself, so it never makes things worse."


def likely_places(line: Line, n_clusters: int) -> tuple[np.ndarray, np.ndarray]:
    """Where cuts may well lie, and near which of these places each cut is expected.

    Parameters
    ----------
    line : Line with more values than clusters
    n_clusters : int, 1 to 256

    Returns
    -------
    places : ndarray of int, ranks, ascending from 0 to the number of values
    expected : ndarray of int, shape (n_clusters + 1,), ascending indices into `places`

    Notes
    -----
    Good cuts lie as dense as the cube root of the numbers' density: the way from one value, of N equal numbers, to the
    next, d away, earns a share of ``(d**2 * N)**(1/3)`` of them. Source: Panter and Dite, Proc. IRE 1951. None earns
    more than one cut, or an outlier would draw all places to the void before it.
    """
    n_places, n_values = n_clusters * _fineness(n_clusters), len(line.values)
    earned = np.cbrt(steps(line.values) ** 2 * steps(line.counts)[1:])
    for _ in range(4):  # what some must give back raises the share of all others
        earned = np.minimum(earned, earned.sum() / n_clusters)
    earned, ranks = np.concatenate(([0.0], np.cumsum(earned))), np.arange(n_values)

    def equal_shares(n: int) -> np.ndarray:
        cuts = np.interp(np.linspace(0, earned[-1], n + 1)[1:-1], earned, ranks)
        return np.concatenate(([0], np.ceil(cuts).astype(np.intp), [n_values]))

    places, ends = distinct(equal_shares(n_places)), np.arange(n_clusters + 1)
    if len(places) <= n_clusters:
        places = np.unique(np.concatenate((places, ends * n_values // n_clusters)))
    spare = np.maximum.accumulate(np.searchsorted(places, equal_shares(n_clusters)) - ends)
    return places, ends + np.clip(spare, 0, len(places) - 1 - n_clusters)


def _fineness(n_clusters: int) -> int:
    """Places for each cluster: 20, and fewer, to save time, where clusters are many."""
    return int(min(20, 144 / n_clusters**0.5))


def search(line: Line, places: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The cuts of the largest gain among `places`, by dynamic programming: ranks, shape (n_clusters + 1,).

    ``most[j] = max over i of most_with_one_cluster_fewer[i] + gain(i, j)``, for all places j where the next cut may lie
    at once. Source: Wang and Song, The R Journal 2011; they let every cut lie anywhere.

    Parameters
    ----------
    places, expected : as `likely_places` returns them
    """
    m, n_clusters = len(places) - 1, len(expected) - 1
    ends, fineness = np.arange(n_clusters + 1), _fineness(n_clusters)
    lows = np.maximum(expected - FAR * fineness, ends)
    lows[-1] = m
    highs = np.minimum(expected + FAR * fineness, m - n_clusters + ends)
    width = min(m - n_clusters + 1, max(WIDE * fineness, steps(expected).max()))  # the expected cuts are possible
    running = np.stack((line.sums[places], line.counts[places]))
    # row j: the entries of the `width` places before place j + 1; what lies before place 0 is out of reach
    before = np.concatenate((np.full((2, width), [[0.0], [-1.0]]), running), axis=1)
    sums, counts = running[:, 1:, None] - sliding_window_view(before, width, axis=1)[:, 1 : m + 1]
    gain = sums * sums / counts
    padded = np.full(width + m + 1, -np.inf)
    padded[width] = 0
    most = sliding_window_view(padded, width)[1 : m + 1]
    rows, choices, reached = np.arange(m), [], slice(width, width + 1)
    for low, high in zip(lows[1:], highs[1:], strict=True):
        total = most[low - 1 : high] + gain[low - 1 : high]
        choice = total.argmax(axis=1)
        choices.append(choice)
        padded[reached] = -np.inf
        reached = slice(width + low, width + high + 1)
        padded[reached] = total[rows[: len(choice)], choice]
    path = [m]
    for low, choice in zip(lows[:0:-1], reversed(choices), strict=True):
        path.append(path[-1] - width + choice[path[-1] - low])
    return places[path[::-1]]


def refine(line: Line, cuts: np.ndarray, reach: float) -> np.ndarray:
    """The best cuts among a few places around each: the same dynamic programme, with places of its own for every cut.

    Parameters
    ----------
    reach : float, how far to look, as a share of the values of the smaller of a cut's two clusters; at least 8 values
    """
    sizes = steps(cuts)
    reaches = np.concatenate(([0], np.maximum(reach * np.minimum(sizes[:-1], sizes[1:]), 8), [0]))
    places = np.clip(cuts[:, None] + np.rint(reaches[:, None] * LOOKS).astype(np.intp), 0, cuts[-1])
    sums, counts = line.sums[places], line.counts[places]
    # gain[j, a, b]: cluster j from place a of cut j to place b of cut j + 1
    numbers = counts[1:, None, :] - counts[:-1, :, None]
    gain = (sums[1:, None, :] - sums[:-1, :, None]) ** 2 / np.maximum(numbers, 1)
    gain[numbers <= 0] = -np.inf
    most, columns, choices = gain[0, 0], np.arange(len(LOOKS)), []
    for more in gain[1:]:
        total = most[:, None] + more
        choice = total.argmax(axis=0)
        choices.append(choice)
        most = total[choice, columns]
    path = [int(most.argmax())]
    for choice in reversed(choices):
        path.append(choice[path[-1]])
    return np.concatenate((cuts[:1], places[np.arange(1, len(cuts)), path[::-1]]))
