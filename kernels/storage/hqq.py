"""HQQ, half-quadratic quantization: move each block's zero point so that most weights are met and a few are missed.

The zero point becomes a real number, and is chosen for an error ``|w - value|**p`` with p < 1, which cares little about
outliers. Split in two, the problem has two easy halves: given the zero point, what counts as an outlier is shrunk
towards zero; given the outliers, the best zero point is a mean. No calibration samples are needed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kernels.storage import affine
from kernels.storage.granularity import reduce_blocks, spread_blocks
from kernels.storage.scales import StoredScale, exact, like
from kernels.weight import Affine, RealAffine

ITERATIONS = 20


def hqq(
    weight: np.ndarray,
    *,
    bits: int,
    block_shape: tuple[int, ...],
    lp_norm: float = 0.7,
    beta: float = 10.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Scale and real zero point of each block.

    Parameters
    ----------
    weight : ndarray of float32, finite, not empty
    bits : int, 1 to 8; codes run from 0 to 2**bits - 1
    block_shape : tuple of int, one per axis; see `kernels.storage.granularity`
    lp_norm : float, above 0, at most 1: the p of the error
    beta : how firmly the halves are tied together

    Returns
    -------
    scale : ndarray of float32, one number per block, from the lowest to the highest weight; 1 for a constant block
    zero_point : ndarray of float32, same shape, any real number: the value 0 need not be on the grid, so this is no
        grid for pruned weights

    Notes
    -----
    ``value = scale * (code - zero_point)``; codes by `codes_of`. Source: Badri and Shaji, "Half-Quadratic Quantization
    of Large Machine Learning Models", 2023, with its defaults. As in its code (hqq 0.2.8) `beta` does not grow from
    step to step, which the text asks for, and all blocks stop together, as soon as the mean absolute error of the whole
    weight no longer falls.

    Examples
    --------
    >>> w = np.array([[0.0, 1.0, 1.0, 1.0, 1.4]], dtype=np.float32)
    >>> scale, zero_point = hqq(w, bits=1, block_shape=(1, 5))
    >>> codes = codes_of(w, scale, zero_point, bits=1, block_shape=(1, 5))
    >>> print((scale * (codes - zero_point)).round(2))
    [[-0.3  1.1  1.1  1.1  1.1]]
    """
    least = reduce_blocks(np.minimum, weight, block_shape)
    span = reduce_blocks(np.maximum, weight, block_shape) - least
    scale = np.where(span > 0, np.maximum(span / np.float32(2**bits - 1), np.finfo(np.float32).tiny), np.float32(1))
    zero_point = -least / scale
    size = reduce_blocks(np.add, np.ones(weight.shape, dtype=np.float32), block_shape)
    step = spread_blocks(scale, block_shape, weight.shape)
    exact = weight / step  # in steps of the grid
    fewest = np.inf
    for _ in range(ITERATIONS):
        shifted = exact + spread_blocks(zero_point, block_shape, weight.shape)
        codes = np.clip(np.rint(shifted), 0, 2**bits - 1)
        missed = (shifted - codes) * step
        error = np.abs(missed).mean()
        outliers = _shrunk(missed, beta, lp_norm)
        zero_point = reduce_blocks(np.add, codes - exact + outliers / step, block_shape) / size
        if error >= fewest:
            break
        fewest = error
    return scale, zero_point


def codes_of(
    weight: np.ndarray, scale: np.ndarray, zero_point: np.ndarray, *, bits: int, block_shape: tuple[int, ...]
) -> np.ndarray:
    """The code of the nearest grid point for every weight: int16, 0 to 2**bits - 1."""
    scale = spread_blocks(scale, block_shape, weight.shape)
    zero_point = spread_blocks(zero_point, block_shape, weight.shape)
    return np.clip(np.rint(weight / scale + zero_point), 0, 2**bits - 1).astype(np.int16)


def encode(
    weight: np.ndarray,
    *,
    bits: int,
    block_shape: tuple[int, ...],
    store_scale: Callable[[np.ndarray], StoredScale] = exact,
) -> RealAffine:
    """A weight on the grids that `hqq` finds.

    Parameters
    ----------
    weight, bits, block_shape : as for `hqq`
    store_scale : how scales are stored, see `kernels.storage.scales`

    Returns
    -------
    RealAffine

    Examples
    --------
    >>> form = encode(np.float32([[0, 1, 1, 1, 1.4]]), bits=1, block_shape=(1, 5))
    >>> print(dequantize(form).round(2))
    [[-0.3  1.1  1.1  1.1  1.1]]
    """
    scale, zero_point = hqq(weight, bits=bits, block_shape=block_shape)
    stored, scale_form = store_scale(scale)
    zero_point = zero_point * scale / stored  # a wider step from the same start
    codes = codes_of(weight, stored, zero_point, bits=bits, block_shape=block_shape)
    return RealAffine(codes, stored, zero_point, bits, block_shape, scale_form)


def dequantize(form: RealAffine) -> np.ndarray:
    """The values a `RealAffine` form stands for: ndarray of float32, shape of its codes."""
    shape, block_shape = form.codes.shape, form.block_shape
    steps = form.codes * spread_blocks(form.scale, block_shape, shape)
    return steps - spread_blocks(form.scale * form.zero_point, block_shape, shape)


def with_zero(form: RealAffine, mask: np.ndarray) -> Affine:
    """Weights on grids without a zero, now 0 where `mask` is False, on grids of the same bits that have one.

    Parameters
    ----------
    form : RealAffine
    mask : ndarray of bool, shape of the weight, True = kept

    Returns
    -------
    Affine, its scales stored as those of `form` are
    """
    kept, store = np.where(mask, dequantize(form), np.float32(0)), like(form.scale_form)
    return affine.encode(kept, bits=form.bits, symmetric=False, block_shape=form.block_shape, store_scale=store)


def _shrunk(missed: np.ndarray, beta: float, lp_norm: float) -> np.ndarray:
    """What remains of each error when it is pulled towards zero by ``|error|**(p - 1) / beta``, and not beyond it."""
    size = np.maximum(np.abs(missed), np.finfo(np.float32).tiny)
    return np.copysign(np.maximum(size - size ** (lp_norm - 1) / beta, 0), missed)
