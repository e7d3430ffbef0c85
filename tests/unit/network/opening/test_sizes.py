"""Nodes name their padding in numbers, and no size that follows from what they read."""

import numpy as np
import pytest

from app.network.read import read
from kernels.channel_group import ChannelGroup, Member
from tests.made import networks


@pytest.mark.parametrize("pad", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (2, 2), (4, 3)])
def test_padding_is_said_in_numbers(pad, kernel, stride):
    net = networks.Net()
    x = net.conv("a", "x", 3, 5, kernel, auto_pad=pad, strides=[stride] * 2)
    net.node("Flatten", net.node("GlobalAveragePool", x))
    data = net.bytes(["N", 3, 6, 6], ["N", 5])
    network = read(data)
    networks.same_answers(network.write(network.weights).onnx, data, networks.PICTURES)
    assert len(network.layers[0].window.pads) == 4 and (pad != "VALID" or not any(network.layers[0].window.pads))


def test_a_convolution_whose_padding_depends_on_its_input_is_left_alone():
    net = networks.Net()
    x = net.conv("a", "x", 3, 5, auto_pad="SAME_UPPER", strides=[2, 2])
    net.gemm("fc", net.node("Flatten", net.node("GlobalAveragePool", x)), 5, 3)
    data = net.bytes(["N", 3, "H", "W"], ["N", 3])
    network = read(data)
    assert [layer.name for layer in network.layers] == ["fc"]
    networks.same_answers(network.write(network.weights).onnx, data, networks.PICTURES)


def test_a_reshape_of_what_has_no_known_shape_is_left_alone():
    net = networks.Net()
    y = net.gemm("fc", "x", 13, 5)
    kept = net.node("Compress", y, net.constant("kept", np.array([True, True])))  # of a length that nobody knows
    net.node("Reshape", kept, net.constant("flat", np.array([-1])))
    read(net.bytes(["N", 13], ["M"]))


def test_a_reshape_that_takes_zeros_literally_but_has_none_lets_channels_go():
    net, x = networks.start()
    net.gemm("fc", net.node("Reshape", x, net.constant("flat", np.array([-1, 180])), allowzero=1), 180, 3)
    data = net.bytes(["N", 3, 6, 6], ["N", 3])
    assert read(data).channel_groups == (ChannelGroup(5, (Member("a"),), (Member("fc", 36),)),)


def test_a_reshape_that_asks_for_the_number_of_samples_is_understood():
    net, x = networks.start()
    samples = net.node("Gather", net.node("Shape", x), net.constant("first", np.array([0])))
    target = net.node("Concat", samples, net.constant("rest", np.array([-1])), axis=0)
    net.gemm("fc", net.node("Reshape", x, target), 180, 3)
    data = net.bytes(["N", 3, 6, 6], ["N", 3])
    network = read(data)
    assert network.channel_groups == (ChannelGroup(5, (Member("a"),), (Member("fc", 36),)),)
    networks.same_answers(network.write(network.weights).onnx, data, networks.PICTURES)


def test_zeros_that_a_computed_target_takes_literally_are_none_where_the_shape_is_known():
    """As torch's newer exporter writes it: the last convolution once kept all its channels."""
    net, x = networks.start()
    rest = net.constant("rest", np.array([180]))
    target = net.node("Concat", net.node("Shape", "x", start=0, end=1), rest, axis=0)
    net.gemm("fc", net.node("Reshape", x, target, allowzero=1), 180, 3)
    data = net.bytes(["N", 3, 6, 6], ["N", 3])
    assert read(data).channel_groups == (ChannelGroup(5, (Member("a"),), (Member("fc", 36),)),)
