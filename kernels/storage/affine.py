"""Linear quantization: real numbers on an evenly spaced integer grid, ``value = scale * (code - zero_point)``.

Zero is always a point of the grid, so pruned weights stay exactly zero. The symmetric grid is the narrow one, as in
coremltools and in int8 weights of onnxruntime: at 2 bits it holds -1, 0 and 1 and leaves one code unused. Mirrored
weights then round to mirrored values. At 1 bit it would hold zero alone, so there the grid is never symmetric.
Grids whose zero point is a real number, which leave zero out, are those of `kernels.storage.hqq`.
Source: Jacob et al., CVPR 2018 (arXiv 1712.05877), equation 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kernels.storage.granularity import aligned, reduce_blocks
from kernels.storage.scales import StoredScale, exact
from kernels.weight import Affine

LARGEST = 1e38
"Values beyond this leave no room in float32 for a range from the lowest to the highest and a step more."


def grid(bits: int, symmetric: bool) -> tuple[int, int]:
    """Lowest and highest code, both included.

    Raises ValueError unless `bits` is 1 to 8, or, when symmetric, 2 to 8 or 16.

    >>> grid(4, symmetric=True), grid(4, symmetric=False), grid(1, symmetric=False)
    ((-7, 7), (0, 15), (0, 1))
    """
    if not ((2 if symmetric else 1) <= bits <= 8 or symmetric and bits == 16):
        raise ValueError(f"bits is {bits}; choose {'2 to 8, or 16' if symmetric else '1 to 8'}")
    return (-(2 ** (bits - 1) - 1), 2 ** (bits - 1) - 1) if symmetric else (0, 2**bits - 1)


def choose_qparams(
    weight: np.ndarray, *, bits: int, symmetric: bool, block_shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Scale and zero point of each block, from its lowest and highest value (min-max, no clipping).

    Parameters
    ----------
    weight : ndarray of float32, finite, at most `LARGEST` in magnitude, not empty
    bits : int, 2 to 8 or 16 when symmetric, else 1 to 8
    block_shape : tuple of int, one per axis; see `kernels.storage.granularity`

    Returns
    -------
    scale : ndarray of float32, one number per block, positive, in weight units; 1 for a block of zeros
    zero_point : ndarray of int16, same shape, the code of the value 0; 0 when symmetric

    Raises
    ------
    ValueError
        If `bits` is none that `grid` knows.

    Notes
    -----
    Symmetric: ``scale = max|w| / (2**(bits-1) - 1)``. Asymmetric, with 0 always inside the range:
    ``scale = (max(w, 0) - min(w, 0)) / (2**bits - 1)``, ``zero_point = round(-min(w, 0) / scale)``.

    Examples
    --------
    >>> w = np.array([[-1.5, 0.75], [0.0, 0.0]], dtype=np.float32)
    >>> choose_qparams(w, bits=3, symmetric=True, block_shape=(1, 2))[0].tolist()
    [[0.5], [1.0]]
    >>> scale, zero_point = choose_qparams(w, bits=2, symmetric=False, block_shape=(2, 2))
    >>> scale.tolist(), zero_point.tolist()
    ([[0.75]], [[2]])
    """
    return qparams_of(*full_range(weight, block_shape), bits=bits, symmetric=symmetric)


def full_range(weight: np.ndarray, block_shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest value of each block, 0 included: two arrays of float32, one number per block."""
    least = np.minimum(reduce_blocks(np.minimum, weight, block_shape), np.float32(0))
    most = np.maximum(reduce_blocks(np.maximum, weight, block_shape), np.float32(0))
    return least, most


def qparams_of(least: np.ndarray, most: np.ndarray, *, bits: int, symmetric: bool) -> tuple[np.ndarray, np.ndarray]:
    """Scale and zero point of grids that reach from `least` to `most`, by the rule of `choose_qparams`.

    Parameters
    ----------
    least, most : ndarray of float32, any shape; ``least <= 0 <= most``. What lies outside is clipped by `quantize`
    bits, symmetric : as for `choose_qparams`

    Returns
    -------
    scale : ndarray of float32, shape of `least`
    zero_point : ndarray of int16, same shape

    Raises
    ------
    ValueError
        If `bits` is none that `grid` knows.

    Examples
    --------
    >>> scale, zero_point = qparams_of(np.float32([-1]), np.float32([2]), bits=2, symmetric=False)
    >>> scale.tolist(), zero_point.tolist()
    ([1.0], [1])
    """
    low, high = grid(bits, symmetric)
    span = np.maximum(-least, most) if symmetric else most - least
    step = span / np.float32(high if symmetric else high - low)
    # A step below the smallest normal number would round away digits of its own; a wider one only wastes codes.
    scale = np.where(span > 0, np.maximum(step, np.finfo(np.float32).tiny), np.float32(1))
    return scale, _zero_point(least, scale, bits, symmetric)


def _zero_point(least: np.ndarray, scale: np.ndarray, bits: int, symmetric: bool) -> np.ndarray:
    """The code of the value 0 on grids that begin at `least`."""
    if symmetric:
        return np.zeros(scale.shape, dtype=np.int16)
    return np.clip(np.rint(-least / scale), *grid(bits, symmetric)).astype(np.int16)


def quantize(
    weight: np.ndarray,
    scale: np.ndarray,
    zero_point: np.ndarray,
    *,
    bits: int,
    symmetric: bool,
    block_shape: tuple[int, ...],
) -> np.ndarray:
    """The code of the nearest grid point for every weight, half to even.

    Parameters
    ----------
    weight : ndarray of float32, finite
    scale, zero_point, bits, symmetric, block_shape : as `choose_qparams` takes and returns them

    Returns
    -------
    ndarray of int16, shape of `weight`, within ``grid(bits, symmetric)``

    Raises
    ------
    ValueError
        If `bits` is none that `grid` knows.

    Examples
    --------
    >>> one, zero = np.ones((1, 1), dtype=np.float32), np.zeros((1, 1), dtype=np.int16)
    >>> w = np.array([[-9, -0.5, 0.4, 1.5]], dtype=np.float32)
    >>> quantize(w, one, zero, bits=3, symmetric=True, block_shape=(1, 4)).tolist()
    [[-3, 0, 0, 2]]
    """
    low, high = grid(bits, symmetric)
    values, (scale, zero_point) = aligned(weight, (scale, zero_point), block_shape)
    codes = values / scale
    np.rint(codes, out=codes)
    if not symmetric:
        codes += zero_point.astype(np.float32)  # in one dtype, or NumPy converts piece by piece
    np.clip(codes, np.float32(low), np.float32(high), out=codes)
    return codes.astype(np.int16).reshape(weight.shape)


def dequantize(form: Affine) -> np.ndarray:
    """The values an `Affine` form stands for: ndarray of float32, shape of its codes."""
    codes, (scale, zero_point) = aligned(form.codes, (form.scale, form.zero_point), form.block_shape)
    values = codes.astype(np.float32)  # codes are whole numbers, exact in float32
    if not form.symmetric:
        values -= zero_point.astype(np.float32)
    values *= scale
    return values.reshape(form.codes.shape)


def encode(
    weight: np.ndarray,
    *,
    bits: int,
    symmetric: bool,
    block_shape: tuple[int, ...],
    reach: tuple[np.ndarray, np.ndarray] | None = None,
    store_scale: Callable[[np.ndarray], StoredScale] = exact,
) -> Affine:
    """A weight on the integer grid.

    Parameters
    ----------
    weight, bits, symmetric, block_shape : as for `choose_qparams`
    reach : (least, most), one number per block each, from `ranges`; None: every weight is within its grid
    store_scale : how scales are stored, see `kernels.storage.scales`

    Returns
    -------
    Affine

    Raises
    ------
    ValueError
        If `bits` is none that `grid` knows.

    Examples
    --------
    >>> w = np.array([[1.2, 0.5, -3.0]], dtype=np.float32)
    >>> dequantize(encode(w, bits=3, symmetric=True, block_shape=(1, 3))).tolist()
    [[1.0, 0.0, -3.0]]
    """
    least, most = reach or full_range(weight, block_shape)
    scale, zero_point = qparams_of(least, most, bits=bits, symmetric=symmetric)
    scale, scale_form = store_scale(scale)
    if scale_form is not None:
        zero_point = _zero_point(least, scale, bits, symmetric)
    codes = quantize(weight, scale, zero_point, bits=bits, symmetric=symmetric, block_shape=block_shape)
    return Affine(codes, scale, zero_point, bits, symmetric, block_shape, scale_form)
