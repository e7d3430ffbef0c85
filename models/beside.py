"""What further inputs of a network get along with its samples, by name: a row for each sample, or the same for all."""

from collections.abc import Mapping

import numpy as np

Beside = Mapping[str, np.ndarray]
NOTHING: Beside = {}


def at(beside: Beside, count: int, rows) -> Beside:
    """What goes along with some of `count` samples; `rows` picks them as NumPy does.

    >>> some = at({"mask": np.arange(3), "scale": np.ones(1)}, 3, [2, 2])
    >>> some["mask"].tolist(), some["scale"].tolist()
    ([2, 2], [1.0])
    """
    return {name: values[rows] if values.shape[:1] == (count,) else values for name, values in beside.items()}
