"""Attention heads become narrower alike, or go as a whole from all who make or read them."""

import numpy as np
import onnx
import pytest
from onnx import helper

from app.network.read import read
from kernels.channel_group import ChannelGroup, Member
from kernels.technique import Skipped
from tests.made import networks
from tests.techniques import run


@pytest.mark.parametrize("written_out", [False, True])
def test_attention_heads_stay_equally_wide_and_the_residual_stream_stays(written_out):
    data = networks.transformer(written_out=written_out)
    assert networks.going_groups(data) == [
        ChannelGroup(12, networks.members("q", "k"), runs=2, homogeneous=False, heads="q"),
        ChannelGroup(12, networks.members("v"), networks.members("proj"), runs=2, heads="q"),
        ChannelGroup(17, networks.members("fc1"), networks.members("fc2"), homogeneous=False),
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
    weights = networks.removed(network, sparsity=sparsity, criterion=criterion, heads="fewer")
    named = {weight.name: weight for weight in weights}
    kept = [named[name].kept_out.tolist() for name in "qkv"] + [named["proj"].kept_in.tolist()]
    assert kept == [kept[0]] * 4 and len(kept[0]) == 3 * left
    assert sorted({i // 3 for i in kept[0]}) == [i // 3 for i in kept[0][::3]], "heads are whole"
    written = network.write(weights).onnx
    networks.check(written)
    constants = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load_model_from_string(written).graph.initializer}
    assert constants["cut"].tolist() == [0, 0, left, -1] and constants["loudness"].shape == (left, 1, 1)
    networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, networks.PICTURES)


def test_heads_may_become_fewer_and_narrower_one_after_the_other():
    network = read(several_heads())
    for first, second in (("fewer", "narrower"), ("narrower", "fewer"), ("fewer", "fewer")):
        once = networks.removed(network, sparsity=0.4, heads=first)
        weights = run("structured", once, {"sparsity": 0.4, "heads": second}, network.channel_groups)
        weights = [old if isinstance(new, Skipped) else new for old, new in zip(once, weights, strict=True)]
        q = next(weight for weight in weights if weight.name == "q")
        assert len(q.values) == 6
        written = network.write(weights).onnx
        networks.check(written)
        networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, networks.PICTURES)


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
    weights = networks.removed(network, sparsity=0.5, heads="fewer")
    assert next(weight for weight in weights if weight.name == "q").values.shape == (8, 6), "heads become narrower"
    written = network.write(weights).onnx
    networks.check(written)
    networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, networks.PICTURES)


def test_a_layer_that_is_left_out_keeps_the_heads():
    network = read(several_heads())
    weights = [weight for weight in network.weights if weight.name != "q"]
    results = run("structured", weights, {"sparsity": 0.5, "heads": "fewer"}, network.channel_groups)
    v = next(new for old, new in zip(weights, results, strict=True) if old.name == "v")
    assert {i // 3 for i in v.kept_out} == {0, 1, 2, 3}


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
    group = next(c for c in network.channel_groups if c.consumers == networks.members("proj"))
    thirds = tuple(Member("qkv", 1, i * d) for i in range(3))
    assert group == ChannelGroup(d, thirds, networks.members("proj"), runs=2, homogeneous=False, heads="qkv")
    for heads in ("narrower", "fewer"):
        weights = networks.removed(network, sparsity=0.5, heads=heads)
        written = network.write(weights).onnx
        networks.check(written)
        networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, networks.PICTURES)
