"""Low rank: a matrix as the product of two thin ones, which is smaller and faster when the rank is small enough.

The singular value decomposition gives the best such product for the weights themselves (Eckart and Young, 1936). What
counts are the answers of the layer, though: weighted with the second moments of its inputs, the same decomposition is
the best for those. A convolution becomes one with `rank` kernels and a 1x1 convolution that mixes them.
"""

from __future__ import annotations

import numpy as np

BITS = 20
"Of the largest entry of a factor: its error is 110 dB below the weights, and machines differ by far less than a step."


def decompose(W: np.ndarray, H: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A matrix as a sum of rank-one matrices, the most important first.

    Parameters
    ----------
    W : ndarray of float32, shape (rows, P), finite
    H : ndarray of float64, shape (P, P), positive definite, or None: `hessian.damped` second moments of what
        the layer reads; then the first r terms are those that change its answers least, not its weights

    Returns
    -------
    (left, values, right) : ndarrays of float64, shapes (rows, k), (k,) and (k, P), k = min(rows, P)
        ``W = left * values @ right``; `values` descend. Signs are fixed: the largest entry of each column of `left` is
        positive, so that every machine finds the same

    Raises
    ------
    numpy.linalg.LinAlgError
        If `H` is not positive definite.

    Notes
    -----
    With ``H = L L'`` the answers of W and Q differ, in mean square, by ``|(W - Q) L|^2``: decompose ``W L``, multiply
    with ``L^-1``. Source: Eckart and Young, Psychometrika 1936; weighted as in Wang et al., SVD-LLM, arXiv 2403.07378.

    Examples
    --------
    >>> left, values, right = decompose(np.array([[3.0, 0.0], [0.0, -2.0]]))
    >>> values.tolist(), (left * values @ right).tolist()
    ([3.0, 2.0], [[3.0, 0.0], [0.0, -2.0]])
    """
    exact = W.astype(np.float64)
    lower = None if H is None else np.linalg.cholesky(H)
    left, values, right = np.linalg.svd(exact if H is None else exact @ lower, full_matrices=False)
    signs = np.where(np.take_along_axis(left, np.abs(left).argmax(axis=0)[None], axis=0) < 0, -1.0, 1.0)
    left, right = left * signs, right * signs.T
    return left, values, right if H is None else np.linalg.solve(lower.T, right.T).T


def factors(left: np.ndarray, values: np.ndarray, right: np.ndarray, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """The two matrices of a rank: float32, shapes (rows, rank) and (rank, P), of about equal size in their entries.

    >>> first, second = factors(*decompose(np.array([[4.0, 0.0], [0.0, 1.0]])), rank=1)
    >>> first.tolist(), second.tolist()
    ([[2.0], [0.0]], [[2.0, 0.0]])
    """
    root = np.sqrt(values[:rank])
    return _settled(left[:, :rank] * root), _settled(root[:, None] * right[:rank])


def _settled(factor: np.ndarray) -> np.ndarray:
    """A factor on a grid of `BITS`, float32: what stands behind them is the rounding of one machine's LAPACK."""
    step = step_of(factor)
    return (np.rint(factor / step) * step).astype(np.float32)


def step_of(factor: np.ndarray) -> float:
    """The step of the grid of a factor, a power of two, by its largest entry.

    >>> step_of(np.float32([0.75, -0.5])) == 2.0**-BITS
    True
    """
    return 2.0 ** int(np.frexp(np.abs(factor).max(initial=0))[1] - BITS)


def as_kernels(first: np.ndarray, second: np.ndarray, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The factors of a weight of shape (C_out, C_in, *K): (C_out, rank, 1, ...), applied last, and (rank, C_in, *K).

    >>> first, second = as_kernels(np.zeros((8, 2)), np.zeros((2, 27)), (8, 3, 3, 3))
    >>> first.shape, second.shape
    ((8, 2, 1, 1), (2, 3, 3, 3))
    """
    return first.reshape(*first.shape, *(1 for _ in shape[2:])), second.reshape(len(second), *shape[1:])


def compose(inner: np.ndarray, outer: np.ndarray) -> np.ndarray:
    """The weight that two kernels in a row stand for: float32, shape (C_out, C_in, *K).

    >>> compose(np.float32([[2, 0]]), np.float32([[2], [1]])).tolist()
    [[4.0, 0.0], [2.0, 0.0]]
    """
    product = outer.reshape(len(outer), -1) @ inner.reshape(len(inner), -1)
    return product.reshape(len(outer), *inner.shape[1:])


def max_useful_rank(n_rows: int, n_columns: int) -> int:
    """The largest rank whose two factors have fewer entries than the matrix; 0 if there is none.

    >>> max_useful_rank(64, 64), max_useful_rank(10, 64), max_useful_rank(1, 64)
    (31, 8, 0)
    """
    return max(n_rows * n_columns - 1, 0) // max(n_rows + n_columns, 1)


def rank_of_share(n_rows: int, n_columns: int, share: float) -> int:
    """The rank that is so large a share, 0 to 1, of the full one, rounded down but at least 1.

    >>> rank_of_share(10, 64, 0.25)
    2
    """
    return max(1, int(round(min(n_rows, n_columns) * share, 6)))


def rank_of_energy(values: np.ndarray, energy: float) -> int:
    """The smallest rank whose squared singular values make up so large a share, 0 to 1, of them all; at least 1.

    >>> rank_of_energy(np.array([3.0, 1.0, 1.0]), 0.8), rank_of_energy(np.array([3.0, 1.0, 1.0]), 1.0)
    (1, 3)
    """
    missing = np.append(
        np.cumsum(np.square(values)[::-1])[::-1], 0
    )  # after rank 0, 1, ...; small ones are summed first
    return max(1, int(np.count_nonzero(missing > (1 - energy) * missing[0])))
