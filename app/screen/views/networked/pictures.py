"""Numbers as small pictures: the weights of a layer, and what it says.

Where each number stands in its picture depends on shapes alone, so it is worked out once: a picture is an array of
places, and colours are looked up by them. The same places tell which weight is under the pointer.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, sqrt

import numpy as np

from app.screen.views.networked.sheet import GAP, PAPER, ZERO

STEPS = 8  # shades of each sign
INK_STEPS = 16
FINEST = 1.5  # weights a pixel: screens have up to two of their own for one of ours


@lru_cache(maxsize=256)
def places(shape: tuple[int, ...], tile: tuple[int, ...], aspect: float, gap: int = 1) -> np.ndarray:
    """Where the numbers of an array stand in its picture, as flat indices; -1 where there is a gap.

    Parameters
    ----------
    shape : (rows, columns) of a matrix, or (C_out, C_in, *K) of kernels, which become tiles, a row for each output
    tile : the shape of one tile where the columns of a matrix are pixels; () for none
    aspect : width over height of the room there is, into which tiles are wrapped where they may
    gap : cells between tiles

    Examples
    --------
    >>> places((2, 3), (), 1.0).tolist()
    [[0, 1, 2], [3, 4, 5]]
    >>> places((2, 2), (2, 1), 2.0).tolist()
    [[0, -1, 2], [1, -1, 3]]
    """
    index = np.arange(int(np.prod(shape)), dtype=np.int32)
    if tile:
        return _tiled(index.reshape(shape[0], 1, *tile), aspect, gap)
    if len(shape) == 2:
        return index.reshape(shape)
    kernel = (1, *shape[2:]) if len(shape) == 3 else (shape[2], int(np.prod(shape[3:])))
    if kernel == (1, 1):
        return index.reshape(shape[:2])
    return _tiled(index.reshape(*shape[:2], *kernel), aspect, gap)


@lru_cache(maxsize=256)
def places_within(shape: tuple[int, ...], tile: tuple[int, ...], width: int, height: int) -> np.ndarray:
    """The same for a room in pixels: without gaps where weights are smaller than pixels, and with fewer of them, evenly
    left out, where they are so small that nobody could see them all."""
    width, height = max(width, 1), max(height, 1)
    aspect = round(width / height, 1)
    index = places(shape, tile, aspect)
    if index.shape[1] > width or index.shape[0] > height:
        index = places(shape, tile, aspect, 0)
    step = max(1, round(max(index.shape[1] / width, index.shape[0] / height) / FINEST))
    return index[::step, ::step]


@lru_cache(maxsize=256)
def places_said(shape: tuple[int, ...], aspect: float) -> np.ndarray:
    """The same for what a layer says: a row of numbers as wrapped cells, channels as tiles, tokens as rows."""
    index = np.arange(int(np.prod(shape)), dtype=np.int32)
    if len(shape) == 1:
        across = wrapped(shape[0], aspect)
        whole = np.full(across * ceil(shape[0] / across), -1, np.int32)
        whole[: shape[0]] = index
        return whole.reshape(-1, across)
    if len(shape) == 2:
        return index.reshape(shape)
    return _tiled(index.reshape(shape[0], 1, shape[1], -1), aspect)


def wrapped(count: int, aspect: float) -> int:
    """How many of so many squares stand side by side if they are to fill a room of this width over height."""
    return int(np.clip(round(sqrt(count * aspect)), 1, count))


def _tiled(index: np.ndarray, aspect: float, gap: int = 1) -> np.ndarray:
    """Tiles of shape (rows, columns, height, width) side by side with gaps; a single row or column is wrapped."""
    rows, columns, height, width = index.shape
    if min(rows, columns) == 1 < rows * columns:
        index = index.reshape(-1, 1, height, width)
        rows = len(index)
        across = wrapped(rows, aspect * (height + gap) / (width + gap))
        full = np.full((across * ceil(rows / across), 1, height, width), -1, np.int32)
        full[:rows] = index
        index = full.reshape(-1, across, height, width)
        rows, columns = index.shape[:2]
    spaced = np.full((rows, columns, height + gap, width + gap), -1, np.int32)
    spaced[:, :, :height, :width] = index
    whole = spaced.transpose(0, 2, 1, 3).reshape(rows * (height + gap), -1)
    return whole[: whole.shape[0] - gap, : whole.shape[1] - gap]


def shades(values: np.ndarray, limit: float) -> np.ndarray:
    """Numbers with a sign as colours: the paper is exactly zero, whatever else is there is seen.

    limit : from here on colours are full

    >>> shades(np.array([0, 0.01, -1, 2]), 1.0).tolist()
    [8, 9, 0, 16]
    """
    steps = np.ceil(np.abs(values) * (STEPS / limit)).clip(0, STEPS)
    return (ZERO + np.copysign(steps, values)).astype(np.uint8)


def inks(values: np.ndarray, limit: float) -> np.ndarray:
    """Numbers from 0 on as ink."""
    return (PAPER + np.rint(np.clip(values / limit, 0, 1) * INK_STEPS)).astype(np.uint8)


def colours(values: np.ndarray, low: float, limit: float) -> np.ndarray:
    """What a layer says: as ink if it says nothing below zero (`low`), else with signs."""
    limit = limit if limit > 0 else 1.0
    return inks(values, limit) if low >= 0 else shades(values, limit)


def laid(levels: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The picture: the colour of each number in its place."""
    return np.append(levels.ravel(), np.uint8(GAP))[places]
