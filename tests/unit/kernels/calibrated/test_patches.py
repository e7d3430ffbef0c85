"""What a layer is said to read, times its weights, is what onnxruntime computes."""

import numpy as np
import pytest

from app.network.read import read
from kernels.calibrated.patches import ROWS, Window, patches
from tests.made import networks

RNG = np.random.default_rng(8)


def conv(c_in, c_out, kernel, x_shape, **attributes):
    """A file with one convolution, and its inputs."""
    net, groups = networks.Net(), attributes.get("group", 1)
    weight = net.tensor("a.weight", c_out, c_in // groups, *kernel)
    net.node("Conv", "x", weight, net.tensor("a.bias", c_out), name="a", **attributes)
    x = RNG.standard_normal(x_shape).astype(np.float32)
    return net.bytes(["N", *x_shape[1:]], [None] * len(x_shape)), x


CASES = {
    "plain": conv(3, 5, (3, 3), (2, 3, 7, 6)),
    "padded": conv(3, 5, (3, 3), (2, 3, 7, 6), pads=[1, 1, 1, 1]),
    "padded unevenly": conv(3, 5, (3, 2), (2, 3, 7, 6), pads=[0, 1, 2, 0]),
    "strides": conv(3, 5, (3, 3), (2, 3, 9, 8), strides=[2, 3], pads=[1] * 4),
    "dilations": conv(3, 5, (3, 2), (2, 3, 9, 8), dilations=[2, 3]),
    "groups": conv(6, 4, (3, 3), (2, 6, 7, 6), group=2, pads=[1] * 4),
    "depthwise": conv(4, 4, (3, 3), (2, 4, 7, 6), group=4, strides=[2, 2]),
    "two outputs each": conv(4, 8, (3, 3), (2, 4, 7, 6), group=4),
    "pointwise": conv(3, 5, (1, 1), (2, 3, 7, 6)),
    "all at once": conv(6, 9, (3, 2), (3, 6, 11, 9), group=3, strides=[2, 1], dilations=[1, 2], pads=[1, 0, 2, 1]),
    "one axis": conv(3, 5, (4,), (2, 3, 11), strides=[2], pads=[1, 2]),
    "three axes": conv(2, 3, (2, 3, 2), (2, 2, 4, 5, 4), pads=[1, 0, 0, 0, 1, 1]),
    "same upper": conv(3, 5, (3, 3), (2, 3, 7, 6), auto_pad="SAME_UPPER", strides=[2, 2]),
}


@pytest.mark.parametrize(("data", "x"), CASES.values(), ids=CASES)
def test_patches_times_weights_is_the_convolution(data, x):
    network = read(data)
    (layer,), (weight,) = network.layers, network.weights
    rows = patches(x, layer.window)
    groups, n, width = rows.shape
    kernels = weight.values.reshape(groups, -1, width)
    answers = np.concatenate(list(rows @ kernels.swapaxes(1, 2)), axis=1) + weight.bias
    right = np.moveaxis(networks.run(data, x)[0], 1, -1)
    assert rows.dtype == np.float32 and groups == weight.groups and n == right.size // len(weight.bias)
    np.testing.assert_allclose(answers.reshape(right.shape), right, atol=1e-5)


def test_of_many_positions_evenly_spaced_ones_are_taken():
    pictures = np.arange(2 * 3 * 50 * 50, dtype=np.float32).reshape(2, 3, 50, 50)
    window = Window((1, 1), (1, 1), (0,) * 4, (1, 1))
    rows = patches(pictures, window, rows=100)[0]
    exact = np.moveaxis(pictures, 1, -1).reshape(-1, 3)
    where = [int(np.flatnonzero((exact == row).all(axis=1))[0]) for row in rows]
    assert where == sorted(set(where)) and len(where) == 100 and max(np.diff(where)) <= 2 * 50
    assert len({place % 50 for place in where}) > 10, "not always the same column"
    assert patches(pictures, window).shape == (1, ROWS, 3)
    assert patches(np.ones((9, 7), np.float32), rows=4).shape == (1, 4, 7)


def test_sequences_are_rows():
    x = RNG.standard_normal((4, 9, 12)).astype(np.float32)
    assert (patches(x)[0] == x.reshape(36, 12)).all()
