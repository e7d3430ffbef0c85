"""Which weights stay: True = kept. Counts are exact and ties fall to the lower flat index."""

import numpy as np


def n_removed(n, sparsity):
    """How many of `n` go: the fraction `sparsity` of them, rounded down.

    As a decimal number: 0.29 of 100 is 29, though ``0.29 * 100`` is a little less in binary.

    >>> n_removed(100, 0.29), n_removed(7, 0.5), n_removed(1, 0.99)
    (29, 3, 0)
    """
    return int(round(n * sparsity, 6))


def smallest(scores, count):
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


def magnitude_masks(arrays, sparsity):
    """One mask per array that drops the smallest magnitudes of all arrays taken together.

    Parameters
    ----------
    arrays : list of ndarray of float32, any shapes
    sparsity : float, 0 to 1, of all their weights

    Source: Han et al., NeurIPS 2015 (arXiv 1506.02626).

    Examples
    --------
    >>> wide, narrow = np.array([[9.0, -8.0], [7.0, 1.0]]), np.array([[0.5, -2.0]])
    >>> [mask.tolist() for mask in magnitude_masks([wide, narrow], 0.5)]
    [[[True, True], [True, False]], [[False, False]]]
    """
    scores = np.concatenate([np.abs(array).reshape(-1) for array in arrays])
    kept = smallest(scores, n_removed(len(scores), sparsity))
    parts = np.split(kept, np.cumsum([array.size for array in arrays])[:-1])
    return [part.reshape(array.shape) for part, array in zip(parts, arrays, strict=True)]


def channel_norms(weight, axis, spread=1):
    """L2 norm of each channel along an axis.

    Parameters
    ----------
    weight : ndarray of float32, shape (C_out, C_in, *K)
    axis : 0 for output, 1 for input channels
    spread : int, neighbouring columns that make one channel

    Returns
    -------
    ndarray of float64, shape (channels,)

    Examples
    --------
    >>> w = np.array([[3, 4, 0], [0, 0, 5]], dtype=np.float32)
    >>> channel_norms(w, 0).tolist(), channel_norms(w, 1).tolist()
    ([5.0, 5.0], [3.0, 4.0, 5.0])
    """
    lines = np.moveaxis(weight, axis, 0).astype(np.float64)
    lines = lines.reshape(len(lines) // spread, -1)
    return np.sqrt(np.einsum("ci,ci->c", lines, lines))
