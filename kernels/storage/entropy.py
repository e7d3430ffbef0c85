"""How short the codes of a weight could be: the bound for whoever writes each code by itself.

Only what knows the neighbours of a code, a zip or a list of steps from one weight to the next, can get below it.
"""

from __future__ import annotations

import numpy as np

from kernels.weight import Float, LowRank, Palette, Weight


def entropy_bits(codes: np.ndarray) -> float:
    """Bits per code if each value gets a word as long as its share deserves.

    Parameters
    ----------
    codes : ndarray of int, any shape, not empty

    Notes
    -----
    ``-sum(p * log2(p))`` over the shares p of the values. Source: Shannon, "A mathematical theory of communication",
    1948, theorem 9.

    Examples
    --------
    >>> entropy_bits(np.array([0, 0, 1, 2])), entropy_bits(np.array([7, 7]))
    (1.5, 0.0)
    """
    codes = codes.reshape(-1).astype(np.int64)
    return word(np.bincount(codes - codes.min()))


def bound(weight: Weight) -> float:
    """Bytes that the codes, or indices, of a weight need at least; its tables and scales are not counted.

    Of numbers without codes only the zeros are taken to be predictable; the others count with all their bits.

    Examples
    --------
    >>> from kernels.weight import Weight
    >>> half = Weight("fc", np.float32([[0, 1, 0, 2]]))
    >>> bound(half)  # four times one bit that says whether it is zero, and two numbers of 32
    8.5
    """
    form, values = weight.form, weight.values
    if isinstance(form, LowRank):
        return bound(form.inner) + bound(form.outer)
    if isinstance(form, Float):
        kept = int(np.count_nonzero(values))
        return (values.size * word(np.array([kept, values.size - kept])) + kept * form.bits) / 8
    codes = form.indices if isinstance(form, Palette) else form.codes
    return codes.size * entropy_bits(codes) / 8


def word(counts: np.ndarray) -> float:
    """Mean length in bits of the words for values that occur so often.

    Parameters
    ----------
    counts : ndarray of int, shape (values,), not all 0
    """
    shares = counts[counts > 0] / counts.sum()
    return float(np.abs(shares * np.log2(shares)).sum())
