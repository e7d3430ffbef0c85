"""Spread correction: what compression takes from a layer's answers makes them differ less; scales give that back.

A layer that lost most of its weights still answers in the right direction, but faintly. Moving its bias alone then does
harm: the means drown what is left of the differences. Scaled first, as far as the answers follow the original ones,
they keep both.
"""

from __future__ import annotations

import numpy as np

ROWS = 128
"Most rows that are looked at, about: a spread needs few."
LIMIT = 10.0
"No answers are scaled by more: nearly nothing is left of them."


def spread_correction(
    W_new: np.ndarray, W_old: np.ndarray, X_new: np.ndarray, X_old: np.ndarray, together: int = 1, least: float = 1
) -> np.ndarray:
    """The factors with which the layer's answers come closest to the original ones, both about their means.

    Parameters
    ----------
    W_new, W_old, X_new, X_old : as for `kernels.calibrated.bias_correction`, with as many rows in both inputs
    together : int, neighbouring channels that share one factor
    least : float, the smallest factor: 1 where weights are gone, so that what is left is never made fainter

    Returns
    -------
    ndarray of float32, shape (C_out,), `least` to `LIMIT`

    Notes
    -----
    The slope of a regression, ``cov(new, old) / var(new)``. A quotient of spreads, as in Jordan et al., REPAIR, ICLR
    2023 (arXiv 2211.08403), keeps more right answers, but is surer of the wrong ones.

    Examples
    --------
    >>> X = np.array([[[1.0, 2.0], [3.0, 2.0]]], dtype=np.float32)
    >>> spread_correction(np.float32([[0.5, 1]]), np.float32([[2, 1]]), X, X).tolist()
    [4.0]
    """
    new, old = _about_means(W_new, X_new), _about_means(W_old, X_old)
    along, itself = (_summed((new * each).sum(axis=1).reshape(-1), together) for each in (old, new))
    slopes = np.divide(along, itself, where=itself > 0, out=np.ones_like(along))
    return np.clip(slopes, least, LIMIT).astype(np.float32).repeat(together)[: len(W_new)]


def _about_means(W: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Answers on some of the rows, less their means: shape (groups, rows, C_out / groups)."""
    some = X[:, :: -(-X.shape[1] // ROWS) or 1]
    answers = some @ W.reshape(len(X), -1, X.shape[2]).swapaxes(1, 2)
    answers = answers.astype(np.float64)  # squares may be beyond float32
    return answers - answers.mean(axis=1, keepdims=True) if answers.size else answers


def _summed(moments: np.ndarray, together: int) -> np.ndarray:
    return np.add.reduceat(moments, np.arange(0, len(moments), together))
