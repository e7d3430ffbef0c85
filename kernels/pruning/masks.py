"""Which weights stay: True = kept. Counts are exact and ties fall to the lower flat index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kernels.splitmix64 import splitmix64
from kernels.storage.granularity import reduce_blocks, spread_blocks


def n_removed(n: int, sparsity: float) -> int:
    """How many of `n` go: the fraction `sparsity` of them, rounded down.

    As a decimal number: 0.29 of 100 is 29, though ``0.29 * 100`` is a little less in binary.

    >>> n_removed(100, 0.29), n_removed(7, 0.5), n_removed(1, 0.99)
    (29, 3, 0)
    """
    return int(round(n * sparsity, 6))


def smallest(scores: np.ndarray, count: int) -> np.ndarray:
    """Mask that is False for the `count` smallest scores.

    Parameters
    ----------
    scores : ndarray, shape (n,)
    count : int, 0 to n

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> smallest(np.array([3, 1, 2, 1, 1]), 2).tolist()
    [True, False, True, False, True]
    """
    kept = np.ones(len(scores), dtype=bool)
    if count:
        limit = np.partition(scores, count - 1)[count - 1]  # linear time, where sorting is not
        below = scores < limit
        kept[below] = False
        kept[np.flatnonzero(scores == limit)[: count - np.count_nonzero(below)]] = False
    return kept


def masks_together(scores: Sequence[np.ndarray], sparsity: float) -> list[np.ndarray]:
    """One mask per array that drops the smallest scores of all arrays taken together.

    Parameters
    ----------
    scores : list of ndarray of float, any shapes, at least one
    sparsity : float, 0 to 1, of all their entries

    Examples
    --------
    >>> [mask.tolist() for mask in masks_together([np.array([3.0, 0.1]), np.array([[0.2], [0.4]])], 0.5)]
    [[True, False], [[False], [True]]]
    """
    joined = np.concatenate([array.reshape(-1) for array in scores])
    kept = smallest(joined, n_removed(len(joined), sparsity))
    parts = np.split(kept, np.cumsum([array.size for array in scores])[:-1])
    return [part.reshape(array.shape) for part, array in zip(parts, scores, strict=True)]


def magnitude_masks(arrays: Sequence[np.ndarray], sparsity: float) -> list[np.ndarray]:
    """One mask per array that drops the smallest magnitudes of all arrays taken together.

    Parameters
    ----------
    arrays : list of ndarray of float32, any shapes, at least one
    sparsity : float, 0 to 1, of all their weights

    Source: Han et al., NeurIPS 2015 (arXiv 1506.02626).

    Examples
    --------
    >>> wide, narrow = np.array([[9.0, -8.0], [7.0, 1.0]]), np.array([[0.5, -2.0]])
    >>> [mask.tolist() for mask in magnitude_masks([wide, narrow], 0.5)]
    [[[True, True], [True, False]], [[False, False]]]
    """
    return masks_together([np.abs(array) for array in arrays], sparsity)


def n_m_mask(scores: np.ndarray, keep: int, group: int) -> np.ndarray:
    """Mask that keeps the `keep` largest scores of every `group` neighbours along axis 1: "2 of 4 kept".

    Parameters
    ----------
    scores : ndarray, shape (rows, columns) or (C_out, C_in, *K); each kernel position has its own groups
    keep : int, 0 to `group`
    group : int, at least 1; where it does not divide the axis the last group is shorter and keeps the same share of
        its scores, rounded up

    Returns
    -------
    ndarray of bool, shape of `scores`

    Raises
    ------
    ValueError
        If `keep` is not 0 to `group`, or `group` is below 1.

    Notes
    -----
    With ``group = columns`` this keeps so many scores of every row. coremltools counts the zeros of a group, NVIDIA and
    arXiv 2102.04010 the weights kept, as here. Source: Mishra et al., arXiv 2104.08378.

    Examples
    --------
    >>> n_m_mask(np.array([[1, 4, 2, 3, 9, 8]]), 2, 4).tolist()
    [[False, True, False, True, True, False]]
    """
    if not 0 <= keep <= group or group < 1:
        raise ValueError(f"cannot keep {keep} of {group} neighbours; keep 0 to {max(group, 1)} of them")
    lines = np.moveaxis(scores, 1, -1)
    n = lines.shape[-1]
    whole = n - n % group
    kept = np.empty(lines.shape, dtype=bool)
    kept[..., :whole] = _largest(lines[..., :whole].reshape(*lines.shape[:-1], -1, group), keep).reshape(
        *lines.shape[:-1], whole
    )
    kept[..., whole:] = _largest(lines[..., whole:], -(-keep * (n - whole) // group))
    return np.moveaxis(kept, -1, 1)


def n_of_m(sparsity: float, group: int) -> tuple[int, int]:
    """How many of `group` neighbours stay, and `group`, for `n_m_mask`.

    >>> n_of_m(0.5, 4), n_of_m(0.9, 4)
    ((2, 4), (1, 4))
    """
    return group - n_removed(group, sparsity), group


def _largest(scores: np.ndarray, keep: int) -> np.ndarray:
    """Mask of the `keep` largest scores along the last axis; of equals the later ones, as in `smallest`."""
    kept = np.ones(scores.shape, dtype=bool)
    dropped = np.argsort(scores, axis=-1, kind="stable")[..., : scores.shape[-1] - keep]
    np.put_along_axis(kept, dropped, False, axis=-1)
    return kept


def block_mask(weight: np.ndarray, sparsity: float, block: int, axis: int = 0) -> np.ndarray:
    """Mask that drops whole blocks of neighbours, those with the smallest L2 norms.

    Parameters
    ----------
    weight : ndarray of float32, shape (C_out, C_in, *K)
    sparsity : float, 0 to 1, of the blocks
    block : int, at least 1: neighbouring output rows (`axis` 0) or input columns (`axis` 1) that go together, at every
        place of the other axes on their own; the last block may be shorter

    Returns
    -------
    ndarray of bool, shape of `weight`

    Notes
    -----
    ``block_size`` and ``dim`` of coremltools. Source: Narang et al., arXiv 1711.02782.

    Examples
    --------
    >>> block_mask(np.array([[1.0, 5.0], [6.0, 5.0], [7.0, 0.0]]), 0.5, 2).tolist()
    [[False, True], [False, True], [True, False]]
    """
    shape = tuple(min(block, n) if i == axis else 1 for i, n in enumerate(weight.shape))
    energy = reduce_blocks(np.add, np.square(weight, dtype=np.float64), shape)
    (kept,) = masks_together([energy], sparsity)
    return np.array(np.broadcast_to(spread_blocks(kept, shape, weight.shape), weight.shape))


def random_scores(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Scores by chance: the control that every other choice must beat.

    The same on every machine, see `kernels.splitmix64`: the seed counts in its upper 32 bits, the index in the lower.

    Parameters
    ----------
    shape : tuple of int
    seed : int

    Returns
    -------
    ndarray of float64, 0 to 1

    Examples
    --------
    >>> random_scores((2, 2), seed=1).round(3).tolist()
    [[0.274, 0.906], [0.601, 0.117]]
    """
    counters = np.arange(int(np.prod(shape)), dtype=np.uint64) + np.uint64((seed & 0xFFFFFFFF) << 32)
    return splitmix64(counters).reshape(shape) / 2.0**64


def channel_norms(weight: np.ndarray, axis: int, spread: int = 1, order: int = 2) -> np.ndarray:
    """Norm of each channel along an axis.

    Parameters
    ----------
    weight : ndarray of float32, shape (C_out, C_in, *K)
    axis : 0 for output, 1 for input channels
    spread : int, neighbouring columns that make one channel
    order : 2 for the L2 norm, 1 for L1

    Returns
    -------
    ndarray of float64, shape (channels,)

    Examples
    --------
    >>> w = np.array([[3, 4, 0], [0, 0, 5]], dtype=np.float32)
    >>> channel_norms(w, 0).tolist(), channel_norms(w, 1).tolist()
    ([5.0, 5.0], [3.0, 4.0, 5.0])
    >>> channel_norms(w, 0, order=1).tolist()
    [7.0, 5.0]
    """
    lines = np.moveaxis(weight, axis, 0).astype(np.float64)
    lines = lines.reshape(len(lines) // spread, -1)
    return np.linalg.norm(lines, order, axis=1)
