"""onnxruntime in CPython: the native twin of `app.runtime.web`, for development and tests."""

from __future__ import annotations

from math import inf
from time import perf_counter
from typing import Any

import numpy as np
import onnxruntime

from app.runtime import PIECE_MS, CannotRun, Probe, Ran
from app.runtime.feeding import DTYPES, Port, answered
from models.beside import NOTHING, Beside, at


class NativeRuntime:
    """Runs on one thread, as the page does."""

    async def run(
        self, onnx: bytes, batch: np.ndarray, *, repeats: int = 1, singles: int = 0, probe: Probe | None = None,
        beside: Beside = NOTHING,
    ) -> Ran:  # fmt: skip
        """See `app.runtime.Runtime.run`."""
        session = _session(onnx)
        start = perf_counter()
        first, *more = _outputs(session, batch, beside)
        seconds = perf_counter() - start
        if repeats > 1:
            seconds = _least(session, [(batch, beside)], repeats - 1)
        names = [output.name for output in session.get_outputs()[1:]]
        probed = None if probe is None else _probed(session, probe)
        single_ms = 1000 * _alone(session, batch, beside, singles) if singles else None
        return Ran(first, 1000 * seconds, single_ms, probed, dict(zip(names, more, strict=True)))

    async def trace(self, onnx: bytes, batch: np.ndarray, beside: Beside = NOTHING) -> tuple[np.ndarray, ...]:
        """See `app.runtime.Runtime.trace`."""
        return tuple(_outputs(_session(onnx), batch, beside))

    async def picture(self, data: bytes, height: int, width: int) -> np.ndarray:
        """See `app.runtime.Runtime.picture`."""
        raise CannotRun("pictures are decoded by the browser; outside the page give an .npz file")


def _alone(session: onnxruntime.InferenceSession, batch: np.ndarray, beside: Beside, singles: int) -> float:
    """Seconds that one sample takes alone; the first run makes ready for the new shape and does not count."""
    rows = (slice(i, i + 1) for i in range(min(singles, len(batch))))
    samples = [(batch[row], at(beside, len(batch), row)) for row in rows]
    _outputs(session, *samples[0])
    return _least(session, samples, singles)


def _least(session: onnxruntime.InferenceSession, batches: list[tuple[np.ndarray, Beside]], count: int) -> float:
    """Seconds of one of so many runs: the least mean of a piece of them."""
    least, runs, start = inf, 0, perf_counter()
    for i in range(count):
        _outputs(session, *batches[i % len(batches)])
        runs, seconds = runs + 1, perf_counter() - start
        if 1000 * seconds >= PIECE_MS or (least == inf and i == count - 1):
            least, runs, start = min(least, seconds / runs), 0, perf_counter()
    return least


def _probed(session: onnxruntime.InferenceSession, probe: Probe) -> Any:
    """What a probe returns once it has been told all it asks."""
    try:
        batch = next(probe)
        while True:
            batch = probe.send(_outputs(session, batch, NOTHING)[0])
    except StopIteration as end:
        return end.value


def _outputs(session: onnxruntime.InferenceSession, batch: np.ndarray, beside: Beside) -> list[np.ndarray]:
    ports = [Port(port.name, DTYPES.get(port.type[7:-1], np.float32), port.shape) for port in session.get_inputs()]
    try:
        return answered(ports, batch, beside, lambda feeds: session.run(None, feeds))
    except Exception as error:  # as in `_session`
        raise CannotRun.because("run", str(error)) from error


def _session(onnx: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # As in the page: weights are unpacked once, when the session is made (METHODS: weight-only files).
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a class of its own for each status code
        raise CannotRun.because("load", str(error)) from error
