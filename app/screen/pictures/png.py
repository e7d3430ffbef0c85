"""A grey picture as a PNG file in a data link: a few hundred characters where cells of SVG would take thousands.

Greys of a photograph or of a video are light: unlike those of ink on paper they do not turn over in the dark.
"""

from __future__ import annotations

import zlib
from base64 import b64encode
from struct import pack

import numpy as np


def link(values: np.ndarray) -> str:
    """Grey values, 0 black to 1 white, shape (height, width), as a link; what lies beyond is black or white.

    Examples
    --------
    >>> link(np.zeros((1, 1)))[:40]
    'data:image/png;base64,iVBORw0KGgoAAAANSU'
    """
    grey = levels(values)
    height, width = grey.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), grey], axis=1)  # each begins with its filter: none
    header = pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits, grey
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 1)), (b"IEND", b"")
    file = b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)
    return f"data:image/png;base64,{b64encode(file).decode()}"


def levels(values: np.ndarray) -> np.ndarray:
    """Grey values of 0 to 1 as whole numbers of 0 to 255: uint8."""
    return np.rint(np.nan_to_num(values).clip(0, 1) * 255).astype(np.uint8)


def _chunk(name: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + name + content + pack(">I", zlib.crc32(name + content))
