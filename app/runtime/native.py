"""onnxruntime in CPython: the native twin of `app.runtime.web`, for development and tests."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np
import onnxruntime

from app.runtime import CannotRun, Ran


class NativeRuntime:
    """Runs on one thread, as the page does."""

    async def run(self, onnx: bytes, batches: Sequence[np.ndarray], *, repeats: int = 2) -> Ran:
        """See `app.runtime.Runtime.run`."""
        session = _session(onnx)
        name = session.get_inputs()[0].name
        outputs = [session.run(None, {name: batch})[0] for batch in batches]
        start = perf_counter()
        for _ in range(repeats - 1):
            session.run(None, {name: batches[0]})
        return Ran(tuple(outputs), 1000 * (perf_counter() - start) / (repeats - 1), 0.0)

    async def trace(self, onnx: bytes, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """See `app.runtime.Runtime.trace`."""
        session = _session(onnx)
        return tuple(session.run(None, {session.get_inputs()[0].name: batch}))


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
