"""Equalize on real networks: answers stay, channels become alike, and what must stay says why."""

import numpy as np
import pytest

from app.network.read import read
from kernels.channel_group import ChannelGroup, Member
from kernels.equalize import ALONE, EXTREME, LATE
from kernels.technique import Skipped
from kernels.weight import Weight
from tests.made import networks
from tests.techniques import run

PICTURES = np.random.default_rng(1).standard_normal((4, 3, 6, 6)).astype(np.float32)
ROWS = np.random.default_rng(1).standard_normal((9, 13)).astype(np.float32)
NETWORKS = {
    "mlp": (networks.mlp((13, 11, 7, 5)), ROWS),
    "cnn": (networks.cnn(), PICTURES),
    "residual": (networks.residual(), PICTURES),
    "separable": (networks.separable(), PICTURES),
    "dense": (networks.dense(), PICTURES),
    "transformer": (networks.transformer(), PICTURES),
}
CHAIN = (ChannelGroup(2, (Member("a"),), (Member("b"),)),)


def weight(name, values, bias=None):
    return Weight(name, np.float32(values), bias=None if bias is None else np.float32(bias))


def small():
    return [weight("a", [[8.0], [1.0]], [16, 2]), weight("b", [[2.0, 4.0]])]


@pytest.mark.parametrize(("data", "x"), NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("strength", [0.5, 1])
def test_the_answers_stay(data, x, strength):
    network = read(data)
    results = run("equalize", network.weights, {"strength": strength}, network.channel_groups)
    assert any(isinstance(new, Weight) for new in results)
    weights = [old if isinstance(new, Skipped) else new for old, new in zip(network.weights, results, strict=True)]
    assert any((new.values != old.values).any() for new, old in zip(weights, network.weights, strict=True))
    written = network.write(weights).onnx
    networks.check(written)
    networks.same_answers(written, data, x)


def test_channels_meet_half_way():
    a, b = run("equalize", small(), {}, CHAIN)
    assert a.values.tolist() == [[4], [2]] and b.values.tolist() == [[4, 2]] and a.bias.tolist() == [8, 4]
    a, b = run("equalize", small(), {"strength": 0}, CHAIN)
    assert a.values.tolist() == [[8], [1]] and b.values.tolist() == [[2, 4]]


def test_the_uncompressed_weight_is_scaled_alike():
    originals = {each.name: each for each in small()}
    pruned = run("prune", small(), {"sparsity": 0.25}, CHAIN)
    a, b = run("equalize", pruned, {}, CHAIN, originals=originals)
    assert not a.values[1, 0], "the smallest weight is pruned"
    assert a.reference.values[0] == a.values[0] and a.reference.values[1] == 1, "a dead channel keeps its size"
    assert b.reference.values[0, 0] == b.values[0, 0] == 4 and a.reference.bias.tolist() == a.bias.tolist()
    again, _ = run("equalize", [a, b], {}, CHAIN, originals=originals)
    assert again.reference.values.tolist() == a.reference.values.tolist()


def test_encoded_layers_come_too_late_and_their_neighbours_are_alone():
    (coded,) = run("quantize", small()[1:], {})
    assert run("equalize", [small()[0], coded], {}, CHAIN) == [Skipped(ALONE), Skipped(LATE)]
    fewer = run("structured", small(), {"sparsity": 0.5}, CHAIN)
    assert run("equalize", fewer, {}, CHAIN) == [Skipped(LATE)] * 2


def test_layers_that_share_channels_need_the_same_strength():
    assert run("equalize", small(), {}, CHAIN, own={"b": {"strength": 0.5}}) == [Skipped(ALONE)] * 2


@pytest.mark.parametrize("small", [1e-2, 1e-20])
def test_channels_beyond_float32_are_left_alone(small):
    far = [weight("a", [[1e38, small], [1, 1]]), weight("b", [[1e-37, 1]])]
    assert run("equalize", far, {}, CHAIN) == [Skipped(EXTREME)] * 2


def test_per_tensor_grids_gain():
    network = read(networks.mlp((13, 11, 7, 5)))
    rng, spread = np.random.default_rng(0), []
    for each in network.weights:
        sizes = 10 ** rng.uniform(-1, 1, len(each.values)).astype(np.float32)
        spread.append(Weight(each.name, each.values * sizes[:, None], bias=each.bias))
    exact = networks.run(network.write(spread).onnx, ROWS)[0]
    errors = []
    for weights in (spread, run("equalize", spread, {}, network.channel_groups)):
        coded = run("quantize", weights, {"bits": 6, "granularity": "per_tensor"})
        errors.append(np.square(networks.run(network.write(coded).onnx, ROWS)[0] - exact).mean())
    assert errors[1] < errors[0] / 2
