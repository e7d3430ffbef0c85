"""Jitter: how much the error changes from one frame of a clip to the next; what is always off by as much has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.metrics import position_error


def each(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The squared change of the error since the frame before, in square pixels; a clip's first frame has none.

    outputs, labels : places, shape (clips, frames, 2)

    >>> each(np.array([[[1.0, 0.0], [1.0, 2.0]], [[9.0, 0.0], [9.0, 1.0]]]), np.zeros((2, 2, 2))).tolist()
    [4.0, 1.0]
    """
    return np.square(np.diff(position_error.errors(outputs, labels), axis=1)).sum(axis=2).ravel()


METRIC = replace(position_error.METRIC, id="jitter", label="jitter", each=each, in_rows=True, score=np.sqrt)
