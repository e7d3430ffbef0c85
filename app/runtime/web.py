"""onnxruntime-web for Python: the twin of `app.runtime.native` in the page.

Tensors cross as typed arrays and are copied on both sides, so neither heap keeps a view of the other's memory.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from pyodide.ffi import JsException, create_proxy, to_js

from app.runtime import CannotRun, Probe, Ran
from models.beside import NOTHING, Beside

CLOCK_MS = 0.1  # step of a browser's clock, coarse on purpose where a page is not isolated from others


class WebRuntime:
    """Wraps what `static/ort-bridge.js` exports.

    Parameters
    ----------
    bridge : JsProxy with ``evaluate(bytes, batch, repeats, singles, next, level, beside)`` and
        ``pixels(bytes, height, width)``; None if it is to follow before something is run
    """

    def __init__(self, bridge=None):
        self._bridge = bridge

    def connect(self, bridge) -> None:
        """Run all that follows by this bridge."""
        self._bridge = bridge

    async def run(
        self, onnx: bytes, batch: np.ndarray, *, repeats: int = 1, singles: int = 0, probe: Probe | None = None,
        beside: Beside = NOTHING,
    ) -> Ran:  # fmt: skip
        """See `app.runtime.Runtime.run`."""
        found = None

        def following(output=None):
            """The next batch of the probe; `output` is what the file says of the one before."""
            nonlocal found
            try:
                return _tensor(probe.send(None if output is None else _array(output)))
            except StopIteration as end:
                found = end.value

        answer = await self._evaluate(onnx, batch, repeats, singles, following if probe else None, beside=beside)
        first, *more = map(_array, answer.outputs)
        names = [output.name for output in answer.outputs][1:]
        run_ms = max(answer.ms, CLOCK_MS / max(1, repeats - 1))
        single_ms = max(answer.singleMs, CLOCK_MS / singles) if singles else None
        return Ran(first, run_ms, single_ms, found, dict(zip(names, more, strict=True)))

    async def trace(self, onnx: bytes, batch: np.ndarray, beside: Beside = NOTHING) -> tuple[np.ndarray, ...]:
        """See `app.runtime.Runtime.trace`."""
        # With more, onnxruntime 1.30 fuses Conv, Add and Relu even where what stands between them is asked for.
        answer = await self._evaluate(onnx, batch, 1, 0, None, "basic", beside)
        return tuple(map(_array, answer.outputs))

    async def picture(self, data: bytes, height: int, width: int) -> np.ndarray:
        """See `app.runtime.Runtime.picture`."""
        try:
            pixels = await self._bridge.pixels(to_js(data), height, width)
        except JsException as error:
            raise CannotRun("a picture cannot be read; PNG, JPEG and WebP can") from error
        return np.frombuffer(pixels.to_bytes(), np.uint8).reshape(height, width, 3)

    async def _evaluate(
        self, onnx: bytes, batch: np.ndarray, repeats: int, singles: int, following: Callable | None,
        level: str = "all", beside: Beside = NOTHING,
    ):  # fmt: skip
        """One call: each wait for JavaScript costs a turn of the event loop."""
        proxy = following and create_proxy(following)
        try:
            given = to_js([(name, _tensor(values)) for name, values in beside.items()])
            return await self._bridge.evaluate(to_js(onnx), _tensor(batch), repeats, singles, proxy, level, given)
        except JsException as error:
            raise CannotRun.because("run", error.message) from error
        finally:
            if proxy:
                proxy.destroy()


def _tensor(batch: np.ndarray):
    """A batch for JavaScript: its numbers and its shape."""
    return to_js((to_js(np.ascontiguousarray(batch, np.float32).ravel()), list(batch.shape)))


def _array(output) -> np.ndarray:
    """One output as a NumPy array of its own memory."""
    return np.frombuffer(output.data.to_bytes(), output.type).reshape(output.dims.to_py())
