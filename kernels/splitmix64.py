"""Chance that is the same on every machine and in every version of NumPy: a hash of the numbers 0, 1, 2, ...

For drawing many numbers at once. What draws one at a time, like the start of k-means, takes `random.Random`.
"""

from __future__ import annotations

import numpy as np


def splitmix64(counters: np.ndarray) -> np.ndarray:
    """The outputs of SplitMix64 at some places of its sequence.

    Parameters
    ----------
    counters : ndarray of uint64, any shape: places in the sequence that begins at state 0

    Returns
    -------
    ndarray of uint64, same shape, all 64 bits of each equally likely

    Notes
    -----
    Source: Steele, Lea and Flood, OOPSLA 2014, with the mixing steps that Stafford calls variant 13.

    Examples
    --------
    >>> [hex(number) for number in splitmix64(np.arange(2, dtype=np.uint64)).tolist()]
    ['0xe220a8397b1dcdaf', '0x6e789e6aa1b965f4']
    """
    state = (counters + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
    return state ^ (state >> np.uint64(31))
