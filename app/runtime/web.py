"""onnxruntime-web for Python: the twin of `app.runtime.native` in the page.

Tensors cross as typed arrays and are copied on both sides, so neither heap keeps a view of the other's memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyodide.ffi import JsException, to_js

from app.runtime import CannotRun, Ran


class WebRuntime:
    """Wraps the object that `static/ort-bridge.js` exports.

    Parameters
    ----------
    bridge : JsProxy with ``create(bytes, options)``, ``run(handle, data, dims)`` and ``release(handle)``
    """

    def __init__(self, bridge):
        self._bridge = bridge

    async def run(self, onnx: bytes, batches: Sequence[np.ndarray], *, repeats: int = 1) -> Ran:
        """See `app.runtime.Runtime.run`."""
        bridge = self._bridge
        try:
            session = await bridge.create(to_js(onnx))
        except JsException as error:
            raise CannotRun(f"onnxruntime cannot load this model: {error.message[:200]}") from error
        outputs, times = [], []
        try:
            for index, batch in enumerate(batches):
                flat, shape = to_js(np.ascontiguousarray(batch).ravel()), to_js(list(batch.shape))
                for _ in range(repeats if index == 0 else 1):
                    answer = await bridge.run(session, flat, shape)
                    if index == 0:
                        times.append(answer.ms)
                outputs.append(_array(answer))
        except JsException as error:
            raise CannotRun(f"onnxruntime cannot run this model: {error.message[:200]}") from error
        finally:
            await bridge.release(session)
        return Ran(tuple(outputs), tuple(times))


def _array(answer) -> np.ndarray:
    """The output of a run as a NumPy array of its own memory."""
    return np.frombuffer(answer.data.to_bytes(), np.float32).reshape(answer.dims.to_py())
