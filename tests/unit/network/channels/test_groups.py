"""Channels go from everything that makes or reads them, and what is left computes as if they had been zero."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import helper

from app.network.read import read
from kernels.channel_group import ChannelGroup, Member
from kernels.pruning.masks import n_removed
from kernels.technique import Skipped
from kernels.weight import Float
from tests.made import networks
from tests.techniques import run

X = np.random.default_rng(0).standard_normal((4, 3, 6, 6)).astype(np.float32)
NETWORKS = {
    "plain": networks.cnn(),
    "residual": networks.residual(),
    "separable": networks.separable(),
    "dense": networks.dense(),
    "dynamic": networks.dynamic(),
    "transformer": networks.transformer(),
    "transformer in numbers": networks.transformer(written_out=True),
}


def removed(network, **params):
    """The weights after structured pruning; those it skips as they were."""
    results = run("structured", network.weights, params, network.channel_groups)
    return [old if isinstance(new, Skipped) else new for old, new in zip(network.weights, results, strict=True)]


def channel_groups(data):
    """The channel groups whose channels can go."""
    return [group for group in read(data).channel_groups if not group.stays]


def parts(*names):
    return tuple(map(Member, names))


@pytest.mark.parametrize("data", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("sparsity", [0.25, 0.6, 0.99])
@pytest.mark.parametrize("criterion", ["l2", "l1"])
def test_a_smaller_network_computes_as_if_its_channels_were_zero(data, sparsity, criterion):
    network = read(data)
    weights = removed(network, sparsity=sparsity, criterion=criterion)
    written = network.write(weights).onnx
    networks.check(written)
    assert len(written) < len(network.write(network.weights).onnx)
    networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, X)
    assert all(min(weight.values.shape) > 0 for weight in weights)
    for group in network.channel_groups:
        if not group.stays:
            left = group.channels - group.runs * n_removed(group.channels // group.runs, sparsity)
            producer = group.producers[0]
            assert len(next(w for w in weights if w.name == producer.name).values) == left * producer.spread


@pytest.mark.parametrize("data", NETWORKS.values(), ids=NETWORKS)
def test_an_empty_recipe_gives_the_original_answers(data):
    network = read(data)
    written = network.write(network.weights)
    networks.check(written.onnx)
    networks.same_answers(written.onnx, data, X)
    assert len(written.onnx) <= len(data)
    again = read(written.onnx)
    assert [(x.name, x.op, x.shape) for x in again.layers] == [(x.name, x.op, x.shape) for x in network.layers]
    assert again.channel_groups == network.channel_groups


RECIPE = {"structured": {"sparsity": 0.3}, "prune": {"sparsity": 0.5}, "palettize": {"bits": 4}}


@pytest.mark.parametrize("data", NETWORKS.values(), ids=NETWORKS)
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
    networks.same_answers(written.onnx, plain, X)


# ---- what is coupled -------------------------------------------------------------------------------------------------


def test_channels_pass_where_samples_are_taken_out_and_answers_put_back():
    network = read(NETWORKS["dynamic"])
    assert channel_groups(NETWORKS["dynamic"]) == [
        ChannelGroup(5, parts("conv1"), parts("exit1", "conv2")), ChannelGroup(7, parts("conv2"), parts("exit2")),
    ]  # fmt: skip
    (answers,) = (group for group in network.channel_groups if group.stays)
    assert answers.producers == parts("exit1", "exit2")


def test_a_sum_couples_all_who_make_its_sides_and_all_who_read_it():
    assert channel_groups(NETWORKS["residual"]) == [
        ChannelGroup(5, parts("stem", "conv2"), parts("conv1", "conv3", "short")),
        ChannelGroup(7, parts("conv1"), parts("conv2")),
        ChannelGroup(11, parts("conv3"), parts("conv4")),
        ChannelGroup(13, parts("short", "conv4"), parts("fc")),
    ]


def test_depthwise_convolutions_shrink_with_their_channels():
    assert channel_groups(NETWORKS["separable"]) == [
        ChannelGroup(7, parts("stem"), parts("point1"), parts("deep1"), homogeneous=False),
        ChannelGroup(5, parts("point1"), (Member("point2", 2),), (Member("deep2", 2),)),
        ChannelGroup(11, parts("point2", "excite"), parts("squeeze", "fc"), homogeneous=False),
        ChannelGroup(4, parts("squeeze"), parts("excite")),
    ]
    network = read(NETWORKS["separable"])
    weights = {weight.name: weight for weight in removed(network, sparsity=0.5)}
    assert (weights["deep1"].groups, weights["deep1"].values.shape) == (4, (4, 1, 3, 3))
    assert (weights["deep2"].groups, weights["deep2"].values.shape) == (3, (6, 1, 3, 3))


def test_channels_behind_a_concat_begin_where_they_stand():
    assert channel_groups(NETWORKS["dense"]) == [
        ChannelGroup(5, parts("a"), parts("b", "c"), homogeneous=False),
        ChannelGroup(7, parts("b"), (Member("c", 1, 8),), homogeneous=False),
        ChannelGroup(4, parts("c"), (Member("fc", 9),)),
    ]
    network = read(NETWORKS["dense"])
    written = onnx.load_model_from_string(network.write(removed(network, sparsity=0.5)).onnx)
    assert {t.name: list(t.dims) for t in written.graph.initializer if "norm" in t.name} == dict.fromkeys(
        ("norm.scale", "norm.shift", "norm.mean", "norm.var"), [3 + 3 + 4]
    )


@pytest.mark.parametrize("written_out", [False, True])
def test_attention_heads_stay_equally_wide_and_the_residual_stream_stays(written_out):
    data = networks.transformer(written_out=written_out)
    assert channel_groups(data) == [
        ChannelGroup(12, parts("q", "k"), runs=2, homogeneous=False, heads="q"),
        ChannelGroup(12, parts("v"), parts("proj"), runs=2, heads="q"),
        ChannelGroup(17, parts("fc1"), parts("fc2"), homogeneous=False),
    ]
    network = read(data)
    results = run("structured", network.weights, {"sparsity": 0.5}, network.channel_groups)
    reason = "Its output channels stay: LayerNormalization, which comes behind them, needs all of them."
    named = dict(zip([layer.name for layer in network.layers], results, strict=True))
    assert named["patch"] == Skipped(reason) and named["proj"].notes == (reason,) and named["v"].notes == ()
    assert named["proj"].kept_in.shape == (6,) and (named["proj"].kept_in < 6).sum() == 3


def several_heads(between=None, *, heads=4, d=12, cut=(0, 0, 4, -1)):
    """Attention with a constant for each head on its scores; `between` may do more with them."""
    net = networks.Net()
    x = net.node("Transpose", net.reshape(net.conv("patch", "x", 3, d, 2, strides=[2, 2]), 0, 0, -1), perm=[0, 2, 1])
    target = net.constant("cut", np.array(cut))
    q, k, v = (net.node("Reshape", net.linear(name, x, d, d), target) for name in "qkv")
    scores = net.node(
        "MatMul", net.node("Transpose", q, perm=[0, 2, 1, 3]), net.node("Transpose", k, perm=[0, 2, 3, 1])
    )
    scores = net.node("Mul", scores, net.tensor("loudness", heads, 1, 1))
    scores = between(net, scores) if between else scores
    mixed = net.node("MatMul", net.node("Softmax", scores), net.node("Transpose", v, perm=[0, 2, 1, 3]))
    x = net.linear("proj", net.reshape(net.node("Transpose", mixed, perm=[0, 2, 1, 3]), 0, 0, -1), d, 5)
    net.node("ReduceMean", x, net.constant("axes", np.array([1])), keepdims=0)
    return net.bytes(["N", 3, 6, 6], ["N", 5])


@pytest.mark.parametrize("criterion", ["l2", "l1", "obs"])
@pytest.mark.parametrize(("sparsity", "left"), [(0.25, 3), (0.5, 2), (0.99, 1)])
def test_whole_heads_go_from_all_who_make_or_read_them(criterion, sparsity, left):
    network = read(several_heads())
    weights = removed(network, sparsity=sparsity, criterion=criterion, heads="fewer")
    named = {weight.name: weight for weight in weights}
    kept = [named[name].kept_out.tolist() for name in "qkv"] + [named["proj"].kept_in.tolist()]
    assert kept == [kept[0]] * 4 and len(kept[0]) == 3 * left
    assert sorted({i // 3 for i in kept[0]}) == [i // 3 for i in kept[0][::3]], "heads are whole"
    written = network.write(weights).onnx
    networks.check(written)
    constants = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load_model_from_string(written).graph.initializer}
    assert constants["cut"].tolist() == [0, 0, left, -1] and constants["loudness"].shape == (left, 1, 1)
    networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, X)


def test_heads_may_become_fewer_and_narrower_one_after_the_other():
    network = read(several_heads())
    for first, second in (("fewer", "narrower"), ("narrower", "fewer"), ("fewer", "fewer")):
        once = removed(network, sparsity=0.4, heads=first)
        weights = run("structured", once, {"sparsity": 0.4, "heads": second}, network.channel_groups)
        weights = [old if isinstance(new, Skipped) else new for old, new in zip(once, weights, strict=True)]
        q = next(weight for weight in weights if weight.name == "q")
        assert len(q.values) == 6
        written = network.write(weights).onnx
        networks.check(written)
        networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, X)


@pytest.mark.parametrize(
    "between",
    [
        lambda net, s: net.node("Conv", s, net.tensor("talk.weight", 4, 4, 1, 1)),
        lambda net, s: net.node("Add", s, net.node("ReduceMean", s, net.constant("one", np.array([1])))),
        lambda net, s: net.node("Where", net.constant("mask", np.tri(16) > 0), s, net.constant("low", np.float32(-9))),
        lambda net, s: net.node("Gather", s, net.constant("order", np.array([1, 0, 2, 3])), axis=1),
    ],
    ids=["talking heads", "mean of heads", "where", "order"],
)
def test_heads_stay_where_something_else_needs_them(between):
    network = read(several_heads(between))
    assert not any(group.heads for group in network.channel_groups)
    weights = removed(network, sparsity=0.5, heads="fewer")
    assert next(weight for weight in weights if weight.name == "q").values.shape == (8, 6), "heads become narrower"
    written = network.write(weights).onnx
    networks.check(written)
    networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, X)


def test_a_layer_that_is_left_out_keeps_the_heads():
    network = read(several_heads())
    weights = [weight for weight in network.weights if weight.name != "q"]
    results = run("structured", weights, {"sparsity": 0.5, "heads": "fewer"}, network.channel_groups)
    v = next(new for old, new in zip(weights, results, strict=True) if old.name == "v")
    assert {i // 3 for i in v.kept_out} == {0, 1, 2, 3}


def test_sequences_are_multiplied_by_layers():
    network = read(NETWORKS["transformer"])
    ops = [(layer.name, layer.op, layer.shape) for layer in network.layers]
    assert ops[1:4] == [(name, "MatMul", (12, 12)) for name in "qkv"] and ops[5] == ("fc1", "MatMul", (17, 12))
    assert all(weight.bias is not None for weight in network.weights)
    loud = [replace(w, bias=w.bias + 1) for w in network.weights]
    without = [replace(w, bias=None) if w.name == "q" else w for w in loud]
    zero = [replace(w, bias=w.bias * 0) if w.name == "q" else w for w in loud]
    networks.same_answers(network.write(without).onnx, network.write(zero).onnx, X)


# ---- what cannot go says why -----------------------------------------------------------------------------------------


def chain(net, x, channels=5):
    """Two layers with something between them that gives `x` for the output of the first."""
    y = net.node("Flatten", net.node("GlobalAveragePool", net.conv("b", x, channels, 7)))
    net.gemm("fc", y, 7, 3)
    return read(net.bytes(["N", 3, 6, 6], ["N", 3]))


def start():
    net = networks.Net()
    return net, net.conv("a", "x", 3, 5)


@pytest.mark.parametrize(
    ("op", "attributes", "words"),
    [
        ("Softmax", {"axis": 1}, "Softmax, which comes behind them"),
        ("LRN", {"size": 3}, "LRN, which comes behind them"),
        ("Transpose", {"perm": [0, 2, 3, 1]}, "b reads them in a way that is not understood"),
    ],
)
def test_operators_that_need_all_channels_keep_them(op, attributes, words):
    net, x = start()
    network = chain(net, net.node(op, x, **attributes), 6 if op == "Transpose" else 5)
    stays = {part.name: c.stays for c in network.channel_groups for part in c.producers if c.stays}
    assert words in stays["a"] and "b" not in stays
    written = network.write(removed(network, sparsity=0.5)).onnx
    networks.check(written)
    networks.run(written, X)


def test_groups_and_shuffled_channels_stay():
    net = networks.Net()
    x = net.conv("grouped", net.conv("a", "x", 3, 6), 6, 8, group=2)
    x = net.reshape(net.node("Transpose", net.reshape(x, 0, 2, 4, 36), perm=[0, 2, 1, 3]), 0, 8, 6, 6)
    network = chain(net, x, 8)
    stays = {part.name: c.stays for c in network.channel_groups for part in c.producers if c.stays}
    assert stays["a"] == "grouped reads them in groups" and "in groups" in stays["grouped"]
    weights = removed(network, sparsity=0.5)
    networks.same_answers(network.write(weights).onnx, network.write(networks.zeroed(network, weights)).onnx, X)


def test_constants_on_the_way_follow_their_channels_or_keep_them():
    net, x = start()
    x = net.node("Add", x, net.tensor("shift", 1, 5, 1, 1))
    network = chain(net, net.node("Mul", x, net.tensor("gain", 5, 6, 6)))
    assert [c.homogeneous for c in network.channel_groups] == [False, True]
    weights = removed(network, sparsity=0.5)
    written = onnx.load_model_from_string(network.write(weights).onnx)
    assert {t.name: list(t.dims) for t in written.graph.initializer if t.name in ("shift", "gain")} == {
        "shift": [1, 3, 1, 1], "gain": [3, 6, 6],
    }  # fmt: skip
    networks.same_answers(written.SerializeToString(), network.write(networks.zeroed(network, weights)).onnx, X)
    net, x = start()
    twice = net.tensor("twice", 5, 1, 1)
    network = chain(net, net.node("Mul", net.node("Add", x, twice), twice))
    assert "needs all of them" in network.channel_groups[0].stays


def test_channels_that_a_nested_graph_reads_stay():
    net, x = start()
    inner = helper.make_graph(
        [helper.make_node("Neg", [x], ["inner"])], "then", [], [helper.make_tensor_value_info("inner", 1, None)]
    )
    other = helper.make_graph(
        [helper.make_node("Identity", [x], ["other"])], "else", [], [helper.make_tensor_value_info("other", 1, None)]
    )
    network = chain(net, net.node("If", net.constant("yes", np.array(True)), then_branch=inner, else_branch=other))
    assert network.channel_groups[0].stays == "a nested graph reads them" and network.layers[0].name == "a"
    networks.check(network.write(removed(network, sparsity=0.5)).onnx)


def test_multiples_of_channels_stay():
    network = read(networks.cnn((3, 20, 9)))
    for multiple, left in ((1, 14), (4, 16), (16, 16)):
        conv1, conv2, _ = removed(network, sparsity=0.3, multiple=multiple)
        assert len(conv1.values) == left and len(conv2.values) == {1: 7, 4: 8, 16: 9}[multiple]


# ---- reading ---------------------------------------------------------------------------------------------------------


def test_a_batch_normalization_becomes_part_of_the_layer_before_it():
    network = read(NETWORKS["residual"])
    folded = {layer.name: layer.size_bytes for layer, w in zip(network.layers, network.weights, strict=True) if w.notes}
    assert list(folded) == ["stem", "conv1", "short"] and network.weights[0].bias.shape == (5,)
    assert network.weights[0].notes == ("The batch normalization behind it has become part of it.",)
    file = onnx.load_model_from_string(network.write(network.weights).onnx)
    assert "BatchNormalization" not in {node.op_type for node in file.graph.node}
    stored = network.write(network.weights).stored
    assert all(stored[name].size_bytes < size for name, size in folded.items())


@pytest.mark.parametrize("pad", ["SAME_UPPER", "SAME_LOWER", "VALID"])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (2, 2), (4, 3)])
def test_padding_is_said_in_numbers(pad, kernel, stride):
    net = networks.Net()
    x = net.conv("a", "x", 3, 5, kernel, auto_pad=pad, strides=[stride] * 2)
    net.node("Flatten", net.node("GlobalAveragePool", x))
    data = net.bytes(["N", 3, 6, 6], ["N", 5])
    network = read(data)
    networks.same_answers(network.write(network.weights).onnx, data, X)
    assert len(network.layers[0].window.pads) == 4 and (pad != "VALID" or not any(network.layers[0].window.pads))


def test_a_convolution_whose_padding_depends_on_its_input_is_left_alone():
    net = networks.Net()
    x = net.conv("a", "x", 3, 5, auto_pad="SAME_UPPER", strides=[2, 2])
    net.gemm("fc", net.node("Flatten", net.node("GlobalAveragePool", x)), 5, 3)
    data = net.bytes(["N", 3, "H", "W"], ["N", 3])
    network = read(data)
    assert [layer.name for layer in network.layers] == ["fc"]
    networks.same_answers(network.write(network.weights).onnx, data, X)


def test_other_operators_with_weights_are_left_alone():
    net, x = start()
    up = net.node("ConvTranspose", x, net.tensor("up.weight", 5, 6, 2, 2), strides=[2, 2])
    network = chain(net, net.node("Relu", up), 6)
    assert [layer.name for layer in network.layers] == ["a", "b", "fc"]
    assert "ConvTranspose" in network.channel_groups[0].stays
    weights = removed(network, sparsity=0.5)
    networks.same_answers(network.write(weights).onnx, network.write(networks.zeroed(network, weights)).onnx, X)


def test_a_picture_that_becomes_larger_keeps_its_channels_apart():
    net, x = start()
    scales = net.constant("scales", np.array([1, 1, 2, 2], np.float32))
    assert chain(net, net.node("Resize", x, "", scales)).channel_groups[0].consumers == parts("b")


def attention(net, y, d, cut):
    """Queries, keys and values of two heads from one matrix, taken apart as `cut` does it."""
    qkv = net.linear("qkv", y, d, 3 * d)
    if cut == "equal pieces":
        sizes = net.constant("sizes", np.array([d, d, d]))
        net.nodes.append(helper.make_node("Split", [qkv, sizes], ["q", "k", "v"], axis=2))
        return [net.node("Transpose", net.reshape(name, 0, 0, 2, -1), perm=[0, 2, 1, 3]) for name in "qkv"]
    five = net.node("Transpose", net.reshape(qkv, 0, 0, 3, 2, d // 2), perm=[2, 0, 3, 1, 4])
    return [net.node("Gather", five, net.constant(name, np.array(i)), axis=0) for i, name in enumerate("qkv")]


@pytest.mark.parametrize("cut", ["equal pieces", "axis"])
def test_queries_keys_and_values_of_one_matrix_lose_the_same(cut):
    net, d = networks.Net(), 12
    x = net.node("Transpose", net.reshape(net.conv("patch", "x", 3, d, 2, strides=[2, 2]), 0, 0, -1), perm=[0, 2, 1])
    q, k, v = attention(net, x, d, cut)
    weights = net.node("Softmax", net.node("MatMul", q, net.node("Transpose", k, perm=[0, 1, 3, 2])))
    mixed = net.node("Transpose", net.node("MatMul", weights, v), perm=[0, 2, 1, 3])
    x = net.linear("proj", net.reshape(mixed, 0, 0, -1), d, 5)
    net.node("ReduceMean", x, net.constant("axes", np.array([1])), keepdims=0)
    network = read(net.bytes(["N", 3, 6, 6], ["N", 5]))
    group = next(c for c in network.channel_groups if c.consumers == parts("proj"))
    thirds = tuple(Member("qkv", 1, i * d) for i in range(3))
    assert group == ChannelGroup(d, thirds, parts("proj"), runs=2, homogeneous=False, heads="qkv")
    for heads in ("narrower", "fewer"):
        weights = removed(network, sparsity=0.5, heads=heads)
        written = network.write(weights).onnx
        networks.check(written)
        networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, X)


def test_a_reshape_that_asks_for_the_number_of_samples_is_understood():
    net, x = start()
    samples = net.node("Gather", net.node("Shape", x), net.constant("first", np.array([0])))
    target = net.node("Concat", samples, net.constant("rest", np.array([-1])), axis=0)
    net.gemm("fc", net.node("Reshape", x, target), 180, 3)
    data = net.bytes(["N", 3, 6, 6], ["N", 3])
    network = read(data)
    assert network.channel_groups == (ChannelGroup(5, parts("a"), (Member("fc", 36),)),)
    networks.same_answers(network.write(network.weights).onnx, data, X)


def test_a_kernel_without_axes_is_no_layer():
    net, x = start()
    net.nodes[0].attribute.append(helper.make_attribute("kernel_shape", [3, 3]))
    net.tensors[0].dims[:] = [135]
    assert [layer.name for layer in chain(net, x).layers] == ["b", "fc"]
