"""Bias correction: rounding shifts what a layer answers on average, and its bias can take exactly that back."""

from __future__ import annotations

import numpy as np


def bias_correction(
    W_new: np.ndarray, W_old: np.ndarray, X_new: np.ndarray, X_old: np.ndarray, bias: np.ndarray | None = None
) -> np.ndarray:
    """The bias with which the layer's mean answer is the original one again, channel by channel.

    Parameters
    ----------
    W_new, W_old : ndarray of float32, shape (C_out, ...) with P weights in each channel
    X_new, X_old : ndarray of float32, shapes (groups, n, P) and (groups, m, P): what the layer reads now, and what the
        original one read; the same array if nothing before it has changed
    bias : ndarray of float32, shape (C_out,), or None for a layer without

    Returns
    -------
    ndarray of float32, shape (C_out,): ``bias + mean(X_old @ W_old.T) - mean(X_new @ W_new.T)``

    Notes
    -----
    Source: Nagel et al., ICCV 2019 (arXiv 1906.04721), section 4.2, with means measured on samples.

    Examples
    --------
    >>> X = np.array([[[1.0, 2.0], [3.0, 2.0]]], dtype=np.float32)
    >>> bias_correction(np.float32([[1, 0]]), np.float32([[1, 0.5]]), X, X, np.float32([7])).tolist()
    [8.0]
    """
    moved = _mean_answers(W_old, X_old) - _mean_answers(W_new, X_new)
    return (moved if bias is None else bias + moved).astype(np.float32)


def _mean_answers(W: np.ndarray, X: np.ndarray) -> np.ndarray:
    """Mean of each channel's ``X @ W.T``: float64, shape (C_out,); 0 without rows."""
    mean = X.sum(axis=1, dtype=np.float64) / max(X.shape[1], 1)  # (groups, P)
    return np.einsum("gop,gp->go", W.reshape(len(X), -1, X.shape[2]), mean).reshape(-1)
