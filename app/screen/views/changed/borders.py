"""The borders between the classes of a grid, as lines."""

from __future__ import annotations

import numpy as np


def borders(answers: np.ndarray) -> dict[str, np.ndarray]:
    """The lines between the classes of a grid over -1 to 1, one behind the other, see `pieces`.

    Each square of four neighbouring points whose answers differ is cut from the middle of one edge to the middle of
    another, or, where three or four edges are cut, from each of them to its own middle.

    answers : int64, shape (rows, columns), rows from y = -1 to 1
    """
    a, b, c, d = answers[:-1, :-1], answers[:-1, 1:], answers[1:, :-1], answers[1:, 1:]
    cut = np.stack([a != b, b != d, d != c, c != a])  # south, east, north, west of each square
    middle = np.array([[0.5, 0], [1, 0.5], [0.5, 1], [0, 0.5]])
    number = cut.sum(axis=0)
    row, column = np.nonzero(number == 2)
    ends = middle[np.nonzero(cut[:, row, column].T)[1].reshape(-1, 2)]  # (squares, 2 ends, x and y)
    one = np.stack([column, row], axis=1)[:, None] + ends
    side, row, column = np.nonzero(cut & (number > 2))
    corner = np.stack([column, row], axis=1)
    two = np.stack([corner + middle[side], corner + 0.5], axis=1)
    return pieces(np.concatenate([one, two]) * 2 / (len(answers) - 1) - 1)


def pieces(ends: np.ndarray) -> dict[str, np.ndarray]:
    """Many short lines, shape (n, 2 ends, x and y), as one with gaps: the page strokes them all at once.

    >>> pieces(np.array([[[0, 1], [2, 3]]]))["x"].tolist()
    [0.0, 2.0, nan]
    """
    x, y = np.pad(ends.astype(np.float32), ((0, 0), (0, 1), (0, 0)), constant_values=np.nan).reshape(-1, 2).T
    return {"x": x, "y": y}
