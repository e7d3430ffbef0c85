"""Samples from a table: a ``.csv`` file whose first line names its columns, one of which may hold the labels."""

from __future__ import annotations

from io import StringIO
from math import prod

import numpy as np

LABELS = ("label", "labels", "target", "class", "y")  # what a column of labels is called, if it is not the last


def read(data: bytes, shape: tuple[int | None, ...], label: str = "") -> tuple[np.ndarray, np.ndarray | None, str]:
    """Inputs float32, shape (n, *shape[1:]); labels, or None where every column is an input; and what was done, said.

    Parameters
    ----------
    shape : of the network's input, None where a size is open
    label : the name of the column of labels; "" for the one that is called so, or the last

    Raises
    ------
    ValueError
        In words for the person.
    """
    head, rows = _cells(data)
    if all(map(_is_number, head)):
        raise ValueError("the first line of the CSV file has to name its columns; it holds numbers")
    wanted = None if any(size is None for size in shape[1:]) else prod(shape[1:])
    if label and label not in head:
        raise ValueError(f"the CSV file has no column {label!r:.40}; it has {', '.join(head)[:150]}")
    called = label or next((name for name in head if name.lower() in LABELS), "")
    at = None if not called and wanted == len(head) else head.index(called or head[-1])
    inputs = [i for i in range(len(head)) if i != at]
    if wanted not in (None, len(inputs)):
        raise ValueError(
            f"the CSV file has {len(inputs)} columns besides the labels, but the network reads {wanted} numbers of "
            f"each sample"
        )
    values = np.empty((len(rows), len(inputs)), np.float32)
    for column, i in enumerate(inputs):
        values[:, column] = _numbers(rows[:, i], head[i])
    sample = shape[1:] if wanted is not None else (len(inputs),)
    labels = None if at is None else _labels(rows[:, at])
    said = "" if at is None else f" Labels are its column {head[at]}."
    return values.reshape(len(rows), *sample), labels, said


def _cells(data: bytes) -> tuple[list[str], np.ndarray]:
    """The names of the columns, and all cells below them, str of shape (rows, columns)."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("the evaluation set is no .npz, .csv or .zip file that can be read here") from None
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        cells = np.loadtxt(StringIO(text), dtype=str, delimiter=delimiter, quotechar='"', comments=None, ndmin=2)
    except ValueError:
        raise ValueError("the lines of the CSV file have different numbers of columns") from None
    if len(cells) < 2:
        raise ValueError("the CSV file holds no samples; below the names of its columns it needs a line for each")
    return [name.strip() for name in cells[0].tolist()], cells[1:]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(cells: np.ndarray, name: str) -> np.ndarray:
    """A column of numbers."""
    try:
        values = cells.astype(np.float64)
    except ValueError:
        row = next(i for i, cell in enumerate(cells) if not _is_number(cell))
        raise ValueError(
            f"line {row + 2} of the CSV file has {str(cells[row])!r:.40} in the column {name:.40}, which is no number"
        ) from None
    return values


def _labels(cells: np.ndarray) -> np.ndarray:
    """Numbers, if they are; else the names of classes."""
    return cells.astype(np.float64) if all(map(_is_number, cells.tolist())) else cells
