"""Samples from an ``.npz`` file: `inputs`, or arrays called as the model's own inputs, and `labels`.

Arrays called as further inputs go into those.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from io import BytesIO
from tokenize import TokenError
from zipfile import BadZipFile

import numpy as np

BROKEN = (
    ValueError, TypeError, EOFError, BadZipFile, OverflowError, NotImplementedError, OSError, AttributeError,
    RuntimeError, SyntaxError, TokenError, MemoryError, struct.error, zlib.error,
)  # fmt: skip
"What NumPy and zipfile raise of a broken, an encrypted or a foreign file."
LABELS = ("labels", "label", "y", "targets", "target")


def read(data: bytes, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray | None, dict[str, np.ndarray]]:
    """Inputs, float32, shape (n, ...), labels as they are, or None, and what further inputs get, float32.

    Parameters
    ----------
    names : what the inputs of the network are called, the one that is fed first

    Raises
    ------
    ValueError
        In words for the person.
    """
    try:
        arrays = dict(np.load(BytesIO(data)))  # without pickles: these bytes may come from anywhere
        called = next((name for name in (*names[:1], "inputs", *names[1:], "x") if name in arrays), "")
        inputs = np.ascontiguousarray(arrays[called], dtype=np.float32)
        others = [name for name in names[1:] if name in arrays and name != called]
        beside = {name: np.ascontiguousarray(arrays[name], dtype=np.float32) for name in others}
        labels = next((np.asarray(arrays[name]) for name in LABELS if name in arrays and name != called), None)
    except KeyError:
        named = f" or {names[0]:.40}" if names else ""
        raise ValueError(
            f"the evaluation set has no array named inputs{named}; np.savez(file, inputs=...) makes one"
        ) from None
    except BROKEN as error:
        raise ValueError(
            "the evaluation set is not an .npz file of numbers, or only a part of one; "
            "np.savez(file, inputs=..., labels=...) makes one"
        ) from error
    return inputs, labels, beside


def names(data: bytes) -> tuple[str, ...]:
    """What the arrays of an ``.npz`` file are called; nothing if it is none."""
    try:
        with np.load(BytesIO(data)) as arrays:
            return tuple(arrays.files)
    except BROKEN:
        return ()
