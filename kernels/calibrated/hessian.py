"""What calibration samples say about a layer: which directions of its input matter, and how much.

A layer with weight row ``w`` answers ``x @ w``. If that becomes ``q`` its answers move, in mean square over samples,
by ``(w - q) H (w - q)'`` with ``H = X'X / n``, the second moments of what it reads. Up to a factor of two that is the
Hessian of the layer's squared error, and it is the same for every row. All repairs that look at calibration samples
work from this one matrix (Hassibi and Stork, NeurIPS 1992; Frantar and Alistarh, arXiv 2208.11580).

Products here and in the methods are written so that what is summed lies side by side in both factors, as in ``W @ H.T``
where H is symmetric: that is what the page's NumPy multiplies fastest, up to three times as fast as ``W @ H``.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from kernels.asking import Inputs, Moments
from kernels.weight import Weight

DAMPING = 0.01
"Share of the mean diagonal that is added to the diagonal, as in GPTQ's reference code."
LARGEST = 1e18
"Weights beyond this would overflow when they are multiplied with each other."
CHUNK = 1024
"Rows summed in float32 before they are added up in float64: fast, and exact enough."
BLOCK = 48
"Columns of a Gram matrix found at once. It is symmetric: each block needs only the columns from itself on."


def gram(X: np.ndarray) -> np.ndarray:
    """Second moments of the inputs of a layer: ``X'X / n``.

    Parameters
    ----------
    X : ndarray of float32, shape (..., n, P): n rows, for every group of a convolution

    Returns
    -------
    ndarray of float64, shape (..., P, P), symmetric; zeros if there are no rows

    Examples
    --------
    >>> gram(np.array([[1, 2], [3, 0]], dtype=np.float32)).tolist()
    [[5.0, 1.0], [1.0, 2.0]]
    """
    *groups, n, width = X.shape
    total = np.zeros((*groups, width, width))
    for columns in _chunks(X):
        for first in range(0, width, BLOCK):
            block = columns[..., first : first + BLOCK, :]
            total[..., first : first + BLOCK, first:] += block @ columns[..., first:, :].swapaxes(-1, -2)
    return mirrored(total) / max(n, 1)


def mirrored(upper: np.ndarray) -> np.ndarray:
    """The symmetric matrices whose upper triangles these have, shape (..., P, P).

    >>> mirrored(np.array([[1, 2], [7, 3]])).tolist()
    [[1, 2], [2, 3]]
    """
    return np.triu(upper) + np.triu(upper, 1).swapaxes(-1, -2)


def cross(A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Moments of two quantities with each other: ``A'B / n``, shapes as for `gram`.

    With the original answers for A and what the layer reads now for B, this is what `least_squares_target` aims at.

    >>> cross(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])).tolist()
    [[3.0, 4.0], [6.0, 8.0]]
    """
    total = np.zeros((*A.shape[:-2], A.shape[-1], B.shape[-1]))
    A, B = (X.astype(np.float64) for X in (A, B))  # answers of large weights times inputs can be beyond float32
    for a, b in zip(_chunks(A), _chunks(B), strict=True):
        total += a @ b.swapaxes(-1, -2)
    return total / max(A.shape[-2], 1)


def _chunks(X: np.ndarray) -> Iterator[np.ndarray]:
    """Some rows after the others, as columns."""
    for first in range(0, X.shape[-2], CHUNK):
        yield np.ascontiguousarray(X[..., first : first + CHUNK, :].swapaxes(-1, -2))


def centred(X: np.ndarray) -> np.ndarray:
    """The inputs, shape (..., n, P), with their mean over all n rows taken off.

    Where the layer's bias is corrected afterwards (`bias_correction`) the mean of its answers comes out right
    whatever the weights are. Moments of the centred inputs then leave the weights only what the bias cannot mend.

    >>> centred(np.array([[1.0, 2.0], [3.0, 2.0]])).tolist()
    [[-1.0, 0.0], [1.0, 0.0]]
    """
    return X - X.mean(axis=-2, keepdims=True) if X.shape[-2] else X


@dataclass(frozen=True, eq=False)
class Read:
    """What a layer reads on the calibration samples, for methods that weigh its weights by that.

    H : float64, shape (P, P), second moments; about the means if the layer has a bias, which takes those up
    mean : float64, shape (P,), what the bias takes up; 0 without one
    """

    H: np.ndarray
    mean: np.ndarray

    @classmethod
    def by(cls, weight: Weight, now: Mapping[str, Weight]) -> Generator[Inputs | Moments, np.ndarray, Read]:
        """By the layer of a weight without groups in the network `now`; asks for it."""
        (H,) = yield Moments(weight.name, now, centred=weight.bias is not None)
        if weight.bias is None:
            return cls(H, np.zeros(len(H)))
        (rows,) = yield Inputs(weight.name, now)
        return cls(H, rows.mean(axis=0, dtype=np.float64))


def damped(H: np.ndarray, share: float = DAMPING) -> np.ndarray:
    """The second moments, shape (..., P, P), with `share` of their mean diagonal added so that they can be inverted.

    An input that is always zero then stands alone: its weights take part in no repair and are merely rounded.

    >>> damped(np.array([[2.0, 0.0], [0.0, 0.0]]), share=0.5).tolist()
    [[2.5, 0.0], [0.0, 0.5]]
    >>> damped(np.zeros((1, 1))).tolist()
    [[0.01]]
    """
    mean = np.trace(H, axis1=-2, axis2=-1)[..., None, None] / H.shape[-1]
    return H + share * np.where(mean > 0, mean, 1.0) * np.eye(H.shape[-1])


def shrinkage(H: np.ndarray, n: int) -> np.ndarray:
    """How much of second moments that n rows tell is to give way to equal ones, so that they hold for other rows too.

    Few rows say little about many inputs: who makes up for errors in directions that hardly any of them has, as with
    letters that are rare, fits these rows and harms all others.

    Parameters
    ----------
    H : ndarray of float64, shape (..., P, P): `gram` of the rows
    n : int, the rows

    Returns
    -------
    ndarray of float64, shape (..., 1, 1), 0 to 1: the share r of ``(1 - r) H + r m I``, m the mean of the diagonal

    Notes
    -----
    At most ``P / (n + P)``: moments that nearly are equal do not become so by shrinking, and what else is known of the
    rows, as what they should answer, is to count as well. Source: Chen, Wiesel, Eldar and Hero, "Shrinkage algorithms
    for MMSE covariance estimation", IEEE Trans. Signal Processing 2010, equation 23 (oracle approximating shrinkage).

    Examples
    --------
    >>> shrinkage(np.diag([30.0, 1.0]), 4).round(2).tolist(), shrinkage(np.diag([3.0, 1.0]), 4000).round(4).tolist()
    ([[0.33]], [[0.0005]])
    """
    P = H.shape[-1]
    total, squares = np.trace(H, axis1=-2, axis2=-1), np.einsum("...pq,...pq->...", H, H)
    spread = (n + 1 - 2 / P) * (squares - total**2 / P)
    owed = (1 - 2 / P) * squares + total**2
    share = np.divide(owed, spread, where=spread > 0, out=np.ones_like(owed))
    return np.minimum(share, P / (n + P))[..., None, None]


def upper_factor(H: np.ndarray) -> np.ndarray:
    """Upper triangular ``V`` with ``V V' = H``.

    Column j of ``V``, divided by its diagonal entry, says how input j best makes up for changes of the weights before
    it, if those after it make up for the rest. Its diagonal entry squared is what one over that of the inverse would
    be: how much a change of weight j costs that only those after it can make up for.

    Parameters
    ----------
    H : ndarray of float64, shape (P, P), positive definite, as `damped` makes it

    Raises
    ------
    ValueError
        If it is not positive definite.

    Notes
    -----
    It is a Cholesky factor of `H` with its axes reversed, reversed again. GPTQ's equation 4 and section 3.3, step 3,
    has the inverse of this factor; what is asked of that can be had from the factor itself.

    Examples
    --------
    >>> V = upper_factor(np.array([[5.0, 2.0], [2.0, 4.0]]))
    >>> V.tolist(), (V @ V.T).tolist()
    ([[2.0, 1.0], [0.0, 2.0]], [[5.0, 2.0], [2.0, 4.0]])
    """
    try:
        lower = np.linalg.cholesky(H[::-1, ::-1])
    except np.linalg.LinAlgError:
        raise ValueError("the second moments are singular; give more samples or more damping") from None
    return lower[::-1, ::-1]


def least_squares_target(W: np.ndarray, H: np.ndarray, B: np.ndarray, share: float = DAMPING) -> np.ndarray:
    """The rows that bring the layer closest to `B`, before anything is rounded.

    After earlier layers were compressed a layer reads ``X`` where it read ``X0``. These rows make its answers to ``X``
    as close as possible, in mean square, to the original ones to ``X0``. A compressed row q is then judged by its
    distance from them under `H`, like any other.

    Parameters
    ----------
    W : ndarray of float32, shape (rows, P), the original rows; where samples say nothing they are kept
    H : ndarray of float64, shape (P, P): ``gram(X)``
    B : ndarray of float64, shape (rows, P): ``cross(X0 @ W.T, X)``

    Returns
    -------
    ndarray of float32, shape (rows, P): ``W + (B - W H) D^-1`` with D the damped `H`

    Examples
    --------
    >>> X, X0 = np.array([[2.0, 0.0]]), np.array([[4.0, 0.0]])
    >>> W = np.array([[1.0, 5.0]], dtype=np.float32)
    >>> least_squares_target(W, gram(X), cross(X0 @ W.T, X), share=0.0001).round(2).tolist()
    [[2.0, 5.0]]
    """
    return (W + np.linalg.solve(damped(H, share), (B - W @ H.T).T).T).astype(np.float32)


def output_error(W: np.ndarray, Q: np.ndarray | float, H: np.ndarray) -> np.ndarray:
    """Mean squared change of each row's answers when W becomes Q: ``(w - q) H (w - q)'``, float64, shape (rows,).

    >>> output_error(np.array([[1.0, 2.0]]), np.array([[0.0, 2.0]]), np.diag([3.0, 5.0])).tolist()
    [3.0]
    """
    D = np.subtract(Q, W, dtype=np.float64)
    return np.einsum("rp,rp->r", D @ H.T, D)
