"""GPTQ: round one input column after the other and let the columns still to come make up for each error.

Rounding weight i to a grid point moves the layer's answers. The weights after it can take most of that back, because
inputs are correlated: the best way is told by a Cholesky factor of the Hessian. So every row is rounded from left to
right, and before a weight is rounded it is shifted by what those before it left behind. All rows go at once.
"""

from __future__ import annotations

import numpy as np

from kernels.calibrated.hessian import upper_factor
from kernels.calibrated.points import GridPoints, TablePoints

BLOCK = 48
"Columns between two updates of all later ones: inside a block each column fetches its own shift, which is less work."


def gptq(W: np.ndarray, H: np.ndarray, points: GridPoints | TablePoints, *, order: str = "natural") -> np.ndarray:
    """Codes whose answers are close to those of W on the calibration samples.

    Parameters
    ----------
    W : ndarray of float32, shape (rows, P)
    H : ndarray of float64, shape (P, P), positive definite: `hessian.damped` second moments of the inputs
    points : `points.GridPoints` or `TablePoints`: the values each weight may take, fixed beforehand. What is
        pruned may only be zero, and the others make up for that too
    order : "natural", or "activation": columns with larger inputs first, while many others can still make up for them

    Returns
    -------
    ndarray of ``points.dtype``, shape (rows, P): codes of a grid or indices of a table

    Raises
    ------
    ValueError
        If `order` is another one, or `H` is not positive definite.

    Notes
    -----
    With ``V V' = H``, for i = 0, 1, ...: ``q_i = nearest(w_i + sum over k < i of (w_k - q_k) V_ki / V_ii)``. Source:
    Frantar et al., ICLR 2023 (arXiv 2210.17323), algorithm 1, which gives the same by way of ``H^-1``; the order is
    "act-order" of its reference code.

    Examples
    --------
    The second input always equals the first one. Rounding to whole numbers, 0.4 + 0.4 becomes 0 + 1:

    >>> from kernels.calibrated.hessian import damped
    >>> from kernels.calibrated.points import GridPoints
    >>> W, H = np.array([[0.4, 0.4]], dtype=np.float32), np.ones((2, 2))
    >>> gptq(W, damped(H), GridPoints(1, 0, -3, 3, W.shape)).tolist()
    [[0, 1]]
    """
    columns = visiting_order(H, order)
    V = upper_factor(H[np.ix_(columns, columns)])
    later = (V / np.diagonal(V)).T.astype(np.float32, order="C")  # later[j, i]: how much of move i column j takes back
    given = W.T[columns]  # (P, rows)
    left = given.copy()  # shifted step by step
    moves = np.empty_like(left)
    codes = np.empty(left.shape, dtype=points.dtype)
    for first in range(0, len(columns), BLOCK):
        stop = min(first + BLOCK, len(columns))
        for i in range(first, stop):
            wanted = left[i] + later[i, first:i] @ moves[first:i]
            codes[columns[i]], values = points.nearest(columns[i], wanted)
            np.subtract(given[i], values, out=moves[i])
        left[stop:] += later[stop:, first:stop] @ moves[first:stop]
    return np.ascontiguousarray(codes.T)


def visiting_order(H: np.ndarray, order: str) -> np.ndarray:
    """Input columns in the order in which they are rounded: int64, shape (P,).

    Raises ValueError if `order` is neither "natural" nor "activation".

    >>> visiting_order(np.diag([1.0, 9.0, 4.0]), "activation").tolist()
    [1, 2, 0]
    """
    if order == "natural":
        return np.arange(len(H))
    if order == "activation":
        return np.argsort(-np.diagonal(H), kind="stable")
    raise ValueError(f"order is {order!r}; choose 'natural' or 'activation'")
