"""Equalization leaves what a network computes alone, and makes channels equally large on both sides."""

import numpy as np
import pytest

from kernels.channel_group import ChannelGroup, Member
from kernels.equalization import equalize
from kernels.storage import affine

RNG = np.random.default_rng(7)


def layer(*shape):
    """A weight whose output channels differ a hundredfold in size."""
    spread = np.logspace(-1, 1, shape[0]).reshape(-1, *(1 for _ in shape[1:]))
    return (RNG.normal(size=shape) * RNG.permutation(spread)).astype(np.float32)


def relu(x):
    return np.maximum(x, 0)


CHAIN = {"a": layer(13, 5), "b": layer(11, 13), "c": layer(3, 11)}
CHAINED = (ChannelGroup(13, (Member("a"),), (Member("b"),)), ChannelGroup(11, (Member("b"),), (Member("c"),)))


def applied(weights, channel_groups):
    scalings = equalize(weights, channel_groups)
    return {name: scalings[name].weight(w) if name in scalings else w for name, w in weights.items()}


def test_a_chain_computes_the_same_and_is_even():
    scalings, biases = equalize(CHAIN, CHAINED), {"a": layer(13), "b": layer(11), "c": layer(3)}
    x = RNG.normal(size=(20, 5)).astype(np.float32)

    def network(weights, biases):
        hidden = relu(relu(x @ weights["a"].T + biases["a"]) @ weights["b"].T + biases["b"])
        return hidden @ weights["c"].T + biases["c"]

    even = applied(CHAIN, CHAINED)
    moved = {name: scalings[name].bias(bias) for name, bias in biases.items()}
    expected = network(CHAIN, biases)
    np.testing.assert_allclose(network(even, moved), expected, atol=1e-4 * np.abs(expected).max())
    for made, read in (("a", "b"), ("b", "c")):
        largest = np.abs(even[made]).max(axis=1)
        np.testing.assert_allclose(largest, np.abs(even[read]).max(axis=0), rtol=2e-3)


def test_per_tensor_grids_gain():
    def relative_error(weights):
        total = 0
        for weight in weights.values():
            form = affine.encode(weight, bits=6, symmetric=True, block_shape=weight.shape)
            rows = np.square(affine.dequantize(form) - weight).sum(axis=1) / np.square(weight).sum(axis=1)
            total += rows.mean()
        return total

    assert relative_error(applied(CHAIN, CHAINED)) < 0.5 * relative_error(CHAIN)


def test_sums_flattened_channels_and_neighbours():
    weights = {"left": layer(4, 3, 3, 3), "right": layer(4, 2, 1, 1), "wide": layer(5, 20), "other": layer(6, 4, 1, 1)}
    made, read = (Member("left"), Member("right")), (Member("wide", spread=4, offset=4), Member("other"))
    scalings = equalize(weights, [ChannelGroup(4, made, read)])
    assert (scalings["left"].made == scalings["right"].made).all()
    assert (scalings["wide"].read[:4] == 1).all()
    assert (scalings["wide"].read[4:].reshape(4, 4) == scalings["other"].read[:, None]).all()
    even = applied(weights, [ChannelGroup(4, made, read)])
    largest = np.maximum(np.abs(even["left"]).max((1, 2, 3)), np.abs(even["right"]).max((1, 2, 3)))
    columns = np.abs(even["wide"][:, 4:]).reshape(5, 4, 4).max(axis=(0, 2))
    np.testing.assert_allclose(largest, np.maximum(columns, np.abs(even["other"]).max((0, 2, 3))), rtol=1e-4)


def test_a_depthwise_convolution_in_between_passes_factors_on():
    weights = {"a": layer(4, 3, 1, 1), "deep": layer(4, 1, 3, 3), "b": layer(2, 4, 1, 1)}
    (channel_group,) = channel_groups = [ChannelGroup(4, (Member("a"),), (Member("b"),), between=(Member("deep"),))]
    scalings = equalize(weights, channel_groups)
    assert channel_group.channels == 4 and (scalings["deep"].made == scalings["a"].made).all()
    np.testing.assert_allclose(scalings["deep"].weight(weights["deep"]), weights["deep"], rtol=1e-6)
    x, biases = RNG.normal(size=(3,)).astype(np.float32), {"a": layer(4), "deep": layer(4)}

    def centre(weights, biases):  # one position, where only the middle of the depthwise kernel sees something
        hidden = relu(weights["a"][:, :, 0, 0] @ x + biases["a"])
        hidden = relu(weights["deep"][:, 0, 1, 1] * hidden + biases["deep"])
        return weights["b"][:, :, 0, 0] @ hidden

    moved = {name: scalings[name].bias(bias) for name, bias in biases.items()}
    np.testing.assert_allclose(centre(applied(weights, channel_groups), moved), centre(weights, biases), rtol=1e-4)


def test_dead_channels_keep_their_size():
    weights = {name: weight.copy() for name, weight in CHAIN.items()}
    weights["a"][2], weights["b"][:, 5] = 0, 0
    scalings = equalize(weights, CHAINED)
    assert scalings["a"].made[2] == scalings["a"].made[5] == 1
    assert all(np.isfinite(s.made).all() and (s.made > 0).all() for s in scalings.values())
    assert (
        not equalize(
            {"a": np.zeros((2, 3), np.float32), "b": np.zeros((1, 2), np.float32)},
            [ChannelGroup(2, (Member("a"),), (Member("b"),))],
        )["a"].made.any()
        - 1
    )


@pytest.mark.parametrize(
    "channel_group",
    [
        ChannelGroup(13, (Member("a"),), (Member("b"),), homogeneous=False),
        ChannelGroup(13, (Member("a"),), (Member("b"),), stays="they are what the network answers"),
        ChannelGroup(13, (Member("a"),)),
        ChannelGroup(13, (Member("a"),), (Member("unknown"),)),
    ],
)
def test_what_must_not_be_scaled_is_left_alone(channel_group):
    assert equalize(CHAIN, [channel_group]) == {}


def test_weights_without_some_of_their_channels_are_refused():
    with pytest.raises(ValueError, match="'a' has 13 rows or columns where 14 from 0 on are coupled"):
        equalize(CHAIN, [ChannelGroup(14, (Member("a"),), (Member("b"),))])
