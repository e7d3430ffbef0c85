"""Coordinate descent: change one code at a time to what is best given all the others, and go round again.

GPTQ never looks back: a weight rounded early cannot answer to what came later. Here every weight can. With all others
fixed, a row's squared error is a parabola in one weight, so the best allowed value is the one nearest to its bottom.
No step makes the error larger.
"""

from __future__ import annotations

import numpy as np

from kernels.calibrated.points import GridPoints, TablePoints

BLOCK = 48
"Columns between two updates of the slopes of all others, as in `kernels.calibrated.gptq`."


def coordinate_descent(
    W: np.ndarray, H: np.ndarray, points: GridPoints | TablePoints, codes: np.ndarray, *, sweeps: int = 2
) -> np.ndarray:
    """Codes with an error ``(w - q) H (w - q)'`` no larger than that of the codes given, row by row.

    Parameters
    ----------
    W : ndarray of float32, shape (rows, P); to aim at given answers, `kernels.calibrated.hessian.least_squares_target`
    H : ndarray of float64, shape (P, P), with a positive diagonal, as `kernels.calibrated.hessian.damped` makes it
    points : `kernels.calibrated.points.GridPoints` or `TablePoints`; what is pruned stays zero
    codes : ndarray of int, shape (rows, P), from rounding or from GPTQ; not changed
    sweeps : int, how often each column is visited; it stops early when nothing changes any more

    Returns
    -------
    ndarray of ``points.dtype``, shape (rows, P)

    Notes
    -----
    With slopes ``G = (W - Q) H`` the bottom of weight j's parabola is ``q_j + G_j / H_jj``. Source: cyclic coordinate
    descent as in CDQuant (Nair and Suggala, arXiv 2406.17542) and QuantEase (Behdin et al., arXiv 2309.01885).

    Examples
    --------
    Both inputs are always equal, so 0.4 + 0.4 is better met by 1 + 0 than by 0 + 0:

    >>> from kernels.calibrated.points import GridPoints
    >>> W = np.array([[0.4, 0.4]], dtype=np.float32)
    >>> coordinate_descent(W, np.ones((2, 2)), GridPoints(1, 0, -3, 3, W.shape), np.zeros((1, 2))).tolist()
    [[1, 0]]
    """
    H, codes = H.astype(np.float32), codes.astype(points.dtype)
    bottom, values = 1 / np.diagonal(H), points.values(codes)
    slopes = H @ (W - values).T
    codes, values = (np.array(each.T, order="C") for each in (codes, values))  # (P, rows), as the columns are visited
    moves = np.empty_like(slopes)
    for sweep in range(sweeps):
        for first in range(0, len(H), BLOCK):
            stop = min(first + BLOCK, len(H))
            for j in range(first, stop):
                slope = slopes[j] - H[j, first:j] @ moves[first:j]
                codes[j], nearest = points.nearest(j, values[j] + slope * bottom[j])
                np.subtract(nearest, values[j], out=moves[j])
                values[j] = nearest
            needed = stop if sweep == sweeps - 1 else 0  # in the last sweep nobody asks for earlier slopes again
            slopes[needed:] -= H[needed:, first:stop] @ moves[first:stop]
        if not moves.any():
            break
    return np.ascontiguousarray(codes.T)
