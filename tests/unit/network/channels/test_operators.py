"""Channels pass an operator that treats each by itself; before any other they stay, and it is said why."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from app.network.read import read
from kernels.channel_group import Member
from tests.made import networks


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
    tensors = [networks.tensor("a.weight", 7, 13), networks.tensor("a.bias", 7), networks.tensor("d.weight", 5, 7)]
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


@pytest.mark.parametrize(
    ("op", "attributes", "words"),
    [
        ("Softmax", {"axis": 1}, "Softmax, which comes behind them"),
        ("LRN", {"size": 3}, "LRN, which comes behind them"),
        ("Transpose", {"perm": [0, 2, 3, 1]}, "b reads them in a way that is not understood"),
    ],
)
def test_operators_that_need_all_channels_keep_them(op, attributes, words):
    net, x = networks.start()
    network = networks.chain(net, net.node(op, x, **attributes), 6 if op == "Transpose" else 5)
    stays = {part.name: c.stays for c in network.channel_groups for part in c.producers if c.stays}
    assert words in stays["a"] and "b" not in stays
    written = network.write(networks.removed(network, sparsity=0.5)).onnx
    networks.check(written)
    networks.run(written, networks.PICTURES)


def test_groups_and_shuffled_channels_stay():
    net = networks.Net()
    x = net.conv("grouped", net.conv("a", "x", 3, 6), 6, 8, group=2)
    x = net.reshape(net.node("Transpose", net.reshape(x, 0, 2, 4, 36), perm=[0, 2, 1, 3]), 0, 8, 6, 6)
    network = networks.chain(net, x, 8)
    stays = {part.name: c.stays for c in network.channel_groups for part in c.producers if c.stays}
    assert stays["a"] == "grouped reads them in groups" and "in groups" in stays["grouped"]
    weights = networks.removed(network, sparsity=0.5)
    networks.same_answers(
        network.write(weights).onnx, network.write(networks.zeroed(network, weights)).onnx, networks.PICTURES
    )


def test_constants_on_the_way_follow_their_channels_or_keep_them():
    net, x = networks.start()
    x = net.node("Add", x, net.tensor("shift", 1, 5, 1, 1))
    network = networks.chain(net, net.node("Mul", x, net.tensor("gain", 5, 6, 6)))
    assert [c.homogeneous for c in network.channel_groups] == [False, True]
    weights = networks.removed(network, sparsity=0.5)
    written = onnx.load_model_from_string(network.write(weights).onnx)
    assert {t.name: list(t.dims) for t in written.graph.initializer if t.name in ("shift", "gain")} == {
        "shift": [1, 3, 1, 1], "gain": [3, 6, 6],
    }  # fmt: skip
    networks.same_answers(
        written.SerializeToString(), network.write(networks.zeroed(network, weights)).onnx, networks.PICTURES
    )
    net, x = networks.start()
    twice = net.tensor("twice", 5, 1, 1)
    network = networks.chain(net, net.node("Mul", net.node("Add", x, twice), twice))
    assert "needs all of them" in network.channel_groups[0].stays


def test_channels_that_a_nested_graph_reads_stay():
    net, x = networks.start()
    inner = helper.make_graph(
        [helper.make_node("Neg", [x], ["inner"])], "then", [], [helper.make_tensor_value_info("inner", 1, None)]
    )
    other = helper.make_graph(
        [helper.make_node("Identity", [x], ["other"])], "else", [], [helper.make_tensor_value_info("other", 1, None)]
    )
    network = networks.chain(
        net, net.node("If", net.constant("yes", np.array(True)), then_branch=inner, else_branch=other)
    )
    assert network.channel_groups[0].stays == "a nested graph reads them" and network.layers[0].name == "a"
    networks.check(network.write(networks.removed(network, sparsity=0.5)).onnx)


def test_a_picture_that_becomes_larger_keeps_its_channels_apart():
    net, x = networks.start()
    scales = net.constant("scales", np.array([1, 1, 2, 2], np.float32))
    assert networks.chain(net, net.node("Resize", x, "", scales)).channel_groups[0].consumers == networks.members("b")
