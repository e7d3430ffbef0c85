"""Codes pass from one layer to the next where nobody else reads them."""

import numpy as np
import onnx
import pytest

from tests.made import networks
from tests.made.integers import RNG, recoded


@pytest.mark.parametrize("tail", ["pads", "twice", "sum", "watched"])
def test_codes_pass_on_only_to_a_single_reader(tail):
    """Behind MaxPool with padding they do; where somebody else reads the same numbers they become floats first."""
    net = networks.Net()
    x = net.node("Relu", net.conv("one", "x", 4, 6))
    if tail == "pads":
        x = net.node("MaxPool", x, kernel_shape=[3, 3], pads=[1] * 4)
    y = net.conv("two", x, 6, 5)
    if tail == "sum":
        y = net.node("Add", y, net.conv("three", x, 6, 5))
    net.node("Relu" if tail != "twice" else "Identity", y if tail != "twice" else net.node("Concat", x, y, axis=1))
    pictures = RNG.standard_normal((3, 4, 7, 8)).astype(np.float32)
    network, weights = recoded(net.bytes(["N", 4, 7, 8], ["N", None, None, None]), pictures, [("activations", {})])
    written = network.write(weights, watched=[network.layers[1].input] if tail == "watched" else [])
    operators = [node.op_type for node in onnx.load_model_from_string(written.onnx).graph.node]
    assert operators.count("QuantizeLinear") == {"pads": 1, "twice": 2, "sum": 3, "watched": 2}[tail]
    exact, got = (networks.run(data, pictures)[0] for data in (network.write(network.weights).onnx, written.onnx))
    assert np.abs(got - exact).max() < 0.03 * np.abs(exact).max()
