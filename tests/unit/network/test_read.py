"""Reading a file finds its layers, weights and ends, in one of ours too."""

import numpy as np
import onnx

from app.network.read import read
from tests.made import networks

RNG = np.random.default_rng(3)


def test_layers_weights_and_ends_of_a_network():
    network = read(networks.cnn())
    assert [(x.name, x.op, x.shape) for x in network.layers] == [
        ("conv1", "Conv", (5, 3, 3, 3)), ("conv2", "Conv", (7, 5, 3, 3)), ("fc", "Gemm", (11, 63)),
    ]  # fmt: skip
    assert [(w.name, w.values.shape, w.values.dtype) for w in network.weights] == [
        (x.name, x.shape, np.float32) for x in network.layers
    ]
    assert (network.input, network.output, network.input_shape) == ("x", "y", (None, 3, 6, 6))


def test_a_compressed_file_can_be_read_and_compressed_again():
    network = read(networks.mlp((64, 96, 61, 8)))
    first, *others = networks.applied(network, ("palettize", {"bits": 3}))
    half = network.write([first, *network.weights[1:]], {"recipe": "half"}).onnx
    again = read(half)
    assert [x.name for x in again.layers] == ["fc2", "fc3"]
    whole = again.write(others, {"recipe": "whole"}).onnx
    networks.check(whole)
    file = onnx.load_model_from_string(whole)
    assert [f.name for f in file.functions] == ["Unpack"]
    assert [(m.key, m.value) for m in file.metadata_props] == [("recipe", "whole")]
    networks.equal_answers(whole, network.write([first, *others]).onnx, RNG.standard_normal((2, 64)).astype(np.float32))
