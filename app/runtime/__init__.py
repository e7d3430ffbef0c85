"""Runs ONNX bytes: onnxruntime in CPython (`native`), onnxruntime-web in the page (`web`), one interface."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np


class CannotRun(ValueError):
    """The runtime refuses the file; the text is for the person."""


@dataclass(frozen=True, eq=False)
class Ran:
    """What one file answered.

    outputs : float32, what it says of the batch
    run_ms : milliseconds of one run of the batch: the mean of all but the first, which also reserves memory; of that
        one if there is no other
    step_ms : how finely `run_ms` is known: the step of the clock, shared among the runs
    probed : what the probe returned; None without one
    more : the other outputs for the batch, by name
    """

    outputs: np.ndarray
    run_ms: float
    step_ms: float
    probed: Any = None
    more: Mapping[str, np.ndarray] = field(default_factory=dict)


Probe = Generator[np.ndarray, np.ndarray, Any]
"""Yields further batches, is sent what the file says of each, and returns what it has found out."""


class Runtime(Protocol):
    """One session per call: made from the real bytes, run, released."""

    async def run(self, onnx: bytes, batch: np.ndarray, *, repeats: int = 1, probe: Probe | None = None) -> Ran:
        """Answers to a batch (float32, first axis is the sample), which is run `repeats` times, and to a probe."""
        ...

    async def trace(self, onnx: bytes, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """All outputs of the file for one batch, in order."""
        ...
