"""Reading networks as others export them, and writing them back."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from app.network.read import read
from kernels.channel_group import ChannelGroup, Member
from kernels.technique import Skipped
from kernels.weight import Float, Palette
from models import MODELS
from models import model as models
from tests.made import networks
from tests.techniques import run

RNG = np.random.default_rng(3)
X = RNG.standard_normal((4, 13)).astype(np.float32)


def tensor(name, *shape):
    return numpy_helper.from_array(RNG.standard_normal(shape).astype(np.float32), name)


def applied(network, *steps):
    """The weights after these (technique, parameters)."""
    weights = network.weights
    for name, params in steps:
        results = run(name, weights, params, network.channel_groups)
        weights = [old if isinstance(new, Skipped) else new for old, new in zip(weights, results, strict=True)]
    return weights


def same_answers(data, other, x):
    np.testing.assert_allclose(networks.run(data, x)[0], networks.run(other, x)[0], rtol=1e-5, atol=1e-5)


# ---- reading ---------------------------------------------------------------------------------------------------------


def test_layers_weights_and_ends_of_a_network():
    network = read(networks.cnn())
    assert [(x.name, x.op, x.shape) for x in network.layers] == [
        ("conv1", "Conv", (5, 3, 3, 3)), ("conv2", "Conv", (7, 5, 3, 3)), ("fc", "Gemm", (11, 63)),
    ]  # fmt: skip
    assert [(w.name, w.values.shape, w.values.dtype) for w in network.weights] == [
        (x.name, x.shape, np.float32) for x in network.layers
    ]
    assert (network.input, network.output, network.input_shape) == ("x", "y", (None, 3, 6, 6))


def test_channels_are_coupled_through_relu_pooling_and_flatten():
    assert read(networks.cnn()).channel_groups == (
        ChannelGroup(5, (Member("conv1"),), (Member("conv2"),)),
        ChannelGroup(7, (Member("conv2"),), (Member("fc", 9),)),
    )
    assert read(networks.mlp((13, 7, 5))).channel_groups == (ChannelGroup(7, (Member("fc1"),), (Member("fc2"),)),)


@pytest.mark.parametrize(
    ("between", "reason"),
    [
        ("Softmax", "Softmax, which comes behind them, needs all of them"),
        ("output", "they are the answers of the network"),
        ("two readers", "ReduceMax, which comes behind them, needs all of them"),
        ("foreign bias", "other operators read the bias of a too"),
    ],
)
def test_channels_that_are_not_understood_to_the_end_stay(between, reason):
    nodes = [
        helper.make_node("Gemm", ["x", "a.weight", "a.bias"], ["a"], transB=1),
        helper.make_node("Softmax" if between == "Softmax" else "Relu", ["a"], ["b"]),
        helper.make_node("Gemm", ["b", "d.weight"], ["y"], transB=1),
    ]
    extra = {
        "two readers": [helper.make_node("ReduceMax", ["b"], ["m"])],
        "foreign bias": [helper.make_node("Neg", ["a.bias"], ["n"])],
    }
    nodes[2:2] = extra.get(between, [])
    tensors = [tensor("a.weight", 7, 13), tensor("a.bias", 7), tensor("d.weight", 5, 7)]
    file = onnx.load_model_from_string(networks.model(nodes, tensors, ["N", 13], ["N", 5]))
    if between == "output":
        file.graph.output.append(helper.make_tensor_value_info("b", TensorProto.FLOAT, ["N", 7]))
    if between in ("two readers", "foreign bias"):
        shape = [None] * (2 if between == "two readers" else 1)
        file.graph.output.append(helper.make_tensor_value_info(nodes[2].output[0], TensorProto.FLOAT, shape))
    network = read(file.SerializeToString())
    assert len(network.layers) == 2
    (channel_group,) = network.channel_groups
    assert (channel_group.producers, channel_group.stays) == ((Member("a"),), reason)
    assert channel_group.consumers == (() if between == "Softmax" else (Member("d"),))


def test_a_branch_couples_all_its_readers():
    nodes = [
        helper.make_node("Gemm", ["x", "a.weight"], ["a"], transB=1),
        helper.make_node("Gemm", ["a", "b.weight"], ["b"], transB=1),
        helper.make_node("Gemm", ["a", "c.weight"], ["c"], transB=1),
        helper.make_node("Add", ["b", "c"], ["y"]),
    ]
    tensors = [tensor("a.weight", 7, 13), tensor("b.weight", 5, 7), tensor("c.weight", 5, 7)]
    network = read(networks.model(nodes, tensors, ["N", 13], ["N", 5]))
    assert network.channel_groups == (
        ChannelGroup(7, (Member("a"),), (Member("b"), Member("c"))),
        ChannelGroup(5, (Member("b"), Member("c")), stays="they are the answers of the network"),
    )


def test_a_matrix_product_and_its_sum_become_one_layer():
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["p"], name="dense"),
        helper.make_node("Add", ["b", "p"], ["a"]),
        helper.make_node("Relu", ["a"], ["r"]),
        helper.make_node("MatMul", ["r", "v"], ["y"]),
    ]
    data = networks.model(nodes, [tensor("w", 13, 7), tensor("b", 7), tensor("v", 7, 5)], ["N", 13], ["N", 5])
    network = read(data)
    assert [(x.name, x.op, x.shape) for x in network.layers] == [("dense", "Gemm", (7, 13)), ("v", "Gemm", (5, 7))]
    assert network.channel_groups == (ChannelGroup(7, (Member("dense"),), (Member("v"),)),)
    same_answers(network.write(network.weights).onnx, data, X)


def test_a_constant_node_is_a_weight_and_an_initializer_need_not_be_an_input():
    file = onnx.load_model_from_string(networks.mlp())
    file.graph.input.extend(helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in file.graph.initializer)
    moved = file.graph.initializer.pop()
    constant = helper.make_node("Constant", [], [moved.name], value=moved)
    file.graph.node.insert(0, constant)
    _drop_input(file.graph, moved.name)
    network = read(file.SerializeToString())
    assert [x.name for x in network.layers] == ["fc1", "fc2"] and network.input == "x"
    same_answers(network.write(network.weights).onnx, networks.mlp(), X)


def _drop_input(graph_proto, name):
    graph_proto.input.remove(next(entry for entry in graph_proto.input if entry.name == name))


@pytest.mark.parametrize("opset", [11, 13, 17, 21, 22])
def test_other_versions_of_the_operators_are_brought_to_ours(opset):
    data = networks.mlp(opset=opset)
    network = read(data)
    written = network.write(applied(network, ("quantize", {"bits": 4}))).onnx
    networks.check(written)
    file = onnx.load_model_from_string(written)
    assert (file.opset_import[0].version, file.ir_version) == (21, 10)
    same_answers(network.write(network.weights).onnx, data, X)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not an ONNX file"),
        (b"GIF89a, certainly no network", "not an ONNX file"),
        (networks.mlp()[:300], "not an ONNX file, or only a part"),
        (networks.model([helper.make_node("Relu", ["x"], ["y"])], [], ["N", 13], ["N", 13]), "nothing to compress"),
        (networks.model([helper.make_node("Relu", ["q"], ["y"])], [], ["N", 13], ["N", 13]), "is broken"),
        (networks.mlp().replace(b"fc1.weight", b"fc1.\xffeight"), "is broken"),
        (networks.mlp(opset=21).replace(b"B\x04\n\x00\x10\x15", b"B\x04\n\x00\x10\x63"), "broken|version 99"),
    ],
    ids=["empty", "picture", "half", "no weights", "no such tensor", "no text", "from the future"],
)
def test_a_file_that_will_not_do_is_refused_in_words(data, words):
    with pytest.raises(ValueError, match=words):
        read(data)


def test_weights_elsewhere_and_weights_that_are_no_numbers_are_refused():
    file = onnx.load_model_from_string(networks.mlp())
    weight = file.graph.initializer[0]
    weight.raw_data = np.full(weight.dims, np.nan, np.float32).tobytes()
    with pytest.raises(ValueError, match="not finite"):
        read(file.SerializeToString())
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="weights.bin")
    with pytest.raises(ValueError, match="second file"):
        read(file.SerializeToString())


def test_names_are_unique_and_leave_tensors_alone():
    nodes = [
        helper.make_node("Gemm", ["x", "attn.weight", "attn.q"], ["a"], transB=1),
        helper.make_node("Gemm", ["a", "v"], ["b"], name="same", transB=1),
        helper.make_node("Gemm", ["b", "w"], ["y"], name="same", transB=1),
    ]
    tensors = [tensor("attn.weight", 7, 13), tensor("attn.q", 7), tensor("v", 7, 7), tensor("w", 5, 7)]
    network = read(networks.model(nodes, tensors, ["N", 13], ["N", 5]))
    assert [x.name for x in network.layers] == ["attn_", "same", "same_"]
    networks.check(network.write(applied(network, ("quantize", {"bits": 3}))).onnx)


# ---- writing ---------------------------------------------------------------------------------------------------------

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
    weights = applied(network, *recipe)
    written = network.write(weights, {"recipe": "<b>ü</b>"})
    networks.check(written.onnx)
    assert sum(s.size_bytes for s in written.stored.values()) + written.overhead_bytes == len(written.onnx)
    assert list(written.stored) == [x.name for x in network.layers]
    assert network.write(weights, {"recipe": "<b>ü</b>"}).onnx == written.onnx
    (entry,) = onnx.load_model_from_string(written.onnx).metadata_props
    assert (entry.key, entry.value) == ("recipe", "<b>ü</b>")
    plain = [replace(w, form=Float(), mask=None) for w in weights]
    same_answers(written.onnx, network.write(plain).onnx, model.inputs[:8])
    assert len(written.onnx) < 0.6 * len(model.onnx) or not recipe


def test_weights_left_alone_keep_their_initializers_and_answers():
    data = networks.cnn()
    network = read(data)
    written = network.write(network.weights)
    old, new = ({t.name: numpy_helper.to_array(t) for t in onnx.load_model_from_string(d).graph.initializer}
                for d in (data, written.onnx))  # fmt: skip
    assert old.keys() == new.keys() and all(np.array_equal(old[name], new[name]) for name in old)
    assert {s.label for s in written.stored.values()} == {"float32"}
    x = RNG.standard_normal((2, 3, 6, 6)).astype(np.float32)
    np.testing.assert_array_equal(networks.run(written.onnx, x)[0], networks.run(data, x)[0])
    for layer, weight in zip(network.layers, network.weights, strict=True):
        payload = 4 * weight.values.size + 4 * len(weight.values)
        assert payload < written.stored[layer.name].original_bytes < payload + 200
        assert payload < written.stored[layer.name].size_bytes <= written.stored[layer.name].original_bytes


def test_removed_channels_take_their_bias_along():
    network = read(networks.mlp((13, 7, 5)))
    weights = applied(network, ("structured", {"sparsity": 0.3}))
    kept = weights[0].kept_out
    assert len(kept) == 5
    bias1, bias2 = (weight.bias for weight in network.weights)
    first, second = (weight.values for weight in network.weights)
    right = np.maximum(X @ first[kept].T + bias1[kept], 0) @ second[:, kept].T + bias2
    np.testing.assert_allclose(networks.run(network.write(weights).onnx, X)[0], right, rtol=1e-5, atol=1e-5)


def test_a_function_is_written_once_and_only_if_it_pays():
    def functions(widths):
        network = read(networks.mlp(widths))
        weights = applied(network, ("palettize", {"bits": 3}))
        assert all(isinstance(w.form, Palette) for w in weights)
        written = network.write(weights)
        return [f.name for f in onnx.load_model_from_string(written.onnx).functions], written.onnx

    assert functions((13, 7, 5))[0] == []
    names, data = functions((64, 96, 61))
    assert names == ["Unpack"]
    assert len(data) < (64 * 96 + 96 * 61) * 3 / 8 + 4 * (96 + 61) + 1200


def test_a_compressed_file_can_be_read_and_compressed_again():
    network = read(networks.mlp((64, 96, 61, 8)))
    first, *others = applied(network, ("palettize", {"bits": 3}))
    half = network.write([first, *network.weights[1:]], {"recipe": "half"}).onnx
    again = read(half)
    assert [x.name for x in again.layers] == ["fc2", "fc3"]
    whole = again.write(others, {"recipe": "whole"}).onnx
    networks.check(whole)
    file = onnx.load_model_from_string(whole)
    assert [f.name for f in file.functions] == ["Unpack"]
    assert [(m.key, m.value) for m in file.metadata_props] == [("recipe", "whole")]
    same_answers(whole, network.write([first, *others]).onnx, RNG.standard_normal((2, 64)).astype(np.float32))


def test_weights_for_other_layers_are_refused():
    network = read(networks.mlp())
    with pytest.raises(ValueError, match="fc1"):
        network.write(network.weights[::-1])
