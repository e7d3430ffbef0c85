"""How far decoded weights are from the original ones. Both are arrays of one shape; sums are taken in float64."""

from __future__ import annotations

import math

import numpy as np

from kernels.weight import Weight


def mse(original: np.ndarray, decoded: np.ndarray) -> float:
    """Mean squared error, in squared weight units; 0 for empty arrays.

    >>> mse(np.array([1.0, 2.0]), np.array([1.0, 4.0]))
    2.0
    """
    error = np.subtract(decoded, original, dtype=np.float64)
    return float(np.vdot(error, error)) / max(error.size, 1)


def sqnr_db(original: np.ndarray, decoded: np.ndarray) -> float | None:
    """Signal to quantization noise ratio in dB: 6 dB are one bit.

    Returns
    -------
    float, or None where the ratio is no number: no error at all, or no signal

    Notes
    -----
    ``10 * log10(sum(original**2) / sum((original - decoded)**2))``

    Examples
    --------
    >>> round(sqnr_db(np.array([10.0, 0.0]), np.array([10.0, 1.0])), 6)
    20.0
    >>> sqnr_db(np.ones(2), np.ones(2)) is None
    True
    """
    signal, noise = mse(np.zeros_like(original), original), mse(original, decoded)
    return 10 * math.log10(signal / noise) if signal > 0 and noise > 0 else None


def max_abs_error(original: np.ndarray, decoded: np.ndarray) -> float:
    """Largest absolute difference, in weight units; 0 for empty arrays.

    >>> max_abs_error(np.array([1.0, 2.0]), np.array([1.5, 0.0]))
    2.0
    """
    return float(np.abs(np.subtract(decoded, original, dtype=np.float64)).max(initial=0))


def in_place(weight: Weight, shape: tuple[int, ...]) -> np.ndarray:
    """The values of a `Weight` where they stood in the original, 0 where channels are gone.

    Parameters
    ----------
    weight : Weight
    shape : tuple of int, of the original

    Returns
    -------
    ndarray of float32, shape `shape`, to be compared with the original

    Examples
    --------
    >>> from kernels.weight import Weight
    >>> row = Weight("fc", np.array([[5, 6]], dtype=np.float32), kept_out=np.array([1]))
    >>> in_place(row, (2, 2)).tolist()
    [[0.0, 0.0], [5.0, 6.0]]
    """
    if weight.kept_out is None and weight.kept_in is None:
        return weight.values
    rows = np.arange(shape[0]) if weight.kept_out is None else weight.kept_out
    columns = np.arange(shape[1]) if weight.kept_in is None else weight.kept_in
    restored = np.zeros(shape, dtype=np.float32)
    restored[np.ix_(rows, columns)] = weight.values
    return restored
