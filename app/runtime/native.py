"""onnxruntime in CPython: the native twin of `app.runtime.web`, for development and tests."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np
import onnxruntime

from app.runtime import CannotRun, Ran


class NativeRuntime:
    """Runs on one thread, as the page does."""

    async def run(self, onnx: bytes, batches: Sequence[np.ndarray], *, repeats: int = 1) -> Ran:
        """See `app.runtime.Runtime.run`."""
        session = _session(onnx)

        def run(batch: np.ndarray) -> np.ndarray:
            return _outputs(session, batch)[0]

        start = perf_counter()
        first = run(batches[0])
        seconds = perf_counter() - start
        others = [run(batch) for batch in batches[1:]]
        if repeats > 1:
            start = perf_counter()
            for _ in range(repeats - 1):
                run(batches[0])
            seconds = (perf_counter() - start) / (repeats - 1)
        return Ran((first, *others), 1000 * seconds, 0.0)

    async def trace(self, onnx: bytes, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """See `app.runtime.Runtime.trace`."""
        return tuple(_outputs(_session(onnx), batch))


def _outputs(session: onnxruntime.InferenceSession, batch: np.ndarray) -> list[np.ndarray]:
    try:
        return session.run(None, {session.get_inputs()[0].name: batch})
    except Exception as error:  # as in `_session`
        raise CannotRun(f"onnxruntime cannot run this model: {str(error)[:200]}") from error


def _session(onnx: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # As in the page: weights are unpacked once, when the session is made (METHODS: weight-only files).
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises a class of its own for each status code
        raise CannotRun(f"onnxruntime cannot load this model: {str(error)[:200]}") from error
