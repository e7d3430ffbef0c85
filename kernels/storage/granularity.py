"""How many weights share one scale: the block shape for a granularity, and sums or ranges over such blocks.

A block shape has one number per axis of the weight. Where it does not divide an axis the last block is shorter, as in
ONNX DequantizeLinear. Blocks run along axis 1, the input channels; for a convolution every kernel position has its own
blocks, again as in ONNX.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SHORT = 32
"Weights that are not worth halving."
GRANULARITIES = ("per_tensor", "per_channel", "per_block")


def block_shape_of(granularity: str, shape: Sequence[int], block_size: int = 32) -> tuple[int, ...]:
    """The block shape for a weight of shape ``(C_out, C_in, *K)``.

    Parameters
    ----------
    granularity : one of `GRANULARITIES`
    shape : tuple of int, all positive
    block_size : int, weights along axis 1 that share a scale; only for "per_block"

    Returns
    -------
    tuple of int, as many as `shape` has

    Raises
    ------
    ValueError
        If `granularity` is another one.

    Examples
    --------
    >>> block_shape_of("per_channel", (8, 3, 5, 5))
    (1, 3, 5, 5)
    >>> block_shape_of("per_block", (8, 100), block_size=32), block_shape_of("per_block", (8, 20), block_size=32)
    ((1, 32), (1, 20))
    """
    if granularity == "per_tensor":
        return tuple(shape)
    if granularity == "per_channel":
        return (1, *shape[1:])
    if granularity == "per_block":
        return (1, min(block_size, shape[1]), *(1 for _ in shape[2:]))
    raise ValueError(f"granularity is {granularity!r}; choose {', '.join(GRANULARITIES)}")


def n_blocks(shape: Sequence[int], block_shape: Sequence[int]) -> tuple[int, ...]:
    """Blocks along each axis, the last one possibly shorter. Raises ValueError if there are not as many axes in both.

    >>> n_blocks((8, 100), (1, 32))
    (8, 4)
    """
    return tuple(-(-n // block) for n, block in zip(shape, block_shape, strict=True))


def reduce_blocks(ufunc: np.ufunc, weight: np.ndarray, block_shape: Sequence[int]) -> np.ndarray:
    """One number per block, by a ufunc such as ``np.maximum``.

    Returns
    -------
    ndarray of the dtype of `weight`, shape ``n_blocks(weight.shape, block_shape)``

    Raises
    ------
    ValueError
        If `block_shape` has not one number per axis.

    Examples
    --------
    >>> w = np.array([[1, -5, 2], [3, 4, -6]], dtype=np.float32)
    >>> reduce_blocks(np.maximum, w, (1, 2)).tolist()
    [[1.0, 2.0], [4.0, -6.0]]
    """
    for axis, (n, block) in enumerate(zip(weight.shape, block_shape, strict=True)):
        if block == n:
            weight = ufunc.reduce(weight, axis=axis, keepdims=True)
        elif block > 1 and n % block == 0:
            weight = _reduced(ufunc, np.moveaxis(_split(weight, axis, block), axis + 1, -1))
        elif block > 1:
            weight = ufunc.reduceat(weight, np.arange(0, n, block), axis=axis)
    return weight


def spread_blocks(per_block: np.ndarray, block_shape: Sequence[int], shape: Sequence[int]) -> np.ndarray:
    """The number of its block for every weight, as an array that broadcasts to `shape`.

    Raises ValueError if `block_shape` has not one number per axis of `shape`.

    >>> spread_blocks(np.array([[1.0, 2.0]]), (1, 2), (1, 3)).tolist()
    [[1.0, 1.0, 2.0]]
    """
    for axis, (n, block) in enumerate(zip(shape, block_shape, strict=True)):
        if 1 < block < n:
            per_block = np.repeat(per_block, block, axis=axis).take(np.arange(n), axis=axis)
    return per_block


def aligned(
    weight: np.ndarray, per_block: Sequence[np.ndarray], block_shape: Sequence[int]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """A weight and numbers of its blocks in shapes that broadcast, without copies where the blocks fit.

    Parameters
    ----------
    weight : ndarray
    per_block : arrays of one number per block, all of the same shape
    block_shape : one int per axis of the weight

    Returns
    -------
    weight : the same numbers in the same order, perhaps with more axes
    per_block : list of arrays that broadcast to it

    Raises
    ------
    ValueError
        If `block_shape` has not one number per axis.

    Examples
    --------
    >>> w, (scale,) = aligned(np.ones((2, 6)), [np.ones((2, 3))], (1, 2))
    >>> w.shape, scale.shape
    ((2, 3, 2), (2, 3, 1))
    """
    cut = [axis for axis, (n, block) in enumerate(zip(weight.shape, block_shape, strict=True)) if 1 < block < n]
    if any(weight.shape[axis] % block_shape[axis] for axis in cut):
        return weight, [spread_blocks(each, block_shape, weight.shape) for each in per_block]
    for axis in reversed(cut):
        weight = _split(weight, axis, block_shape[axis])
        per_block = [np.expand_dims(each, axis + 1) for each in per_block]
    return weight, list(per_block)


def _split(weight: np.ndarray, axis: int, block: int) -> np.ndarray:
    """The weight with one axis as two: blocks, and places in a block."""
    return weight.reshape(*weight.shape[:axis], -1, block, *weight.shape[axis + 1 :])


def _reduced(ufunc: np.ufunc, blocks: np.ndarray) -> np.ndarray:
    """Reduced along the short last axis: in halves, then place by place, which costs less than block by block."""
    while blocks.shape[-1] >= SHORT and blocks.shape[-1] % 2 == 0:
        half = blocks.shape[-1] // 2
        blocks = ufunc(blocks[..., :half], blocks[..., half:])
    return ufunc.reduce(np.ascontiguousarray(np.moveaxis(blocks, -1, 0)), axis=0)
