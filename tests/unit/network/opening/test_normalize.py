"""However a network spells its constants and products, it is read alike."""

import sys

import onnx
from onnx import helper

from app.network.opening.normalize import normalize
from app.network.read import read
from kernels.channel_group import ChannelGroup, Member
from tests.made import networks


def test_a_matrix_product_and_its_sum_become_one_layer():
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["p"], name="dense"),
        helper.make_node("Add", ["b", "p"], ["a"]),
        helper.make_node("Relu", ["a"], ["r"]),
        helper.make_node("MatMul", ["r", "v"], ["y"]),
    ]
    data = networks.model(
        nodes, [networks.tensor("w", 13, 7), networks.tensor("b", 7), networks.tensor("v", 7, 5)], ["N", 13], ["N", 5]
    )
    network = read(data)
    assert [(x.name, x.op, x.shape) for x in network.layers] == [("dense", "Gemm", (7, 13)), ("v", "Gemm", (5, 7))]
    assert network.channel_groups == (ChannelGroup(7, (Member("dense"),), (Member("v"),)),)
    networks.equal_answers(network.write(network.weights).onnx, data, networks.ROWS)


def test_a_constant_node_is_a_weight_and_an_initializer_need_not_be_an_input():
    file = onnx.load_model_from_string(networks.mlp())
    file.graph.input.extend(helper.make_tensor_value_info(t.name, t.data_type, t.dims) for t in file.graph.initializer)
    moved = file.graph.initializer.pop()
    constant = helper.make_node("Constant", [], [moved.name], value=moved)
    file.graph.node.insert(0, constant)
    file.graph.input.remove(next(entry for entry in file.graph.input if entry.name == moved.name))
    network = read(file.SerializeToString())
    assert [x.name for x in network.layers] == ["fc1", "fc2"] and network.input == "x"
    networks.equal_answers(network.write(network.weights).onnx, networks.mlp(), networks.ROWS)


def test_it_takes_time_in_proportion_to_the_layers():
    """For each product all nodes were looked through: ten times the layers took a hundred times as long.

    Counted are the lines that run, each round of a loop as one: they are the same however busy the machine is.
    """

    def steps(layers):
        net, x = networks.Net(), "x"
        for i in range(layers):
            x = net.linear(f"fc{i}", x, 5, 5)
        model = onnx.load_model_from_string(net.bytes(["N", 5], ["N", 5]))
        count = 0

        def counted(*_):
            nonlocal count
            count += 1
            return counted

        before = sys.gettrace()
        sys.settrace(counted)
        try:
            normalize(model)
        finally:
            sys.settrace(before)
        return count

    assert steps(3000) < 12 * steps(500)
