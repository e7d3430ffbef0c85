"""Feeds a session as whoever uses a downloaded file does."""

from __future__ import annotations

import numpy as np
import onnxruntime

from models.beside import Beside, at

DTYPES = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(uint8)": np.uint8}


def fed(session: onnxruntime.InferenceSession, samples: np.ndarray, beside: Beside) -> np.ndarray:
    """The first output for samples: in pieces where a file wants so many at a time, other inputs as told or ones."""
    first, *others = session.get_inputs()
    size = first.shape[0] if isinstance(first.shape[0], int) else len(samples)
    pieces = []
    for start in range(0, len(samples), size):
        piece = samples[start : start + size]
        missing = size - len(piece)
        piece = np.concatenate([piece, np.repeat(piece[-1:], missing, axis=0)])
        feeds = {first.name: piece.astype(DTYPES[first.type])}
        for other in others:
            shape = [n if isinstance(n, int) else piece.shape[i] for i, n in enumerate(other.shape)]
            feeds[other.name] = np.ones(shape, DTYPES[other.type])
            if other.name in beside:
                rows = np.minimum(np.arange(start, start + size), len(samples) - 1)
                feeds[other.name] = at(beside, len(samples), rows)[other.name].astype(DTYPES[other.type])
        pieces.append(session.run(None, feeds)[0][: size - missing or None])
    return np.concatenate(pieces)
