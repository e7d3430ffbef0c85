"""Whatever became of the weights of a network, the file written with them is valid, adds up and computes with them."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from app.network.read import read
from kernels.technique import Skipped
from kernels.weight import Float
from models import MODELS
from models import model as models
from tests.made import networks
from tests.techniques import run

RECIPES = [
    (),
    (("quantize", {"dtype": "fp16"}),),
    (("quantize", {"bits": 4, "granularity": "per_block", "block_size": 16}),),
    (("palettize", {"bits": 3}),),
    (("palettize", {"bits": 2, "granularity": "per_grouped_channel", "group_size": 4}), ("quantize", {"bits": 8})),
    (("prune", {"sparsity": 0.5}), ("palettize", {"bits": 3})),
    (("prune", {"sparsity": 0.9}), ("quantize", {"bits": 6, "scheme": "asymmetric"})),
    (("structured", {"sparsity": 0.4}), ("palettize", {"bits": 4})),
]


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
@pytest.mark.parametrize("id", MODELS)
def test_a_written_file_is_valid_adds_up_and_computes_with_its_weights(id, recipe):
    model = models.load(id)
    network = read(model.onnx)
    weights = networks.applied(network, *recipe)
    written = network.write(weights, {"recipe": "<b>ü</b>"})
    networks.check(written.onnx)
    assert sum(s.size_bytes for s in written.stored.values()) + written.overhead_bytes == len(written.onnx)
    assert list(written.stored) == [x.name for x in network.layers]
    assert network.write(weights, {"recipe": "<b>ü</b>"}).onnx == written.onnx
    (entry,) = onnx.load_model_from_string(written.onnx).metadata_props
    assert (entry.key, entry.value) == ("recipe", "<b>ü</b>")
    plain = [replace(w, form=Float(), mask=None) for w in weights]
    networks.equal_answers(written.onnx, network.write(plain).onnx, model.inputs[:8])
    assert len(written.onnx) < 0.6 * len(model.onnx) or not recipe


def test_weights_left_alone_keep_their_initializers_and_answers():
    data = networks.cnn()
    network = read(data)
    written = network.write(network.weights)
    old, new = ({t.name: numpy_helper.to_array(t) for t in onnx.load_model_from_string(d).graph.initializer}
                for d in (data, written.onnx))  # fmt: skip
    assert old.keys() == new.keys() and all(np.array_equal(old[name], new[name]) for name in old)
    assert {s.label for s in written.stored.values()} == {"float32"}
    x = networks.PICTURES
    np.testing.assert_array_equal(networks.run(written.onnx, x)[0], networks.run(data, x)[0])
    for layer, weight in zip(network.layers, network.weights, strict=True):
        payload = 4 * weight.values.size + 4 * len(weight.values)
        assert payload < written.stored[layer.name].original_bytes < payload + 200
        assert payload < written.stored[layer.name].size_bytes <= written.stored[layer.name].original_bytes


def test_removed_channels_take_their_bias_along():
    network = read(networks.mlp((13, 7, 5)))
    weights = networks.applied(network, ("structured", {"sparsity": 0.3}))
    kept = weights[0].kept_out
    assert len(kept) == 5
    bias1, bias2 = (weight.bias for weight in network.weights)
    first, second = (weight.values for weight in network.weights)
    right = np.maximum(networks.ROWS @ first[kept].T + bias1[kept], 0) @ second[:, kept].T + bias2
    np.testing.assert_allclose(networks.run(network.write(weights).onnx, networks.ROWS)[0], right, rtol=1e-5, atol=1e-5)


def test_weights_for_other_layers_are_refused():
    network = read(networks.mlp())
    with pytest.raises(ValueError, match="fc1"):
        network.write(network.weights[::-1])


RECIPE = {"structured": {"sparsity": 0.3}, "prune": {"sparsity": 0.5}, "palettize": {"bits": 4}}


@pytest.mark.parametrize("data", networks.OF_PICTURES.values(), ids=networks.OF_PICTURES)
def test_an_empty_recipe_gives_the_original_answers(data):
    network = read(data)
    written = network.write(network.weights)
    networks.check(written.onnx)
    networks.same_answers(written.onnx, data, networks.PICTURES)
    assert len(written.onnx) <= len(data)
    again = read(written.onnx)
    assert [(x.name, x.op, x.shape) for x in again.layers] == [(x.name, x.op, x.shape) for x in network.layers]
    assert again.channel_groups == network.channel_groups


@pytest.mark.parametrize("data", networks.OF_PICTURES.values(), ids=networks.OF_PICTURES)
@pytest.mark.parametrize(
    "recipe",
    [
        RECIPE,
        {"quantize": {"bits": 8}},
        {"quantize": {"bits": 8, "granularity": "per_tensor"}},
        {"quantize": {"bits": 4, "granularity": "per_block", "block_size": 16, "scheme": "asymmetric"}},
        {"structured": {"sparsity": 0.3}, "quantize": {"bits": 4}},
        {"prune": {"sparsity": 0.9}},
    ],
    ids=str,
)
def test_any_network_computes_with_the_weights_in_its_file(data, recipe):
    """With default options too, where onnxruntime would like to compute with eight-bit activations."""
    network, weights = read(data), None
    for technique, params in recipe.items():
        given = weights or network.weights
        results = run(technique, given, params, network.channel_groups)
        weights = [old if isinstance(new, Skipped) else new for old, new in zip(given, results, strict=True)]
    written = network.write(weights)
    networks.check(written.onnx)
    assert sum(s.size_bytes for s in written.stored.values()) + written.overhead_bytes == len(written.onnx)
    plain = network.write([replace(weight, form=Float(), mask=None) for weight in weights]).onnx
    networks.same_answers(written.onnx, plain, networks.PICTURES)
