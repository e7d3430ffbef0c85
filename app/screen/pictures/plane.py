"""The borders between the classes of a plane as a path of SVG."""

from __future__ import annotations

import numpy as np

from app.screen.views.changed.borders import borders


def between(answers: np.ndarray) -> str:
    """The lines between the classes of a grid from -1 to 1, y growing upwards: the `d` of a path.

    >>> between(np.array([[0, 1], [0, 1]]))
    'M0.00 1.00L0.00 -1.00'
    """
    line = borders(answers)
    ends = np.stack([line["x"], -line["y"]], axis=1).reshape(-1, 3, 2)[:, :2].reshape(-1, 4)  # without the gaps
    return "".join(f"M{x:.2f} {y:.2f}L{to_x:.2f} {to_y:.2f}" for x, y, to_x, to_y in ends.tolist())
