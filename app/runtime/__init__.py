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
    run_ms : milliseconds of one run of the first batch: the mean of all but the first run, which also reserves memory;
        of that one if there is no other
    step_ms : how finely `run_ms` is known: the step of the clock, shared among the runs
    """

    outputs: tuple[np.ndarray, ...]
    run_ms: float
    step_ms: float


class Runtime(Protocol):
    """One session per call: made from the real bytes, run, released."""

    async def run(self, onnx: bytes, batches: Sequence[np.ndarray], *, repeats: int = 1) -> Ran:
        """Answers to every batch (float32, first axis is the sample); the first is run `repeats` times."""
        ...

    async def trace(self, onnx: bytes, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """All outputs of the file for one batch, in order."""
        ...
