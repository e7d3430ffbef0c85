"""SparseGPT: prune one input column after the other and let the columns still to come make up for it.

GPTQ with zero as the only point that a removed weight may take. Removing weight i loses ``(w_i V_ii)^2``, with
``V V' = H``, once the weights after it have adapted, and that same number tells which weights to remove. They are
chosen for a block of columns at a time, when all earlier ones have had their say. All rows go at once.
"""

from __future__ import annotations

import numpy as np

from kernels.calibrated.hessian import upper_factor
from kernels.pruning.masks import n_m_mask, n_removed, smallest

BLOCK = 16
"Columns for which weights are chosen at once. The paper has 128, of layers with thousands; ours have hundreds."


def sparsegpt(
    W: np.ndarray,
    H: np.ndarray,
    *,
    sparsity: float = 0.0,
    n_m: tuple[int, int] | None = None,
    run: int | None = None,
    mask: np.ndarray | None = None,
    block: int = BLOCK,
) -> tuple[np.ndarray, np.ndarray]:
    """A layer with some weights removed and the others adapted.

    Parameters
    ----------
    W : ndarray of float32, shape (rows, P)
    H : ndarray of float64, shape (P, P), positive definite: `hessian.damped` second moments of the inputs
    sparsity : float, 0 to 1, of the weights of this layer; the same share of every block of columns
    n_m : (keep, group) or None: instead keep so many of every `group` neighbours of a row. The kernel of a convolution
        has neighbouring input channels side by side when its columns, and those of H, are given in the order (*K, C_in)
    run : int, columns after which neighbourhoods start anew: C_in of a convolution; None: never
    mask : ndarray of bool, shape (rows, P), True = may be kept, or None; what it drops counts as removed
    block : int, columns for which weights are chosen at once

    Returns
    -------
    (ndarray of float32, ndarray of bool), both of shape (rows, P): the weights, 0 where removed, and True where kept

    Raises
    ------
    ValueError
        If `H` is not positive definite, or `n_m` is nothing that `masks.n_m_mask` can keep.

    Notes
    -----
    With ``U = V^-1``, so that ``U'U = H^-1``, for i = 0, 1, ...: ``e = w_i / U_ii`` where it is removed,
    ``w_j -= e U_ij`` for j > i. Of U only the blocks on the diagonal are needed: they are the inverses of those of V,
    and what the moves m of all columns before a block ask of it is ``m V_:b U_bb``.
    What a column gave away it cannot take back: `least_squares.refit` on the same mask does better still.
    Source: Frantar and Alistarh, ICML 2023 (arXiv 2301.00774), algorithm 1.

    Examples
    --------
    The second input always equals the first one, so its weight takes over:

    >>> from kernels.calibrated.hessian import damped
    >>> W, H = np.array([[1.0, 1.5]], dtype=np.float32), np.ones((2, 2))
    >>> weights, mask = sparsegpt(W, damped(H, 1e-6), mask=np.array([[False, True]]))
    >>> weights.round(3).tolist(), mask.tolist()
    ([[0.0, 2.5]], [[False, True]])
    """
    V = upper_factor(H)
    turned, weighs = np.ascontiguousarray(V.T), np.diagonal(V)[:, None]
    left = W.T.astype(np.float64)  # (P, rows), adapted step by step
    kept = np.ones(left.shape, dtype=bool) if mask is None else mask.T.copy()
    moves = np.empty_like(left)
    removed, (n_columns, n_rows) = 0, left.shape
    run, block = run or n_columns, block if n_m is None else max(block // n_m[1], 1) * n_m[1]
    starts = [
        start + i for start in range(0, n_columns, run) for i in range(0, run, block)
    ]  # no group is in two blocks
    for first, stop in zip(starts, [*starts[1:], n_columns], strict=True):
        here, given = slice(first, stop), left[first:stop].copy()
        U = np.linalg.inv(V[here, here])
        left[here] += U.T @ (turned[here, :first] @ moves[:first])
        if n_m is None:
            wanted = n_removed(n_rows * stop, sparsity) - removed
            kept[here] = _least_harmful((left[here] * weighs[here]) ** 2, kept[here], wanted)
            removed += int(np.count_nonzero(~kept[here]))
        for i in range(first, stop):
            if n_m and i % run % n_m[1] == 0:
                group = slice(i, min(i + n_m[1], stop))
                scores = np.where(kept[group], (left[group] * weighs[group]) ** 2, -1)
                kept[group] &= n_m_mask(scores.T, *n_m).T
            removal = np.where(kept[i], 0, left[i] * weighs[i])
            left[i + 1 : stop] -= np.outer(U[i - first, i + 1 - first :], removal)
        left[here] = np.where(kept[here], left[here], 0)
        moves[here] = given - left[here]
    return left.T.astype(np.float32, order="C"), np.ascontiguousarray(kept.T)


def _least_harmful(losses: np.ndarray, kept: np.ndarray, count: int) -> np.ndarray:
    """`kept` without the weights of the smallest losses, so that `count` are gone if there are not more already."""
    losses = np.where(kept, losses, -1).T  # (rows, columns): ties fall to the lower flat index of the weight
    return kept & smallest(losses.reshape(-1), min(max(count, 0), losses.size)).reshape(losses.shape).T
