"""onnxruntime-web for Python: the twin of `app.runtime.native` in the page.

Tensors cross as typed arrays and are copied on both sides, so neither heap keeps a view of the other's memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyodide.ffi import JsException, to_js

from app.runtime import CannotRun, Ran

CLOCK_MS = 0.1  # step of a browser's clock, coarse on purpose where a page is not isolated from others


class WebRuntime:
    """Wraps what `static/ort-bridge.js` exports.

    Parameters
    ----------
    bridge : JsProxy with ``evaluate(bytes, batches, repeats)``
    """

    def __init__(self, bridge):
        self._bridge = bridge

    async def run(self, onnx: bytes, batches: Sequence[np.ndarray], *, repeats: int = 1) -> Ran:
        """See `app.runtime.Runtime.run`."""
        answer = await self._evaluate(onnx, batches, repeats)
        outputs = tuple(_array(batch[0]) for batch in answer.outputs)
        timed = max(1, repeats - 1)
        return Ran(outputs, answer.ms / timed, CLOCK_MS / timed)

    async def trace(self, onnx: bytes, batch: np.ndarray) -> tuple[np.ndarray, ...]:
        """See `app.runtime.Runtime.trace`."""
        answer = await self._evaluate(onnx, [batch], 1)
        return tuple(map(_array, answer.outputs[0]))

    async def _evaluate(self, onnx: bytes, batches: Sequence[np.ndarray], repeats: int):
        """One call: each wait for JavaScript costs a turn of the event loop."""
        tensors = to_js([(to_js(np.ascontiguousarray(batch).ravel()), list(batch.shape)) for batch in batches])
        try:
            return await self._bridge.evaluate(to_js(onnx), tensors, repeats)
        except JsException as error:
            raise CannotRun(f"onnxruntime cannot run this model: {error.message[:200]}") from error


def _array(output) -> np.ndarray:
    """One output as a NumPy array of its own memory."""
    return np.frombuffer(output.data.to_bytes(), np.float32).reshape(output.dims.to_py())
