"""What a session is fed with: samples as numbers of the kind it wants, in pieces where it takes only so many at a time.

Samples are float32 everywhere else. Of a network with several inputs they are the first; the others get what stands
beside the samples, or else ones, as many as there are samples: a mask that covers all, a length of one.
`static/ort-feed.js` does the same in the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from models.beside import Beside, at

DTYPES = {
    "float": np.float32, "double": np.float64, "float16": np.float16, "int64": np.int64, "int32": np.int32,
    "uint8": np.uint8, "int8": np.int8, "bool": np.bool_,
}  # fmt: skip
"The kinds of numbers that samples are brought to, by the name that onnxruntime has for them."

Feeds = dict[str, np.ndarray]


class Port(NamedTuple):
    """An input of a session: its name, the kind of its numbers, and its sizes, numbers where they are fixed."""

    name: str
    dtype: np.dtype
    shape: Sequence[int | str | None]


def answered(
    ports: Sequence[Port], batch: np.ndarray, beside: Beside, run: Callable[[Feeds], list[np.ndarray]]
) -> list[np.ndarray]:
    """All outputs for a batch, whatever the session takes at a time.

    run : answers feeds
    """
    n, size = len(batch), _pieces(ports[0], batch)
    if not size:
        return run(_feeds(ports, batch, beside))
    pieces = []
    for start in range(0, n, size):
        rows = np.minimum(np.arange(start, start + size), n - 1)
        outputs = run(_feeds(ports, batch[rows], at(beside, n, rows)))
        pieces.append([_own(output, size, min(size, n - start)) for output in outputs])
    return [np.concatenate(each) if each[0].ndim else each[0] for each in zip(*pieces, strict=True)]


def _pieces(port: Port, batch: np.ndarray) -> int:
    """How many samples go in at a time; 0 if all do."""
    fixed = port.shape[0] if port.shape else None
    return fixed if isinstance(fixed, int) and 0 < fixed != len(batch) else 0


def _own(output: np.ndarray, size: int, count: int) -> np.ndarray:
    """What an output says of the first `count` samples of a piece."""
    return output[:count] if output.ndim and len(output) == size else output


def _feeds(ports: Sequence[Port], batch: np.ndarray, beside: Beside) -> Feeds:
    first, *others = ports
    return {first.name: batch.astype(first.dtype, copy=False)} | {
        port.name: beside[port.name].astype(port.dtype, copy=False)
        if port.name in beside
        else np.ones(_sizes(port, batch.shape), port.dtype)
        for port in others
    }


def _sizes(port: Port, batch: Sequence[int]) -> list[int]:
    """The sizes of an input that is made up: open ones as those of the samples at the same place.

    >>> _sizes(Port("mask", np.dtype(bool), ["N", None, 3]), (5, 7))
    [5, 7, 3]
    """
    like = [*batch, *[1] * len(port.shape)]
    return [size if isinstance(size, int) and size > 0 else like[i] for i, size in enumerate(port.shape)]
