"""Runs ONNX bytes: onnxruntime in CPython (`native`), onnxruntime-web in the page (`web`), one interface."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from models.beside import NOTHING, Beside

PIECE_MS = 3  # in which a run is timed, or several that are short: what interrupts one piece leaves the next alone


class CannotRun(ValueError):
    """The runtime refuses the file; the text is for the person."""

    @classmethod
    def because(cls, doing: str, error: str) -> CannotRun:
        """What onnxruntime says, as far as it is in words: no status, no place in its sources, not its whole length.

        >>> print(CannotRun.because("load", "[ONNXRuntimeError] : 1 : FAIL : /src/a.h:46 int ort::F(x) Opset 99."))
        onnxruntime cannot load this model: Opset 99.
        >>> print(CannotRun.because("run", "/src/a.cc:5 ort::F() x.size() == ort::y was false."))
        onnxruntime cannot run this model
        """
        said = re.sub(r"\[ONNXRuntimeError\] : \d+ : \w+ : ", "", error)
        said = " ".join(re.sub(r"\S*\.(h|cc|cpp):\d+ .*?\) (?=[A-Z])", "", said).split())
        inner = re.search(r"::|\.(h|cc|cpp):\d", said)
        return cls(f"onnxruntime cannot {doing} this model" + ("" if inner or not said else f": {said[:200]}"))


@dataclass(frozen=True, eq=False)
class Ran:
    """What one file answered.

    outputs : float32, what it says of the batch
    run_ms : milliseconds of one run of the batch: the least mean of a piece of `PIECE_MS`, without the first run, which
        also reserves memory; of that one if there is no other. No time is below what the clock can tell
    single_ms : the same of one run of a single sample; None if that was not asked for
    probed : what the probe returned; None without one
    more : the other outputs for the batch, by name
    """

    outputs: np.ndarray
    run_ms: float
    single_ms: float | None = None
    probed: Any = None
    more: Mapping[str, np.ndarray] = field(default_factory=dict)


Probe = Generator[np.ndarray, np.ndarray, Any]
"""Yields further batches, is sent what the file says of each, and returns what it has found out."""


class Runtime(Protocol):
    """One session per call: made from the real bytes, run, released."""

    async def run(
        self, onnx: bytes, batch: np.ndarray, *, repeats: int = 1, singles: int = 0, probe: Probe | None = None,
        beside: Beside = NOTHING,
    ) -> Ran:  # fmt: skip
        """Answers to a batch (float32, first axis is the sample) and to a probe.

        Parameters
        ----------
        repeats : how often the batch is run
        singles : how many samples are then run alone, one after the other: the first of the batch, and over again
        beside : what further inputs get; ones go into all others

        Raises
        ------
        CannotRun
        """
        ...

    async def trace(self, onnx: bytes, batch: np.ndarray, beside: Beside = NOTHING) -> tuple[np.ndarray, ...]:
        """All outputs of the file for one batch, in order."""
        ...

    async def picture(self, data: bytes, height: int, width: int) -> np.ndarray:
        """A PNG, JPEG or whatever else the browser knows, in this size: uint8, shape (height, width, 3), colours.

        Raises
        ------
        CannotRun
            If it is no picture.
        """
        ...
