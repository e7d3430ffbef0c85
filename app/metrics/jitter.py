"""Jitter: how much the error changes from one frame to the next; an answer that is always off by as much has none."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np

from app.metrics import position_error


def each(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The squared change of the error since the frame before, in square pixels; the first frame follows the last.

    Frames where one clip ends and another begins count as well: it is errors that are compared, not places.

    >>> each(np.array([[1.0, 0.0], [1.0, 2.0]]), np.zeros((2, 2))).tolist()
    [4.0, 4.0]
    """
    error = position_error.errors(outputs, labels)
    return np.square(error - np.roll(error, 1, axis=0)).sum(axis=1)


METRIC = replace(position_error.METRIC, id="jitter", label="jitter", each=each, score=sqrt)
