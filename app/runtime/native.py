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
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # As in the page: weights are unpacked once, when the session is made (METHODS: weight-only files).
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        try:
            session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime raises a class of its own for each status code
            raise CannotRun(f"onnxruntime cannot load this model: {str(error)[:200]}") from error
        name = session.get_inputs()[0].name
        outputs, times = [], []
        for index, batch in enumerate(batches):
            for _ in range(repeats if index == 0 else 1):
                start = perf_counter()
                output = session.run(None, {name: batch})[0]
                if index == 0:
                    times.append(1000 * (perf_counter() - start))
            outputs.append(output)
        return Ran(tuple(outputs), tuple(times))
