"""ExactOBS: remove one weight after the other, always the one that hurts least once all others have adapted.

The optimal brain surgeon, row by row: with the inverse second moments at hand, the loss of a removal and the best
answer of all other weights are one line each, and so is the inverse for the inputs that are left. That makes a greedy
search over all weights of a layer affordable, and its losses can be compared across rows and layers: a budget for the
whole network falls where it hurts least.

With a budget for several layers it pays to search twice: first on the trained network, to see how many weights each
layer is to lose (`cheapest` of all layers), for which some of its rows are enough; then layer after layer on what the
earlier ones, pruned by now, hand on, each with its own share (`cheapest` of one).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np

from kernels.calibrated.hessian import output_error
from kernels.pruning.masks import masks_together

WIDTH, LEAST_WIDTH = 128, 32
"Most inputs whose interplay is looked at, and how many in a large network: time grows with their cube, for every row."
WORK = 7e8
"Numbers in the inverses of all rows of a network together: a second's work in the page."
CACHE = 130_000
"Numbers in the inverses that are worked on at once: a megabyte of them stays in the processor's cache."


@dataclass(frozen=True, eq=False)
class Removals:
    """How a layer's weights go, row by row.

    order : int, shape (rows, P): columns in the order of their removal
    prices : float64, shape (rows, P), in that order: the loss of the removal, or of an earlier one if that was dearer,
        for nobody gets to the cheap one without it. Mean square of the layer's answers
    energy : float, mean square of the answers of the whole layer before
    """

    order: np.ndarray
    prices: np.ndarray
    energy: float


def exact_obs(
    W: np.ndarray, H: np.ndarray, width: int = WIDTH, most: int | None = None
) -> Generator[float, None, Removals]:
    """The order in which the weights of a layer are best removed; a generator.

    Parameters
    ----------
    W : ndarray of float32, shape (rows, P); weights that are 0 already go first and cost nothing
    H : ndarray of float64, shape (P, P), positive definite: `hessian.damped` second moments of the inputs
    width : int: a layer of more inputs is cut into equal blocks, see `too_wide`
    most : int, rows that are searched, each then standing for its neighbours as well; None: all

    Yields
    ------
    float, 0 to 1: the share of the work that is done; close the generator to give up

    Returns
    -------
    Removals

    Raises
    ------
    numpy.linalg.LinAlgError
        If `H` is singular.

    Notes
    -----
    With ``G = H^-1``: remove the weight of least ``w_p^2 / G_pp``, set ``w -= w_p / G_pp G_p:`` and
    ``G -= G_:p G_p: / G_pp``. The weights that are left need not be kept: `least_squares.refit` finds the same,
    and with a target of its own. Source: Frantar and Alistarh, NeurIPS 2022 (arXiv 2208.11580), algorithm 1.

    Examples
    --------
    Two inputs are nearly the same, so one of them can go, though the third weight is much smaller:

    >>> from kernels.calibrated.hessian import damped
    >>> W, H = np.array([[1.0, 2.0, 0.5]]), damped(np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]))
    >>> search = exact_obs(W, H)
    >>> try:
    ...     while True:
    ...         share = next(search)
    ... except StopIteration as end:
    ...     print(share, end.value.order.tolist())
    1.0 [[0, 2, 1]]
    """
    stands_in = np.arange(len(W)) * min(most or len(W), len(W)) // max(len(W), 1)  # the searched row, for each row
    searched = W[np.unique(stands_in, return_index=True)[1]]
    n_rows, n_columns = searched.shape
    blocks = np.array_split(np.arange(n_columns), -(-n_columns // width))
    order, prices = np.empty(searched.shape, dtype=np.int64), np.empty(searched.shape)
    done = 0
    for columns in blocks:
        inverse = np.linalg.inv(H[np.ix_(columns, columns)])
        several = max(1, CACHE // len(columns) ** 2)
        for first in range(0, n_rows, several):
            rows = slice(first, first + several)
            places, losses = _greedy(searched[rows, columns].astype(np.float64), inverse)
            order[rows, columns] = columns[places]
            prices[rows, columns] = np.maximum.accumulate(losses, axis=1)
            done += places.size
            yield done / searched.size
    return Removals(order[stands_in], prices[stands_in], float(output_error(W, 0, H).sum()))


def affordable_width(shapes: Sequence[tuple[int, int]]) -> int:
    """As many inputs as can be looked at together in layers of these shapes, (rows, P) each, without a long wait.

    >>> affordable_width([(64, 128)]), affordable_width([(64, 576)] * 4)
    (128, 64)
    """
    for width in range(WIDTH, LEAST_WIDTH, -16):
        if sum(rows * columns * (columns / -(-columns // width)) ** 2 for rows, columns in shapes) <= WORK:
            return width
    return LEAST_WIDTH


def too_wide(n_columns: int, width: int = WIDTH) -> str | None:
    """The sentence for a layer whose inputs are not all looked at together, else None.

    >>> too_wide(128)
    >>> too_wide(300)
    'Its 300 inputs are searched in 3 blocks of at most 100: time grows with the cube of the inputs.'
    """
    n_blocks = -(-n_columns // width)
    if n_blocks > 1:
        most = -(-n_columns // n_blocks)
        return (
            f"Its {n_columns} inputs are searched in {n_blocks} blocks of at most {most}: "
            "time grows with the cube of the inputs."
        )


def cheapest(removals: Sequence[Removals], sparsity: float) -> list[np.ndarray]:
    """One mask per layer: all layers together lose `sparsity` of their weights, where it costs the least.

    Prices are compared as shares of what each layer puts out. For a layer on its own give a list of one.

    Parameters
    ----------
    removals : list of Removals
    sparsity : float, 0 to 1

    Returns
    -------
    list of ndarray of bool, shape (rows, P) each, True = kept

    Examples
    --------
    >>> loud = Removals(np.array([[1, 0]]), np.array([[1.0, 4.0]]), 5.0)
    >>> quiet = Removals(np.array([[0, 1]]), np.array([[0.2, 0.4]]), 0.5)
    >>> [mask.tolist() for mask in cheapest([loud, quiet], 0.5)]
    [[[True, False]], [[False, True]]]
    """
    shares = [layer.prices / (layer.energy or 1.0) for layer in removals]
    masks = []
    for layer, kept in zip(removals, masks_together(shares, sparsity), strict=True):
        masks.append(np.empty_like(kept))
        np.put_along_axis(masks[-1], layer.order, kept, axis=1)
    return masks


def _greedy(w: np.ndarray, inverse: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order and losses of the removals of several rows that read the same inputs: two of shape (rows, P)."""
    n_rows, n = w.shape
    columns, rows = np.tile(np.arange(n), (n_rows, 1)), np.arange(n_rows)
    G, diagonal = np.tile(inverse, (n_rows, 1, 1)), np.tile(np.diagonal(inverse), (n_rows, 1))
    order, losses = np.empty((n_rows, n), dtype=np.int64), np.empty((n_rows, n))
    for step in range(n):
        if 4 * (n - step) < 3 * w.shape[1]:  # a quarter is gone: go on with smaller matrices
            left = np.argsort(np.isinf(diagonal), axis=1, kind="stable")[:, : n - step]
            w, columns, diagonal = (np.take_along_axis(array, left, axis=1) for array in (w, columns, diagonal))
            G = G[rows[:, None, None], left[:, :, None], left[:, None, :]]
        scores = np.where(np.isinf(diagonal), np.inf, w * w / diagonal)
        place = scores.argmin(axis=1)
        order[:, step], losses[:, step] = columns[rows, place], scores[rows, place]
        line = G[rows, place]
        scaled = line / diagonal[rows, place, None]
        w -= w[rows, place, None] * scaled
        diagonal -= line * scaled
        diagonal[rows, place] = np.inf
        G -= line[:, :, None] * scaled[:, None, :]
    return order, losses
