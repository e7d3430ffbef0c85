"""Channels go from everything that makes or reads them, and what is left computes as if they had been zero."""

import onnx
import pytest
from onnx import helper

from app.network.read import read
from kernels.channel_group import ChannelGroup, Member
from kernels.pruning.masks import n_removed
from tests.made import networks


@pytest.mark.parametrize("data", networks.OF_PICTURES.values(), ids=networks.OF_PICTURES)
@pytest.mark.parametrize("sparsity", [0.25, 0.6, 0.99])
@pytest.mark.parametrize("criterion", ["l2", "l1"])
def test_a_smaller_network_computes_as_if_its_channels_were_zero(data, sparsity, criterion):
    network = read(data)
    weights = networks.removed(network, sparsity=sparsity, criterion=criterion)
    written = network.write(weights).onnx
    networks.check(written)
    assert len(written) < len(network.write(network.weights).onnx)
    networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, networks.PICTURES)
    assert all(min(weight.values.shape) > 0 for weight in weights)
    for group in network.channel_groups:
        if not group.stays:
            left = group.channels - group.runs * n_removed(group.channels // group.runs, sparsity)
            producer = group.producers[0]
            assert len(next(w for w in weights if w.name == producer.name).values) == left * producer.spread


def test_channels_pass_where_samples_are_taken_out_and_answers_put_back():
    network = read(networks.OF_PICTURES["dynamic"])
    assert networks.going_groups(networks.OF_PICTURES["dynamic"]) == [
        ChannelGroup(5, networks.members("conv1"), networks.members("exit1", "conv2")),
        ChannelGroup(7, networks.members("conv2"), networks.members("exit2")),
    ]
    (answers,) = (group for group in network.channel_groups if group.stays)
    assert answers.producers == networks.members("exit1", "exit2")


def test_a_sum_couples_all_who_make_its_sides_and_all_who_read_it():
    assert networks.going_groups(networks.OF_PICTURES["residual"]) == [
        ChannelGroup(5, networks.members("stem", "conv2"), networks.members("conv1", "conv3", "short")),
        ChannelGroup(7, networks.members("conv1"), networks.members("conv2")),
        ChannelGroup(11, networks.members("conv3"), networks.members("conv4")),
        ChannelGroup(13, networks.members("short", "conv4"), networks.members("fc")),
    ]


def test_depthwise_convolutions_shrink_with_their_channels():
    assert networks.going_groups(networks.OF_PICTURES["separable"]) == [
        ChannelGroup(
            7, networks.members("stem"), networks.members("point1"), networks.members("deep1"), homogeneous=False
        ),
        ChannelGroup(5, networks.members("point1"), (Member("point2", 2),), (Member("deep2", 2),)),
        ChannelGroup(11, networks.members("point2", "excite"), networks.members("squeeze", "fc"), homogeneous=False),
        ChannelGroup(4, networks.members("squeeze"), networks.members("excite")),
    ]
    network = read(networks.OF_PICTURES["separable"])
    weights = {weight.name: weight for weight in networks.removed(network, sparsity=0.5)}
    assert (weights["deep1"].groups, weights["deep1"].values.shape) == (4, (4, 1, 3, 3))
    assert (weights["deep2"].groups, weights["deep2"].values.shape) == (3, (6, 1, 3, 3))


def test_channels_behind_a_concat_begin_where_they_stand():
    assert networks.going_groups(networks.OF_PICTURES["dense"]) == [
        ChannelGroup(5, networks.members("a"), networks.members("b", "c"), homogeneous=False),
        ChannelGroup(7, networks.members("b"), (Member("c", 1, 8),), homogeneous=False),
        ChannelGroup(4, networks.members("c"), (Member("fc", 9),)),
    ]
    network = read(networks.OF_PICTURES["dense"])
    written = onnx.load_model_from_string(network.write(networks.removed(network, sparsity=0.5)).onnx)
    assert {t.name: list(t.dims) for t in written.graph.initializer if "norm" in t.name} == dict.fromkeys(
        ("norm.scale", "norm.shift", "norm.mean", "norm.var"), [3 + 3 + 4]
    )


def test_channels_are_coupled_through_relu_pooling_and_flatten():
    assert read(networks.cnn()).channel_groups == (
        ChannelGroup(5, (Member("conv1"),), (Member("conv2"),)),
        ChannelGroup(7, (Member("conv2"),), (Member("fc", 9),)),
    )
    assert read(networks.mlp((13, 7, 5))).channel_groups == (ChannelGroup(7, (Member("fc1"),), (Member("fc2"),)),)


def test_a_branch_couples_all_its_readers():
    nodes = [
        helper.make_node("Gemm", ["x", "a.weight"], ["a"], transB=1),
        helper.make_node("Gemm", ["a", "b.weight"], ["b"], transB=1),
        helper.make_node("Gemm", ["a", "c.weight"], ["c"], transB=1),
        helper.make_node("Add", ["b", "c"], ["y"]),
    ]
    tensors = [networks.tensor("a.weight", 7, 13), networks.tensor("b.weight", 5, 7), networks.tensor("c.weight", 5, 7)]
    network = read(networks.model(nodes, tensors, ["N", 13], ["N", 5]))
    assert network.channel_groups == (
        ChannelGroup(7, (Member("a"),), (Member("b"), Member("c"))),
        ChannelGroup(5, (Member("b"), Member("c")), stays="they are the answers of the network"),
    )


def test_multiples_of_channels_stay():
    network = read(networks.cnn((3, 20, 9)))
    for multiple, left in ((1, 14), (4, 16), (16, 16)):
        conv1, conv2, _ = networks.removed(network, sparsity=0.3, multiple=multiple)
        assert len(conv1.values) == left and len(conv2.values) == {1: 7, 4: 8, 16: 9}[multiple]
