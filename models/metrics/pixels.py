"""Pixel accuracy: the share of pixels whose largest output is that of the right class, as segmentation is scored.

Source: Long, Shelhamer and Darrell, CVPR 2015, section 5.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.metrics import accuracy, bootstrap


def each(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The share of right pixels of each picture.

    Parameters
    ----------
    outputs : shape (n, classes, ...)
    labels : shape (n, ...)

    >>> each(np.array([[[0.0, 1.0], [1.0, 0.0]]]), np.array([[1, 1]])).tolist()
    [0.5]
    """
    return (outputs.argmax(axis=1) == labels).reshape(len(labels), -1).mean(axis=1)


# Pixels of one picture are alike, so that it is pictures that are drawn.
METRIC = replace(accuracy.METRIC, id="pixels", label="pixel accuracy", each=each, uncertainty=bootstrap.UNCERTAINTY)
