"""Constants that no layer owns are counted with the operator that reads them."""

import numpy as np
import onnx

from app.network.opening.untouched import untouched
from tests.made import networks


def test_constants_are_counted_by_their_operator():
    net = networks.Net()
    net.node("Mul", net.gemm("fc", "x", 13, 5), net.constant("scale", np.ones(5, np.float32)))
    graph = onnx.load_model_from_string(net.bytes(["N", 13], ["N", 5])).graph
    assert untouched(graph, {"fc.weight", "fc.bias"}) == {"Mul": 20}
