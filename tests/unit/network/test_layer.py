"""Which operators are layers, and what they and their tensors are called."""

from dataclasses import replace

from onnx import helper

from app.network.read import read
from tests.made import networks


def test_names_are_unique_and_leave_tensors_alone():
    nodes = [
        helper.make_node("Gemm", ["x", "attn.weight", "0.q"], ["a"], transB=1),
        helper.make_node("Gemm", ["a", "v"], ["1.i"], name="same", transB=1),
        helper.make_node("Gemm", ["1.i", "w"], ["y"], name="same", transB=1),
    ]
    tensors = [
        networks.tensor("attn.weight", 7, 13),
        networks.tensor("0.q", 7),
        networks.tensor("v", 7, 7),
        networks.tensor("w", 5, 7),
    ]
    network = read(networks.model(nodes, tensors, ["N", 13], ["N", 5]))
    assert [x.name for x in network.layers] == ["attn", "same", "same_"]
    networks.check(network.write(networks.applied(network, ("quantize", {"bits": 3}))).onnx)


def test_sequences_are_multiplied_by_layers():
    network = read(networks.OF_PICTURES["transformer"])
    ops = [(layer.name, layer.op, layer.shape) for layer in network.layers]
    assert ops[1:4] == [(name, "MatMul", (12, 12)) for name in "qkv"] and ops[5] == ("fc1", "MatMul", (17, 12))
    assert all(weight.bias is not None for weight in network.weights)
    loud = [replace(w, bias=w.bias + 1) for w in network.weights]
    without = [replace(w, bias=None) if w.name == "q" else w for w in loud]
    zero = [replace(w, bias=w.bias * 0) if w.name == "q" else w for w in loud]
    networks.same_answers(network.write(without).onnx, network.write(zero).onnx, networks.PICTURES)


def test_a_transposed_convolution_is_stored_and_its_channels_stay():
    net, x = networks.start()
    up = net.node("ConvTranspose", x, net.tensor("up.weight", 5, 6, 2, 2), strides=[2, 2])
    network = networks.chain(net, net.node("Relu", up), 6)
    assert [(layer.name, layer.is_table) for layer in network.layers] == [
        ("a", False), ("up", True), ("b", False), ("fc", False),
    ]  # fmt: skip
    assert "ConvTranspose" in network.channel_groups[0].stays
    weights = networks.removed(network, sparsity=0.5)
    networks.same_answers(
        network.write(weights).onnx, network.write(networks.zeroed(network, weights)).onnx, networks.PICTURES
    )


def test_a_kernel_without_axes_is_no_layer():
    net, x = networks.start()
    net.nodes[0].attribute.append(helper.make_attribute("kernel_shape", [3, 3]))
    net.tensors[0].dims[:] = [135]
    assert [layer.name for layer in networks.chain(net, x).layers] == ["b", "fc"]
