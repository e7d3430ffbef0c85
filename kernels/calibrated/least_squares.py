"""Least squares on a mask: the weights that stay take over the work of those that went.

A pruned row no longer answers as before, but its kept weights can be chosen anew so that it comes as close as it can.
That is an ordinary least-squares problem for each row, and only second moments of the inputs enter it. It is the best
that any method can do once the mask is fixed; what remains to be decided is the mask (`wanda`, `sparsegpt`,
`exact_obs`). Rows with the same mask share one matrix, the others are solved many at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import numpy as np

from kernels.calibrated.hessian import DAMPING, damped

ENTRIES = 500_000
"Most float64 numbers in the matrices that are solved at once: they stay in the processor's cache."


SHARED = 4
"So many masks are solved each by itself sooner than the whole matrix is inverted once: that costs four times as much."


def refit(
    W: np.ndarray, mask: np.ndarray, H: np.ndarray, B: np.ndarray | None = None, share: float = DAMPING
) -> np.ndarray:
    """The kept weights with which a layer answers most like before.

    Parameters
    ----------
    W : ndarray of float32, shape (rows, P), the original rows; where samples say nothing they are kept
    mask : ndarray of bool, shape (rows, P), True = kept
    H : ndarray of float64, shape (P, P): `kernels.calibrated.hessian.gram` of what the layer reads now
    B : ndarray of float64, shape (rows, P): ``cross(X0 @ W.T, X)``, where the inputs changed from X0 to X since the
        layer was trained; without it they did not
    share : float, of the mean diagonal, by which moving away from W is priced

    Returns
    -------
    ndarray of float32, shape (rows, P), 0 where pruned

    Notes
    -----
    Each row minimises ``|X w - X0 w0|^2 / n + d |w - w0|^2`` over its kept columns S, so ``D_SS w_S = (B + d w0)_S``
    with D the damped `H`. With few columns removed, R, and others in each row, it is cheaper to start from the optimum
    without a mask, ``D w' = B + d w0``, and to force R to zero: ``w = w' - (D^-1)_:R ((D^-1)_RR)^-1 w'_R``.
    Where a bias correction follows, moments of `hessian.centred` inputs give the best of both together.
    Source: Hassibi and Stork, NeurIPS 1992; in one go as in Frantar and Alistarh, arXiv 2208.11580, equation 8.

    Examples
    --------
    The second input is twice the first one, so a single weight does what both did:

    >>> W, H = np.array([[1.0, 1.0]], dtype=np.float32), np.array([[1.0, 2.0], [2.0, 4.0]])
    >>> refit(W, np.array([[False, True]]), H, share=1e-9).tolist()
    [[0.0, 1.5]]
    """
    D = damped(H, share)
    goal = W @ D.T if B is None else B + W @ (D - H).T
    few = 2 * np.count_nonzero(mask, axis=1) > mask.shape[1]  # of the columns are removed
    few &= len(np.unique(mask, axis=0)) > SHARED
    refitted = np.empty(mask.shape)
    refitted[~few] = _solve(D, goal[~few], mask[~few])
    if few.any():
        inverse = np.linalg.inv(D)
        unmasked = goal[few] @ inverse.T
        refitted[few] = unmasked - _solve(inverse, unmasked, ~mask[few]) @ inverse.T
    return np.where(mask, refitted, 0).astype(np.float32)


def _solve(A: np.ndarray, goal: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Rows x with ``A_SS x_S = goal_S`` and 0 elsewhere, S being a row's chosen columns: float64, (rows, P)."""
    solved = np.zeros(chosen.shape)
    for rows in _batches(chosen):  # (masks, rows that have this mask)
        masks = chosen[rows[:, 0]]
        n_columns = np.count_nonzero(masks, axis=1).max()
        columns = np.argsort(~masks, axis=1, kind="stable")[:, :n_columns]  # S first, filled up with other columns
        own = np.take_along_axis(masks, columns, axis=1)
        matrices = A[columns[:, :, None], columns[:, None, :]] * (own[:, :, None] & own[:, None, :])
        matrices[:, np.arange(n_columns), np.arange(n_columns)] += ~own  # the filling solves to 0
        wanted = goal[rows[:, None, :], columns[:, :, None]] * own[:, :, None]
        solved[rows[:, None, :], columns[:, :, None]] = np.linalg.solve(matrices, wanted)
    return solved


def _batches(chosen: np.ndarray) -> Iterator[np.ndarray]:
    """Rows with equal masks side by side, and several such masks of about equal size at a time: int, (masks, rows)."""
    groups = {}
    for row, key in enumerate(np.packbits(chosen, axis=1)):
        groups.setdefault(key.tobytes(), []).append(row)
    counts = np.count_nonzero(chosen, axis=1)
    ordered = sorted(groups.values(), key=lambda rows: (len(rows), counts[rows[0]]), reverse=True)
    for n_rows, alike in groupby(ordered, key=len):
        rest = np.array(list(alike))
        while len(rest) and (n_columns := counts[rest[0, 0]]):
            batch, rest = np.split(rest, [max(1, ENTRIES // (n_columns * (n_columns + n_rows)))])
            yield batch
