"""Runs ONNX bytes: onnxruntime in CPython (`native`), onnxruntime-web in the page (`web`), one interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


class CannotRun(ValueError):
    """The runtime refuses the file; the text is for the person."""


@dataclass(frozen=True, eq=False)
class Ran:
    """What one file answered.

    outputs : one float32 array per batch given
    times_ms : milliseconds of each timed run of the first batch
    """

    outputs: tuple[np.ndarray, ...]
    times_ms: tuple[float, ...]


class Runtime(Protocol):
    """One session per call: made from the real bytes, run, released."""

    async def run(self, onnx: bytes, batches: Sequence[np.ndarray], *, repeats: int = 1) -> Ran:
        """Answers to every batch (float32, first axis is the sample); the first batch is run `repeats` times."""
        ...
