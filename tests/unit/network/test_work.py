"""What a layer multiplies, reads and makes for one sample: together what the card says of its model."""

from math import prod

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from app.network.read import read
from app.network.work import Work, work_of
from kernels.weight import LowRank
from models import MODELS
from models.model import load
from tests.made import networks
from tests.techniques import run

TOKENS, WIDTH, BLOCKS = 16, 32, 2
WITHOUT_WEIGHT = {"digits-vit": BLOCKS * 2 * TOKENS * TOKENS * WIDTH}  # q k' and scores v: no layer owns them


def work(network, weights=None):
    """By layer, with its own weights or others."""
    pairs = zip(network.layers, weights or network.weights, strict=True)
    return {layer.name: work_of(layer, weight) for layer, weight in pairs}


def terms_summed(data):
    """What a file multiplies, counted in another way: the terms of each sum. With a weight, and of two tensors."""
    graph = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(data)).graph
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in (*graph.value_info, *graph.output)}
    weights, found = {t.name: list(t.dims) for t in graph.initializer}, {True: 0, False: 0}
    for node in graph.node:
        if node.op_type in ("Gemm", "Conv", "MatMul"):
            matrix = weights.get(node.input[1]) or shapes[node.input[1]]
            terms = matrix[-2] if node.op_type == "MatMul" else prod(matrix[1:])
            found[node.input[1] in weights] += prod(shapes[node.output[0]][1:]) * terms
    return found[True], found[False]


@pytest.mark.parametrize("id", MODELS)
def test_the_layers_of_a_model_multiply_what_its_card_says(id):
    network, said = read(load(id).onnx), load(id).numbers.macs
    own = sum(each.macs for each in work(network).values())
    assert own == said - WITHOUT_WEIGHT.get(id, 0) == sum(network.macs(network.weights))
    assert (own, WITHOUT_WEIGHT.get(id, 0)) == terms_summed(load(id).onnx)


def test_layers_read_and_make_so_many_numbers():
    found = work(read(load("digits-cnn").onnx))
    assert found["conv1"].activations == (64, 8 * 64) and found["fc1"].activations == (256, 100)
    assert work(read(load("digits-vit").onnx))["block1.mlp.fc1"].activations == (TOKENS * WIDTH, TOKENS * 64)


def test_a_factorized_layer_multiplies_with_both_halves_and_reads_what_it_read():
    network = read(load("digits-mlp").onnx)
    weights = run("factorize", network.weights, {}, network.channel_groups)
    cut = [weight for weight in weights if isinstance(weight.form, LowRank)]
    before, after = work(network), work(network, weights)
    assert cut
    for weight in cut:
        halves = weight.form.inner, weight.form.outer
        assert after[weight.name].macs == sum(half.values.size for half in halves) < before[weight.name].macs
        assert after[weight.name].activations == before[weight.name].activations


def test_pruned_channels_are_neither_read_nor_made():
    network = read(load("digits-cnn").onnx)
    weights = run("structured", network.weights, {"sparsity": 0.5}, network.channel_groups)
    found = work(network, weights)
    assert found["conv1"].activations == (64, 4 * 64) and found["conv2"].activations[0] == found["conv1"].activations[1]
    assert found["conv1"].macs == 64 * 9 * 4


def test_where_the_file_leaves_a_size_open_nothing_is_said():
    made = networks.model(
        [helper.make_node("Conv", ["x", "w"], ["y"], name="conv")],
        [numpy_helper.from_array(np.ones((4, 3, 1, 1), np.float32), "w")],
        ("N", 3, "height", 8), ("N", 4, "height", 8),
    )  # fmt: skip
    network = read(made)
    assert work(network)["conv"] == Work(None, (None, None), (12, 0), 32) and network.macs(network.weights) == (None, 0)


def test_rows_that_are_no_samples_are_not_counted_as_such():
    """Behind a Reshape the rows are the tokens of all samples: how many of them one sample has is not known."""
    net = networks.Net()
    x = net.gemm("fc", net.reshape("x", -1, 12), 12, 5)
    net.gemm("head", net.reshape(x, -1, 45), 45, 3)
    found = work(read(net.bytes(["N", 9, 12], [None, 3])))
    assert found["fc"].macs is None
