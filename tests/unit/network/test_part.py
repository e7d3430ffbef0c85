"""Parts of a file, put together from its bytes: they compute what the whole does, and hold no more than they need."""

import numpy as np
import onnx
import onnxruntime
import pytest

from app.network.part import Graph, bottlenecks, needed, part
from app.network.protobuf import block, fields
from app.network.read import read
from models.model import load
from tests.made import networks


@pytest.mark.parametrize("id", ["digits-resnet", "digits-vit", "digits-gate"])
def test_a_part_computes_what_the_whole_file_does(id):
    network = read(load(id).onnx)
    layer = network.layers[-1]
    watched = network.write(network.weights, watched=(layer.input,), plain=True).onnx
    graph, x = Graph.of(watched), load(id).inputs[:20]
    *_, whole = networks.run(watched, x)
    first = part(graph, network.input, [layer.input])
    np.testing.assert_allclose(networks.run(first, x)[0], whole, rtol=1e-5, atol=1e-5)
    between = bottlenecks(needed(graph, network.input, [layer.input]), network.input, [layer.input])[-2]
    rest = part(graph, between, [layer.input])
    (halfway,) = networks.run(part(graph, network.input, [between]), x)
    onward = onnxruntime.InferenceSession(rest).run(None, {between: halfway})
    np.testing.assert_allclose(onward[0], whole, rtol=1e-5, atol=1e-5)
    assert len(onnx.load_from_string(rest).graph.node) < len(onnx.load_from_string(first).graph.node)


def test_numbers_of_fixed_length_are_refused():
    with pytest.raises(ValueError, match="field 2 is of wire type 5"):
        list(fields(block(1, "x") + bytes([2 << 3 | 5]) + bytes(4)))
