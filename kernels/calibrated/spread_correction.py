"""Spread correction: what compression takes from a layer's answers makes them differ less; scales give that back.

A layer that lost most of its weights still answers in the right direction, but faintly. Moving its bias alone then does
harm: the means drown what is left of the differences. Scaled to their original spread, with the means moved after that,
the answers keep both.
"""

from __future__ import annotations

import numpy as np

ROWS = 128
"Most rows that are looked at: a spread needs few."
LIMIT = 10.0
"No answers are scaled by more: nearly nothing is left of them, and that is no direction."


def spread_correction(
    W_new: np.ndarray, W_old: np.ndarray, X_new: np.ndarray, X_old: np.ndarray, together: int = 1
) -> np.ndarray:
    """The factors by which the layer's answers differ as much as the original ones again, channel by channel.

    Parameters
    ----------
    W_new, W_old, X_new, X_old : as for `kernels.calibrated.bias_correction`
    together : int, neighbouring channels that share one factor

    Returns
    -------
    ndarray of float32, shape (C_out,), 1 / `LIMIT` to `LIMIT`; 1 where the answers are, or were, always the same

    Notes
    -----
    The quotient of standard deviations. Source: Jordan et al., REPAIR, ICLR 2023 (arXiv 2211.08403), section 3, there
    between two networks.

    Examples
    --------
    >>> X = np.array([[[1.0, 2.0], [3.0, 2.0]]], dtype=np.float32)
    >>> spread_correction(np.float32([[0.5, 1]]), np.float32([[2, 1]]), X, X).tolist()
    [4.0]
    """
    new, old = (_summed(_variances(*each), together) for each in ((W_new, X_new), (W_old, X_old)))
    there = (new > 0) & (old > 0)
    factors = np.sqrt(np.divide(old, new, where=there, out=np.ones_like(old)))
    return np.clip(factors, 1 / LIMIT, LIMIT).astype(np.float32).repeat(together)[: len(W_new)]


def _variances(W: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Variance of each channel's ``X @ W.T`` on some of the rows: float64, shape (C_out,)."""
    some = X[:, :: -(-X.shape[1] // ROWS) or 1]
    answers = some @ W.reshape(len(X), -1, X.shape[2]).swapaxes(1, 2)  # (groups, rows, C_out / groups)
    return answers.var(axis=1, dtype=np.float64).reshape(-1) if answers.size else np.zeros(len(W))


def _summed(variances: np.ndarray, together: int) -> np.ndarray:
    return np.add.reduceat(variances, np.arange(0, len(variances), together))
