"""What a layer multiplies, reads and makes for one sample: together what the card says of its model."""

import numpy as np
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


@pytest.mark.parametrize("id", MODELS)
def test_the_layers_of_a_model_multiply_what_its_card_says(id):
    network, said = read(load(id).onnx), int(load(id).numbers["multiply-accumulates per sample"])
    assert sum(each.macs for each in work(network).values()) == said - WITHOUT_WEIGHT.get(id, 0)
    assert sum(network.macs(network.weights)) == said - WITHOUT_WEIGHT.get(id, 0)


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
    assert work(network)["conv"] == Work(None, (None, None), 32) and network.macs(network.weights) == (None, 0)
