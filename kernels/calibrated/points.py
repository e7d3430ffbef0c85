"""The values a weight may take: an even grid of integers times a scale, or the entries of a table.

GPTQ and coordinate descent fix one input column after the other and ask here for the nearest allowed value, so both
work for either kind. Columns are contiguous (the weight is held transposed), for that is how they are visited. A pruned
weight may only be zero.
"""

from __future__ import annotations

import numpy as np


class GridPoints:
    """``value = scale * (code - zero_point)`` with codes from `low` to `high`.

    Parameters
    ----------
    scale : ndarray of float32, positive, broadcasts to `shape`, as `kernels.storage.granularity.spread_blocks` gives it
    zero_point : ndarray of int or float, broadcasts to `shape`
    low, high : int, see `kernels.storage.affine.grid`
    shape : (rows, P)
    mask : ndarray of bool of that shape, True = kept, or None; pruned weights get the code `zero_point`

    Examples
    --------
    >>> points = GridPoints(np.float32(0.5), np.int16(1), 0, 3, (2, 1))
    >>> codes, values = points.nearest(0, np.array([0.3, 9], dtype=np.float32))
    >>> codes.tolist(), values.tolist()
    ([2.0, 3.0], [0.5, 1.0])
    """

    dtype = np.int16

    def __init__(
        self,
        scale: np.ndarray | np.number | float,
        zero_point: np.ndarray | np.number | float,
        low: int,
        high: int,
        shape: tuple[int, int],
        mask: np.ndarray | None = None,
    ) -> None:
        self.scale = np.broadcast_to(np.asarray(scale, dtype=np.float32), shape).T
        self.zero_point = np.broadcast_to(np.asarray(zero_point, dtype=np.float32), shape).T
        self.low, self.high = np.float32(low), np.float32(high)
        self.mask = None if mask is None else np.ascontiguousarray(mask.T)

    def nearest(self, column: int | np.integer, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Code and value of the point nearest to each wanted value of one column: two of float32, shape (rows,)."""
        scale, zero_point = self.scale[column], self.zero_point[column]
        codes = wanted / scale
        codes += zero_point
        np.rint(codes, out=codes)
        np.minimum(codes, self.high, out=codes)
        np.maximum(codes, self.low, out=codes)
        if self.mask is not None:
            codes = np.where(self.mask[column], codes, zero_point)
        return codes, scale * (codes - zero_point)

    def values(self, codes: np.ndarray) -> np.ndarray:
        """What an array of codes, shape (rows, P), stands for: float32."""
        return (self.scale.T * (codes - self.zero_point.T)).astype(np.float32)


class TablePoints:
    """``value = lut[row // group_size, index]``, one ascending table for every few rows.

    Parameters
    ----------
    lut : ndarray of float32, shape (groups, K), each row ascending
    group_size : int, rows that share a table
    shape : (rows, P)
    mask : as for `GridPoints`; needs a zero in every table that pruned weights use

    Examples
    --------
    >>> points = TablePoints(np.array([[-1, 2], [0, 7]], dtype=np.float32), 1, (2, 1))
    >>> indices, values = points.nearest(0, np.array([0.4, 5], dtype=np.float32))
    >>> indices.tolist(), values.tolist()
    ([0, 1], [-1.0, 7.0])
    """

    dtype = np.uint8

    def __init__(
        self, lut: np.ndarray, group_size: int, shape: tuple[int, int], mask: np.ndarray | None = None
    ) -> None:
        self.lut, self.width = lut.reshape(-1), lut.shape[1]
        group = np.arange(shape[0]) // group_size
        self.starts = group * self.width
        # An index ends half way to the next. All tables lie on one line, far enough apart to be searched at once.
        exact = lut.astype(np.float64)
        self.reach = max(float(np.abs(exact).max()), np.finfo(np.float32).tiny)
        self.offsets = 4 * self.reach * group
        ends = (exact[:, 1:] + exact[:, :-1]) / 2 + 4 * self.reach * np.arange(len(lut))[:, None]
        self.ends, self.skipped = ends.reshape(-1), group * (self.width - 1)
        self.mask = None if mask is None else np.ascontiguousarray(mask.T)
        self.zeros = np.abs(lut).argmin(axis=1)[group]

    def nearest(self, column: int | np.integer, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Index and value of the entry nearest to each wanted value of one column, the lower one half way."""
        places = np.minimum(np.maximum(wanted, -self.reach), self.reach) + self.offsets
        indices = np.searchsorted(self.ends, places) - self.skipped
        if self.mask is not None:
            indices = np.where(self.mask[column], indices, self.zeros)
        return indices, self.lut[indices + self.starts]

    def values(self, indices: np.ndarray) -> np.ndarray:
        """What an array of indices, shape (rows, P), stands for: float32."""
        return self.lut[indices + self.starts[:, None]]
