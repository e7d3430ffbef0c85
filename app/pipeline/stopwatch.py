"""Two files timed against each other, in rounds, until the comparison has settled.

A machine that people use is never quiet: bursts, drifts and code that is compiled as it runs double a time at any
moment. So a round runs one file, twice the other, and the first again, and which is which is drawn by lot. Were the
files one and the same, each round would then call either of them the faster with equal probability, independently of
all other rounds and whatever the machine does. That makes the sign test exact, and its interval of the median holds
without a word about the shape of the noise.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import comb, inf
from typing import NamedTuple

import numpy as np

from app.results.times import Ratio, Times

LOOKS = (9, 20)  # rounds after which it may be settled
ERROR = 0.01  # probability, over all looks, that an interval misses the true median: the same file is called another
NARROW = 1.15  # the ends of an interval apart: from here on more rounds tell nothing new
LONGEST = 4.0  # seconds after which the next look is the last one


class Lap(NamedTuple):
    """Milliseconds that one file takes: for the whole set, and for one sample; None where it takes no single one."""

    whole: float
    single: float | None


Round = tuple[Lap, Lap]
"""Baseline and compressed file."""


def order() -> tuple[int, int, int, int]:
    """Which file, 0 or 1, is run at each moment of a round."""
    first = random.getrandbits(1)
    return first, 1 - first, 1 - first, first


def less(one: Lap, other: Lap) -> Lap:
    """What two laps of a file in one round say: the lesser times, for all that a machine does besides adds to them."""
    return Lap(min(one.whole, other.whole), None if one.single is None else min(one.single, other.single))


def times(rounds: Sequence[Round]) -> Times:
    """What at least ``LOOKS[0]`` rounds say."""
    whole = ratio([(old.whole, new.whole) for old, new in rounds])
    alone = [(old.single, new.single) for old, new in rounds]
    return Times(whole, None if any(None in pair for pair in alone) else ratio(alone))


def settled(rounds: Sequence[Round], seconds: float = 0.0) -> Times | None:
    """What the rounds say, if that is enough; None if more are due.

    Parameters
    ----------
    seconds : that they took
    """
    if len(rounds) not in LOOKS:
        return None
    found = times(rounds)
    narrow = all(each.high <= NARROW * each.low for each in (found.whole, found.single) if each)
    return found if narrow or len(rounds) == LOOKS[-1] or seconds > LONGEST else None


def spread(laps: Sequence[Lap]) -> tuple[tuple[float, float], tuple[float, float] | None]:
    """The quartiles of both times: half of the rounds took from the one to the other.

    >>> spread([Lap(float(ms), None) for ms in (5, 1, 2, 4, 3)])
    ((2.0, 4.0), None)
    """
    whole, singles = [lap.whole for lap in laps], [lap.single for lap in laps]
    ends = [None if None in each else tuple(map(float, np.quantile(each, (0.25, 0.75)))) for each in (whole, singles)]
    return ends[0], ends[1]


def ratio(pairs: Sequence[tuple[float, float]]) -> Ratio:
    """The median of ``new / old`` with an interval that misses the true one at no look, save for `ERROR`.

    Parameters
    ----------
    pairs : (old, new) of each round, positive

    Notes
    -----
    The interval lies between two order statistics, the k-th from either end: ``2 P(X < k) <= ERROR / looks`` with X
    binomial (n, 1/2). Source: Conover, Practical Nonparametric Statistics, section 3.2; Bonferroni's share of the error
    for each look.

    Examples
    --------
    >>> ratio([(1.0, 2.0 + 0.01 * i) for i in range(9)])
    Ratio(value=2.04, low=2.0, high=2.08)
    """
    ratios = sorted(new / old for old, new in pairs)
    n = len(ratios)
    k = _rank(n, ERROR / len(LOOKS))
    return Ratio((ratios[(n - 1) // 2] + ratios[n // 2]) / 2, *((ratios[k - 1], ratios[n - k]) if k else (0.0, inf)))


def _rank(n: int, error: float) -> int:
    """The largest k with ``2 P(X < k) <= error``; 0 if there is none.

    Examples
    --------
    >>> [_rank(n, ERROR / len(LOOKS)) for n in (8, *LOOKS)]
    [0, 1, 4]
    """
    k, below = 0, 1
    while 2 * below <= error * 2**n:
        k += 1
        below += comb(n, k)
    return k
