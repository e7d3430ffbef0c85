"""Calibration: which range of a layer's inputs its integer grid should cover, judged by samples of them.

A wide range spends its few steps on outliers, a narrow one clips them. Min-max and percentile are those of weights
(`ranges`). Entropy and squared error try magnitudes beyond which all is clipped, since inputs behind a Relu
have outliers on one side only; a histogram stands for the samples, of which there can be many.
"""

from __future__ import annotations

import numpy as np

from kernels.storage.affine import qparams_of
from kernels.storage.ranges import ranges

METHODS = ("minmax", "percentile", "entropy", "mse")
BINS = 512
"Of the histogram. onnxruntime's own 128 leave one candidate with 8 bits: the full range."
FINE_BINS = 4096
"Of the histogram for squared errors: many bins to each of at most 256 steps."
FACTORS = np.linspace(1, 0.02, 50, dtype=np.float32)
"Shares of the largest magnitude that are tried as the end of the range."
TOO_NARROW = 1e-30
"Values that lie closer together leave no room in float32 for bins between them."
ABSENT = 1e-4
"Counts given to empty bins, without which a divergence would be infinite."


def calibrate(samples: np.ndarray, *, method: str, bits: int, share: float = 0.99999) -> tuple[np.float32, int]:
    """The asymmetric grid for a tensor of which these are samples.

    Parameters
    ----------
    samples : ndarray of float32, any shape, finite, at most `kernels.storage.affine.LARGEST` in magnitude, not empty
    method : one of `METHODS`
    bits : int, 1 to 8
    share : float, for "percentile": the fraction of the samples inside the range, as many left out at either end

    Returns
    -------
    scale : float32, positive
    zero_point : int, the code of the value 0, within 0 to ``2**bits - 1``

    Raises
    ------
    ValueError
        If `method` is another one, `share` for "percentile" is not above 0 and up to 1, or `bits` is not 1 to 8.

    Examples
    --------
    >>> scale, zero_point = calibrate(np.float32([-1, 0, 2]), method="minmax", bits=2)
    >>> float(scale), zero_point
    (1.0, 1)
    """
    least, most = reach(samples, method=method, bits=bits, share=share)
    scale, zero_point = qparams_of(least, most, bits=bits, symmetric=False)
    return scale.reshape(-1)[0], int(zero_point.reshape(-1)[0])


def reach(samples: np.ndarray, *, method: str, bits: int, share: float = 0.99999) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and highest value that the grid should cover: two arrays of float32, shape (1,), 0 between them.

    samples, method, bits, share : as for `calibrate`

    Raises ValueError if `method` is another one, or `share` for "percentile" is not above 0 and up to 1.
    """
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; choose {', '.join(METHODS)}")
    values = samples.reshape(-1)
    if method in ("minmax", "percentile"):
        return ranges(values, method=method, block_shape=values.shape, bits=bits, symmetric=False, share=share)
    if method == "entropy":
        least, most = entropy_range(values, levels=2 ** (bits - 1))
    else:
        least, most = squared_error_range(values, bits=bits)
    return np.float32([min(least, 0)]), np.float32([max(most, 0)])


def squared_error_range(values: np.ndarray, *, bits: int) -> tuple[np.float32, np.float32]:
    """Where values are best clipped for the least squared error of clipping and rounding together.

    Parameters
    ----------
    values : ndarray of float32, shape (n,), finite
    bits : int

    Returns
    -------
    least, most : float32, within the values

    Notes
    -----
    As "mse" of `kernels.storage.ranges`: clipping as in Banner et al., NeurIPS 2019 (arXiv 1810.05723), by search.
    """
    lowest, highest = values.min(), values.max()
    if highest - lowest < TOO_NARROW:
        return lowest, highest
    counts, edges = np.histogram(values, FINE_BINS, range=(lowest, highest))
    middles = (edges[:-1] + edges[1:]).astype(np.float64) / 2
    far, least_error, chosen = np.maximum(-lowest, highest), np.inf, (lowest, highest)
    for factor in FACTORS:
        least, most = np.maximum(lowest, -factor * far), np.minimum(highest, factor * far)
        reached = np.float32([min(least, 0)]), np.float32([max(most, 0)])
        scale, zero_point = qparams_of(*reached, bits=bits, symmetric=False)
        steps = np.clip(np.rint(middles / scale), -zero_point, 2**bits - 1 - zero_point)
        error = float(counts @ (steps * scale - middles) ** 2)
        if error < least_error:
            least_error, chosen = error, (least, most)
    return chosen


def entropy_range(values: np.ndarray, *, levels: int, bins: int = BINS) -> tuple[np.float32, np.float32]:
    """Where values are best clipped when `levels` levels are to tell them apart.

    Parameters
    ----------
    values : ndarray of float32, shape (n,), finite
    levels : int, 128 for 8 bits: half of the codes lie on either side of zero
    bins : int, of the histogram, even

    Returns
    -------
    least, most : float32, within the values; about as far from zero, unless the values end before

    Notes
    -----
    Every candidate clips the histogram of the values (its outliers fall into the outermost bins) and merges it into
    `levels` levels. The candidate with the smallest Kullback-Leibler divergence from clipped to merged histogram wins,
    the narrowest if several do. Source: Migacz, 8-bit inference with TensorRT, GTC 2017; rounding of counts and empty
    bins as in onnxruntime 1.30.

    Examples
    --------
    >>> values = np.float32([0.1] * 500 + [-0.2] * 500 + [8])
    >>> least, most = entropy_range(values, levels=2, bins=8)
    >>> round(float(least), 2), bool(most < 8)
    (-0.2, True)
    """
    lowest, highest = values.min(), values.max()
    far = np.float32(max(-lowest, highest))
    if far < TOO_NARROW:
        return lowest, highest
    counts, edges = np.histogram(values, bins, range=(-far, far))
    middle = bins // 2
    inside = np.concatenate([[0], np.cumsum(counts)])
    best, chosen = np.inf, (0, bins)
    for half in range(levels // 2, middle + 1):
        start, end = middle - half, min(middle + half + 1, bins)
        cut = counts[start:end]
        clipped = cut.copy()
        clipped[0] += inside[start]
        clipped[-1] += inside[-1] - inside[end]
        divergence = _divergence(_smooth(clipped), _smooth(_merged(cut, clipped != 0, levels)))
        if divergence < best:
            best, chosen = divergence, (start, end)
    least, most = edges[list(chosen)].astype(np.float32)
    return max(least, lowest), min(most, highest)


def _merged(counts: np.ndarray, present: np.ndarray, levels: int) -> np.ndarray:
    """The counts as `levels` levels can tell them: those of a level spread evenly over its bins.

    A level is as many bins as go into `levels` whole; what is left over counts to the last level. As in onnxruntime,
    shares are whole numbers, and the bins that are left over stay empty.
    """
    width = counts.size // levels
    whole = counts[: width * levels].reshape(levels, width).sum(axis=1)
    whole[-1] += counts[width * levels :].sum()
    filled = present[: width * levels].reshape(levels, width).sum(axis=1)
    shares = np.where(filled, whole // np.maximum(filled, 1), 0)
    return np.concatenate([np.repeat(shares, width), np.zeros(counts.size - width * levels, shares.dtype)])


def _smooth(counts: np.ndarray) -> np.ndarray | None:
    """The counts with `ABSENT` in empty bins, taken from the others in equal parts; None if all are empty."""
    empty = counts == 0
    n = np.count_nonzero(empty)
    if n == counts.size:
        return None
    return np.where(empty, ABSENT, counts - ABSENT * n / (counts.size - n)).astype(np.float32)


def _divergence(p: np.ndarray | None, q: np.ndarray | None) -> float:
    """Kullback-Leibler divergence of two histograms, which need not add up to the same; infinite if one is missing."""
    if p is None or q is None:
        return np.inf
    p, q = p / p.sum(), q / q.sum()
    return float(np.sum(p * np.log(p / q)))
