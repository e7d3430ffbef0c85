"""Files that came quantized give in anybody's session what they give here."""

import asyncio

import numpy as np
import onnxruntime
import pytest

from app.network.read import read
from app.runtime.native import NativeRuntime
from tests.made import networks

STEP = 0.04  # of the grid of what comes out
ROWS = np.random.default_rng(0).standard_normal((200, 13)).astype(np.float32)


def rounded() -> bytes:
    """A layer that reads codes and whose output becomes codes, as onnxruntime's quantizer leaves it."""
    net = networks.Net()
    scale, zero = net.constant("scale", np.float32(0.03)), net.constant("zero", np.uint8(128))
    x = net.node("DequantizeLinear", net.node("QuantizeLinear", "x", scale, zero), scale, zero)
    y = net.gemm("fc", x, 13, 5)
    wide = net.constant("wide", np.float32(STEP))
    net.node("DequantizeLinear", net.node("QuantizeLinear", y, wide, zero), wide, zero)
    return net.bytes(["N", 13], ["N", 5])


def by_default(data: bytes) -> np.ndarray:
    """What a session gives that is made without a thought."""
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]).run(None, {"x": ROWS})[0]


@pytest.mark.parametrize("steps", [(), (("prune", {"sparsity": 0.5}),), (("palettize", {"bits": 4}),),
                                   (("quantize", {"bits": 8}),)])  # fmt: skip
def test_a_session_of_anybody_does_not_quantize_weights_by_itself(steps):
    """onnxruntime once made eight bits of whatever stood there: answers differed by up to 18 % of the largest."""
    network = read(rounded())
    data = network.write(networks.applied(network, *steps)).onnx
    here = asyncio.run(NativeRuntime().run(data, ROWS)).outputs
    apart = np.abs(by_default(data) - here)
    assert apart.max() < 1.5 * STEP and (apart > STEP / 2).mean() < 0.002, "but for what lies on the edge of two steps"


def test_what_reads_the_output_besides_is_left_alone():
    net = networks.Net()
    y = net.gemm("fc", "x", 13, 5)
    scale = net.constant("scale", np.float32(0.1))
    net.node("Add", net.node("DequantizeLinear", net.node("QuantizeLinear", y, scale), scale), y)
    network = read(net.bytes(["N", 13], ["N", 5]))
    assert b"Sum" not in network.write(network.weights).onnx
