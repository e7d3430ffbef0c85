"""Random numbers for inputs, from Python's own generator: NumPy's would be half a megabyte more to fetch."""

from __future__ import annotations

from math import prod
from random import Random

import numpy as np


def normal(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Numbers of mean 0 and standard deviation 1: float64, the same for the same seed. Box and Muller, 1958.

    >>> normal((2, 3), 0).shape
    (2, 3)
    """
    bits = np.frombuffer(Random(seed).randbytes(8 * prod(shape)), np.uint32).reshape(2, *shape)
    radius, angle = (bits + 0.5) / 2**32
    return np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)
