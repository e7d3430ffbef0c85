"""What each output position of a layer reads, so that a convolution is a matrix product like any other layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

ROWS = 4096
"Most rows given: more do not change second moments by much, and cost time and memory."


@dataclass(frozen=True)
class Window:
    """How the kernel of a convolution moves over a picture: as the attributes of ONNX Conv, `kernel` being (*K)."""

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[int, ...]
    dilations: tuple[int, ...]
    groups: int = 1


def patches(inputs: np.ndarray, window: Window | None = None, rows: int = ROWS) -> np.ndarray:
    """The rows that a layer multiplies with its weights.

    Parameters
    ----------
    inputs : ndarray of float32, shape (n, ..., C) for a matrix product, (n, C, *spatial) for a convolution
    window : Window, or None for a matrix product
    rows : int, most rows to give; of more, evenly spaced ones are taken

    Returns
    -------
    ndarray of float32, shape (groups, at most rows, C / groups * prod(kernel)), in the order of ``weight.reshape``

    Examples
    --------
    >>> picture = np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)
    >>> patches(picture, Window((2, 2), (1, 1), (0, 0, 0, 0), (1, 1)))[0].tolist()
    [[0.0, 1.0, 3.0, 4.0], [1.0, 2.0, 4.0, 5.0], [3.0, 4.0, 6.0, 7.0], [4.0, 5.0, 7.0, 8.0]]
    >>> patches(np.ones((2, 3, 4), dtype=np.float32)).shape
    (1, 6, 4)
    """
    if window is None:
        return _thinned(inputs.reshape(1, -1, inputs.shape[-1]), rows)
    n_axes = len(window.kernel)
    before, after = window.pads[:n_axes], window.pads[n_axes:]
    padded = np.pad(inputs, ((0, 0), (0, 0), *zip(before, after, strict=True)))
    reach = tuple((k - 1) * d + 1 for k, d in zip(window.kernel, window.dilations, strict=True))
    seen = sliding_window_view(padded, reach, axis=tuple(range(2, 2 + n_axes)))  # (n, C, *positions, *reach)
    steps = (*(slice(None, None, s) for s in window.strides), *(slice(None, None, d) for d in window.dilations))
    seen = seen[:, :, *steps]
    n, channels, *rest = seen.shape
    positions = rest[:n_axes]
    chosen = _evenly(n * int(np.prod(positions)), rows)
    sample, *place = np.unravel_index(chosen, (n, *positions))
    taken = seen[sample, :, *place]  # (rows, C, *kernel): only what is asked for is copied
    return taken.reshape(len(chosen), window.groups, -1).transpose(1, 0, 2)


def _thinned(lines: np.ndarray, rows: int) -> np.ndarray:
    return lines if lines.shape[1] <= rows else lines[:, _evenly(lines.shape[1], rows)]


def _evenly(n: int, rows: int) -> np.ndarray:
    """At most `rows` of the numbers 0 to n - 1, evenly spread, yet not always at the same place of a picture."""
    lines = np.arange(min(n, rows))
    return lines if n <= rows else lines * n // rows + lines % (n // rows)
