"""Output-aware palettes: a table and indices chosen for what the layer answers, not for the weights themselves.

k-means asks how far each weight moves. What counts is how far the answers move, and there errors of correlated inputs
can cancel. So two steps take turns: with the table fixed, GPTQ and coordinate descent choose the indices; with the
indices fixed, the answers are linear in the entries of the table, whose best values come from least squares.
"""

from __future__ import annotations

import numpy as np

from kernels.calibrated.coordinate_descent import coordinate_descent
from kernels.calibrated.gptq import gptq
from kernels.calibrated.points import TablePoints

TURNS = 8
"Most times that table and indices are chosen anew; few entries need more turns than many."
RESTING = 0.02
"It ends when a turn changes fewer than this share of the indices."


def output_aware_palette(
    W: np.ndarray, H: np.ndarray, lut: np.ndarray, group_size: int, *, mask: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Tables and indices whose answers are close to those of W on the calibration samples.

    Parameters
    ----------
    W : ndarray of float32, shape (rows, P); to aim at given answers, `kernels.calibrated.hessian.least_squares_target`
    H : ndarray of float64, shape (P, P), positive definite, as `kernels.calibrated.hessian.damped` makes it
    lut : ndarray of float32, shape (groups, K), each row ascending: tables to start from, such as those of k-means
    group_size : int, rows that share a table
    mask : ndarray of bool, shape (rows, P), True = kept, or None. Pruned weights stay on the entry of their table that
        is zero, which must be there and stays zero

    Returns
    -------
    lut : ndarray of float32, shape (groups, K), each row ascending
    indices : ndarray of uint8, shape (rows, P)

    Raises
    ------
    ValueError
        If `H` is not positive definite.

    Notes
    -----
    Source: the aim of Stock et al., ICLR 2020 (arXiv 1907.05686), met with GPTQ, coordinate descent and least squares
    in place of weighted k-means.

    Examples
    --------
    The two inputs are always equal, so only the sums of the rows count, 3 and 5:

    >>> from kernels.calibrated.hessian import damped
    >>> W = np.array([[1, 2], [2, 3]], dtype=np.float32)
    >>> lut, indices = output_aware_palette(W, damped(np.ones((2, 2))), np.float32([[1, 3]]), 2)
    >>> print(lut.round(1), lut[0, indices].sum(axis=1).round(1))
    [[1.5 3.5]] [3. 5.]
    """
    points = TablePoints(lut, group_size, W.shape, mask)
    indices = gptq(W, H, points, order="activation")
    for _ in range(TURNS):
        fixed = None if mask is None else lut == 0
        lut = least_squares_tables(W, H, lut, indices, group_size, fixed=fixed, tolerance=0.01)  # it will change again
        lut, before = ascending(lut, indices, group_size)
        points = TablePoints(lut, group_size, W.shape, mask)
        indices = coordinate_descent(W, H, points, before, sweeps=1)
        if (indices != before).mean() < RESTING:
            break
    return lut, indices


def least_squares_tables(
    W: np.ndarray,
    H: np.ndarray,
    lut: np.ndarray,
    indices: np.ndarray,
    group_size: int,
    *,
    fixed: np.ndarray | None = None,
    tolerance: float = 1e-8,
) -> np.ndarray:
    """The tables whose answers are closest to those of W while every weight keeps its index.

    Parameters
    ----------
    W, H, group_size : as for `output_aware_palette`
    indices : ndarray of int, shape (rows, P)
    lut : ndarray of float32, shape (groups, K): where to start; entries that no weight uses stay as they are
    fixed : ndarray of bool, shape (groups, K), or None: entries that must stay as they are
    tolerance : float, how much of the squared slope may be left; with 0.01 a few steps are enough

    Returns
    -------
    ndarray of float32, shape (groups, K), in the order of `lut`

    Notes
    -----
    With S the matrix that spreads a table over a row's weights, the normal equations are ``sum S'HS c = sum S'Hw`` over
    the rows of a group. Conjugate gradients solve them in at most K steps, all groups at once, and never need S'HS:
    spreading, multiplying by H and adding up by index take its place.
    """
    rows = np.arange(len(W)) // group_size
    places = (indices + (rows * lut.shape[1])[:, None]).reshape(-1)
    free = np.ones(lut.shape) if fixed is None else np.where(fixed, 0.0, 1.0)
    H = H.astype(np.float32)

    def gathered(slopes: np.ndarray) -> np.ndarray:  # S'(...), shape (groups, K)
        return np.bincount(places, slopes.reshape(-1), minlength=lut.size).reshape(lut.shape) * free

    def curved(step: np.ndarray) -> np.ndarray:  # S'HS step
        return gathered(step.astype(np.float32).reshape(-1)[places].reshape(W.shape) @ H.T)

    table = lut.astype(np.float64)
    curvature = gathered(np.broadcast_to(np.diagonal(H), W.shape))  # of each entry by itself: scales the steps
    scale = np.divide(1, curvature, where=curvature > 0, out=np.zeros(lut.shape))
    left = gathered((W - lut.reshape(-1)[places].reshape(W.shape)) @ H.T)
    step = scale * left
    worth = (left * step).sum(axis=1, keepdims=True)
    enough = tolerance * worth
    for _ in range(lut.shape[1]):
        if (worth <= enough).all():
            break
        bent = curved(step)
        length = _ratio(worth, (step * bent).sum(axis=1, keepdims=True))
        table += length * step
        left -= length * bent
        before, worth = worth, (left * scale * left).sum(axis=1, keepdims=True)
        step = scale * left + _ratio(worth, before) * step
    return table.astype(np.float32)


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a / b, 0 where b is not positive: a group that is done stands still."""
    return np.divide(a, b, where=b > 0, out=np.zeros(a.shape))


def ascending(lut: np.ndarray, indices: np.ndarray, group_size: int) -> tuple[np.ndarray, np.ndarray]:
    """The same palette with its tables in order: float32 of shape (groups, K), and uint8 of shape (rows, P)."""
    order = lut.argsort(axis=1, kind="stable")
    rank = order.argsort(axis=1).astype(np.uint8)
    group = np.arange(len(indices)) // group_size
    return np.take_along_axis(lut, order, axis=1), rank[group[:, None], indices]
