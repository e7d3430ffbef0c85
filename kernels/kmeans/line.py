"""Numbers in ascending order with running sums: the mean of any run of them costs two subtractions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Line:
    """Numbers put in order, equal ones counted as one value. A cluster is a run of values; cuts are ranks among them.

    order : int, shape (n,): ``numbers[order]`` ascends
    ordered : float32, shape (n,): the numbers in that order
    values : float64, shape (m,): the distinct ones with `middle` taken off, which keeps the sums, and the digits lost
        in their differences, small
    middle : float, the mean of all numbers
    counts, sums : float64, shape (m + 1,): how many numbers the first i values stand for, and what these add up to
    """

    order: np.ndarray
    ordered: np.ndarray
    values: np.ndarray
    middle: float
    counts: np.ndarray
    sums: np.ndarray

    @classmethod
    def of(cls, numbers: np.ndarray) -> Line:
        """The line of float32 numbers, of any shape, at least one."""
        order = ascending(numbers.reshape(-1))
        ordered = numbers.reshape(-1)[order]
        (lasts,) = np.concatenate((ordered[1:] != ordered[:-1], [True])).nonzero()  # of each run of equal numbers
        exact = ordered.astype(np.float64)
        middle = exact.mean()
        exact -= middle
        values, added = exact, np.cumsum(exact)
        if len(lasts) < len(exact):
            values, added = values[lasts], added[lasts]
        counts, sums = np.zeros((2, len(lasts) + 1))
        counts[1:], sums[1:] = lasts + 1, added
        return cls(order, ordered, values, middle, counts, sums)

    def means(self, cuts: np.ndarray) -> np.ndarray:
        """The mean of each cluster, `middle` taken off; `cuts` are its ends, 0 first and m last."""
        means = steps(self.sums[cuts]) / steps(self.counts[cuts])
        # Beside numbers 1e16 times as large sums are rounded to more than a cluster is wide; a mean is within it.
        return np.clip(means, self.values[cuts[:-1]], self.values[cuts[1:] - 1])

    def nearest(self, centroids: np.ndarray) -> np.ndarray:
        """Index of the nearest centroid for every number, the lower one half way: uint8, shape (n,).

        centroids : float32, at most 256, ascending
        """
        exact = centroids.astype(np.float64)  # in float32 half way between two neighbouring numbers is one of them
        cuts = np.searchsorted(self.ordered, (exact[1:] + exact[:-1]) / 2, side="right")
        sizes = steps(np.concatenate(([0], cuts, [len(self.ordered)])))
        indices = np.empty(len(self.ordered), dtype=np.uint8)
        indices[self.order] = np.repeat(np.arange(len(centroids), dtype=np.uint8), sizes)
        return indices


def steps(array: np.ndarray) -> np.ndarray:
    """From each entry to the next; for short arrays several times faster than `numpy.diff`."""
    return array[1:] - array[:-1]


def distinct(ascending: np.ndarray) -> np.ndarray:
    """An ascending array without repetitions."""
    return ascending[np.concatenate(([True], ascending[1:] != ascending[:-1]))]


def ascending(numbers: np.ndarray) -> np.ndarray:
    """Indices that put float32 numbers in order, by a radix sort of their bits in two digits of 16.

    NumPy sorts integers of 16 bits by counting. In WebAssembly, without the vector instructions that comparing floats
    has elsewhere, that is ten times faster. The bits of a positive float ascend with it; those of a negative one
    descend, so all but the sign are flipped.

    >>> ascending(np.array([2, -1, 0, -3], dtype=np.float32)).tolist()
    [3, 1, 2, 0]
    """
    bits = numbers.view(np.int32)
    low, high = (bits ^ (bits >> 31 & 0x7FFFFFFF)).view(np.int16).reshape(-1, 2).T
    order = low.view(np.uint16).argsort(kind="stable")
    return order[high[order].argsort(kind="stable")]
