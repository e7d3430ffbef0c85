"""How far a grid should reach: to the outermost weights, to most of them, or to where the squared error is smallest.

A wide grid wastes steps on a few outliers, a narrow one clips them. All blocks are tried at once, each as one row.
"""

from __future__ import annotations

import numpy as np

from kernels.storage.affine import full_range, grid, qparams_of
from kernels.storage.granularity import n_blocks

METHODS = ("minmax", "percentile", "mse")
COARSE = np.linspace(1, 0.2, 17, dtype=np.float32)
"Shares of the full range that are tried first."
FINE = np.linspace(-0.04, 0.04, 9, dtype=np.float32)
"What is then added to the best of them."


def ranges(
    weight: np.ndarray, *, method: str, block_shape: tuple[int, ...], bits: int, symmetric: bool, share: float = 0.999
) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and highest value of each block's grid, for `kernels.storage.affine.qparams_of`.

    Parameters
    ----------
    weight : ndarray of float32, finite, not empty
    method : "minmax": every weight fits; "percentile": the fraction `share` of them does, as much left out at either
        end, or of the magnitudes when symmetric; "mse": the share of the full range, 0.16 to 1, with the least squared
        error of the block
    block_shape : tuple of int, one per axis; see `kernels.storage.granularity`
    bits, symmetric : of the grid; only "mse" depends on them
    share : float, 0 to 1

    Returns
    -------
    least, most : ndarray of float32, one number per block, ``least <= 0 <= most``

    Raises
    ------
    ValueError
        If `method` is another one; if `share` for "percentile" is not above 0 and up to 1, or `bits` for "mse" is none
        that `affine.grid` knows.

    Notes
    -----
    "percentile" interpolates between neighbouring weights, as ``numpy.quantile``. "mse" shrinks both ends by the same
    factor, as in Banner et al., NeurIPS 2019 (arXiv 1810.05723), found by search instead of by a formula.

    Examples
    --------
    >>> w = np.array([[-1, 0, 1, 10], [0.5, 0.5, 1, 1]], dtype=np.float32)
    >>> rule = {"block_shape": (1, 4), "bits": 2, "symmetric": False}
    >>> [end.tolist() for end in ranges(w, method="minmax", **rule)]
    [[[-1.0], [0.0]], [[10.0], [1.0]]]
    >>> [end.tolist() for end in ranges(w, method="percentile", share=0.5, **rule)]
    [[[-0.25], [0.0]], [[3.25], [1.0]]]
    """
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; choose {', '.join(METHODS)}")
    least, most = full_range(weight, block_shape)
    if method == "minmax":
        return least, most
    rows, shape = _blocks_as_rows(weight, block_shape), least.shape
    if method == "percentile":
        if not 0 < share <= 1:
            raise ValueError(f"share is {share}; choose a number above 0, up to 1")
        if symmetric:
            most = np.maximum(_quantile(np.abs(rows), share), 0).reshape(shape)
            return -most, most
        outside = (1 - share) / 2
        low, high = _quantile(rows, outside).reshape(shape), _quantile(rows, 1 - outside).reshape(shape)
        return np.minimum(low, np.float32(0)), np.maximum(high, np.float32(0))
    if symmetric:
        most = np.maximum(-least, most)
        least = -most
    factor = _least_error(np.nan_to_num(rows), least.reshape(-1, 1), most.reshape(-1, 1), bits, symmetric)
    return least * factor.reshape(shape), most * factor.reshape(shape)


def _blocks_as_rows(weight: np.ndarray, block_shape: tuple[int, ...]) -> np.ndarray:
    """Every block as one row, shape (blocks, weights of a block); a shorter last block is filled up with NaN."""
    counts = n_blocks(weight.shape, block_shape)
    missing = [(0, n * block - size) for n, block, size in zip(counts, block_shape, weight.shape, strict=True)]
    if any(after for _, after in missing):
        weight = np.pad(weight, missing, constant_values=np.nan)
    split = weight.reshape([n for pair in zip(counts, block_shape, strict=True) for n in pair])
    axes = range(split.ndim)
    return split.transpose(*axes[::2], *axes[1::2]).reshape(np.prod(counts), -1)


def _quantile(rows: np.ndarray, share: float) -> np.ndarray:
    """The value that the fraction `share` of each row does not exceed, NaN left out; float32, shape (blocks,)."""
    ordered = np.sort(rows, axis=1)  # NaN comes last
    place = share * (np.count_nonzero(~np.isnan(rows), axis=1) - 1)
    below = np.floor(place).astype(np.int64)
    block = np.arange(len(rows))
    low, high = ordered[block, below], ordered[block, np.ceil(place).astype(np.int64)]
    return (low + (place - below) * (high - low)).astype(np.float32)


def _least_error(rows: np.ndarray, least: np.ndarray, most: np.ndarray, bits: int, symmetric: bool) -> np.ndarray:
    """The factor of each row's range with the least squared error: float32, shape (blocks, 1)."""
    low, high = grid(bits, symmetric)
    best = np.ones_like(least)
    fewest = np.full_like(least, np.inf)
    step = np.empty_like(rows)
    for tried in (COARSE, FINE):
        middle = best if tried is FINE else np.zeros_like(best)
        for offset in tried:
            factor = middle + offset
            scale, zero_point = qparams_of(least * factor, most * factor, bits=bits, symmetric=symmetric)
            np.rint(np.divide(rows, scale, out=step), out=step)
            np.minimum(np.maximum(step, low - zero_point, out=step), high - zero_point, out=step)
            step *= scale
            step -= rows
            error = np.einsum("bi,bi->b", step, step)[:, None]
            better = error < fewest
            best, fewest = np.where(better, factor, best), np.where(better, error, fewest)
    return np.minimum(best, 1)
