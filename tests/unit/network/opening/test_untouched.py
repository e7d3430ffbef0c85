"""Constants that no layer owns are counted with the operator that reads them."""

import numpy as np
import onnx

from app.network.opening.untouched import untouched
from app.network.read import read
from tests.made import networks


def test_constants_are_counted_by_their_operator():
    net = networks.Net()
    net.node("Mul", net.gemm("fc", "x", 13, 5), net.constant("scale", np.ones(5, np.float32)))
    graph = onnx.load_model_from_string(net.bytes(["N", 13], ["N", 5])).graph
    assert untouched(graph, {"fc.weight", "fc.bias"}) == {"Mul": 20}


def test_what_goes_with_its_channels_is_counted_no_more():
    net = networks.Net()
    x = net.layer_norm("norm", net.linear("fc1", "x", 13, 8), 8)
    net.linear("fc2", net.node("Relu", x), 8, 5)
    network = read(net.bytes(["N", 4, 13], ["N", 4, 5]))
    assert network.untouched == {"LayerNormalization": 64}
    assert network.write(network.weights).overhead["constants"] == 64
