"""Wanda: a weight matters as much as it is large and as the input it reads is large.

A large weight on an input that is hardly ever on changes little. This is the loss of removing a single weight, with all
others left as they are: the diagonal of the second moments instead of the whole matrix, so it costs next to nothing.
"""

from __future__ import annotations

import numpy as np

from kernels.pruning.masks import n_m_mask, n_removed


def wanda_scores(W: np.ndarray, energies: np.ndarray) -> np.ndarray:
    """Importance of each weight: ``|w| * sqrt(E[x^2])``.

    Parameters
    ----------
    W : ndarray of float32, shape (rows, P)
    energies : ndarray of float, shape (P,) or what broadcasts to that of W: mean square of each input, the diagonal of
        `hessian.gram`

    Returns
    -------
    ndarray of float64, shape (rows, P)

    Notes
    -----
    ``masks_together([scores], sparsity)`` compares all weights of a layer, `row_mask` those of each row, as the paper
    does. Source: Sun et al., ICLR 2024 (arXiv 2306.11695), equation 1.

    Examples
    --------
    >>> wanda_scores(np.array([[2.0, -1.0]]), np.array([1.0, 9.0])).tolist()
    [[2.0, 3.0]]
    """
    return np.abs(W) * np.sqrt(energies)


def row_mask(scores: np.ndarray, sparsity: float) -> np.ndarray:
    """Mask that drops the same number of smallest scores in every row: bool, shape of `scores`, (rows, P).

    >>> row_mask(np.array([[9, 8, 1, 7], [0, 3, 3, 3]]), 0.5).tolist()
    [[True, True, False, False], [False, False, True, True]]
    """
    n = scores.shape[1]
    return n_m_mask(scores, n - n_removed(n, sparsity), max(n, 1))
