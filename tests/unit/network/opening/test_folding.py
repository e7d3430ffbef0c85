"""Batch normalizations become part of the layer before them."""

import onnx

from app.network.read import read
from tests.made import networks


def test_a_batch_normalization_becomes_part_of_the_layer_before_it():
    network = read(networks.OF_PICTURES["residual"])
    folded = {layer.name: layer.size_bytes for layer, w in zip(network.layers, network.weights, strict=True) if w.notes}
    assert list(folded) == ["stem", "conv1", "short"] and network.weights[0].bias.shape == (5,)
    assert network.weights[0].notes == ("The batch normalization behind it has become part of it.",)
    file = onnx.load_model_from_string(network.write(network.weights).onnx)
    assert "BatchNormalization" not in {node.op_type for node in file.graph.node}
    stored = network.write(network.weights).stored
    assert all(stored[name].size_bytes < size for name, size in folded.items())
