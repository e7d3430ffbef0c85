"""Which training digits the long-tail network may see: of some classes nearly all are left out."""

import numpy as np

RARE = (3, 8, 9)
KEPT = 8  # training images of each rare class; the others have about 140


def long_tail(labels):
    """Indices of the training samples to use, ascending: of each rare class the first ``KEPT``, of the others all.

    Examples
    --------
    >>> long_tail(np.array([3] * 20 + [1, 2])).tolist()
    [0, 1, 2, 3, 4, 5, 6, 7, 20, 21]
    """
    left_out = [np.flatnonzero(labels == digit)[KEPT:] for digit in RARE]
    return np.setdiff1d(np.arange(len(labels)), np.concatenate(left_out))
