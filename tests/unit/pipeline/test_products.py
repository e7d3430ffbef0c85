"""Large products of matrices by onnxruntime are those of NumPy, however their factors lie in memory."""

import asyncio

import numpy as np
import pytest

from app.pipeline.products import product
from app.runtime.native import NativeRuntime

RNG = np.random.default_rng(7)
LEFT = RNG.standard_normal((3, 5, 7)).astype(np.float32)
RIGHT = RNG.standard_normal((3, 7, 2)).astype(np.float32)
TALL = RNG.standard_normal((1, 11, 5)).astype(np.float32)


class Watched(NativeRuntime):
    """Notes how many arrays a file is fed with."""

    async def trace(self, onnx, batch, beside):
        self.fed = 1 + len(beside)
        return await super().trace(onnx, batch, beside)


def turned(matrix):
    return np.ascontiguousarray(matrix.swapaxes(1, 2)).swapaxes(1, 2)


@pytest.mark.parametrize(
    ("left", "right", "fed"),
    [
        (LEFT, RIGHT, 2), (turned(LEFT), RIGHT, 2), (LEFT, turned(RIGHT), 2), (turned(LEFT), turned(RIGHT), 2),
        (LEFT[:, ::2], RIGHT[:, :, ::-1], 2), (TALL.swapaxes(1, 2), TALL, 1), (TALL, TALL.swapaxes(1, 2), 1),
        (TALL.swapaxes(1, 2).copy(), TALL, 2), (TALL[:, :5], TALL[:, :5], 2), (TALL[:, :, :1], TALL[:, :1], 2),
        (TALL.swapaxes(1, 2)[:, :, ::2], TALL[:, ::2], 1),
    ],
)  # fmt: skip
def test_products(left, right, fed):
    runtime = Watched()
    found = asyncio.run(product(runtime, left, right))
    assert found.dtype == np.float32 and runtime.fed == fed
    np.testing.assert_allclose(found, left.astype(np.float64) @ right, rtol=1e-5, atol=1e-5)
