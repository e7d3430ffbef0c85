"""Whatever a network looks like: it is read, and made smaller, without changing what it computes otherwise."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.network.read import read
from kernels.technique import Skipped
from tests.made import networks
from tests.techniques import run

X = np.random.default_rng(1).standard_normal((2, 3, 4, 4)).astype(np.float32)


class Grown(networks.Net):
    """A network grown by chance: any operator may read any tensors made so far that it fits. All are (N, C, 4, 4)."""

    def __init__(self, draw):
        super().__init__()
        self.draw, self.made = draw, {"x": 3}  # tensor -> channels

    def grow(self, steps):
        kinds = self.convolution, self.depthwise, self.alone, self.two, self.concat, self.normalized, self.shifted
        for n in range(steps):
            name, channels = self.draw(st.sampled_from(kinds))(f"n{n}", *self.pick())
            self.made[name] = channels
        last = self.node("Concat", *self.draw(st.lists(st.sampled_from([*self.made]), min_size=1, max_size=2)), axis=1)
        channels = sum(self.made[name] for name in self.nodes[-1].input)
        if self.draw(st.booleans()):
            y, width = self.node("Flatten", last), channels * 16
        else:
            y, width = self.node("Flatten", self.node("GlobalAveragePool", last)), channels
        self.gemm("head", y, width, 3)
        return self.bytes(["N", 3, 4, 4], ["N", 3])

    def pick(self):
        name = self.draw(st.sampled_from([*self.made]))
        return name, self.made[name]

    def convolution(self, name, x, channels):
        wanted, kernel, bias = self.draw(st.tuples(st.integers(1, 6), st.sampled_from((1, 3)), st.booleans()))
        return self.conv(name, x, channels, wanted, kernel, bias=bias), wanted

    def depthwise(self, name, x, channels):
        times = self.draw(st.integers(1, 2))
        return self.conv(name, x, channels, times * channels, group=channels), times * channels

    def alone(self, name, x, channels):
        op = self.draw(st.sampled_from(("Relu", "Sigmoid", "LeakyRelu", "Softmax", "LRN", "Identity", "MaxPool")))
        more = {"Softmax": {"axis": 1}, "LRN": {"size": 3}, "MaxPool": {"kernel_shape": [3, 3], "pads": [1] * 4}}
        return self.node(op, x, name=name, **more.get(op, {})), channels

    def two(self, name, x, channels):
        others = [other for other, count in self.made.items() if count == channels]
        op = self.draw(st.sampled_from(("Add", "Mul", "Sub")))
        return self.node(op, x, self.draw(st.sampled_from(others)), name=name), channels

    def concat(self, name, x, channels):
        y, more = self.pick()
        return self.node("Concat", x, y, name=name, axis=1), channels + more

    def normalized(self, name, x, channels):
        return self.norm(name, x, channels), channels

    def shifted(self, name, x, channels):
        shape = self.draw(st.sampled_from([(channels, 1, 1), (1, channels, 1, 1), (1, 4), ()]))
        op = self.draw(st.sampled_from(("Add", "Mul")))
        return self.node(op, x, self.tensor(f"{name}.c", *shape), name=name), channels


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(2, 12), st.sampled_from([0.3, 0.5, 0.99]))
def test_a_random_network_loses_channels_and_nothing_else(data, steps, sparsity):
    file = Grown(data.draw).grow(steps)
    network = read(file)
    written = network.write(network.weights).onnx
    networks.check(written)
    scale = np.abs(networks.run(file, X)[0]).max() + 1
    np.testing.assert_allclose(networks.run(written, X)[0] / scale, networks.run(file, X)[0] / scale, atol=1e-5)
    results = run("structured", network.weights, {"sparsity": sparsity}, network.channel_groups)
    weights = [old if isinstance(new, Skipped) else new for old, new in zip(network.weights, results, strict=True)]
    smaller = network.write(weights).onnx
    networks.check(smaller)
    zeroed = networks.run(network.write(networks.zeroed(network, weights)).onnx, X)[0]
    scale = np.abs(zeroed).max() + 1
    np.testing.assert_allclose(networks.run(smaller, X)[0] / scale, zeroed / scale, atol=1e-5)
    going = [channel_group for channel_group in network.channel_groups if not channel_group.stays]
    assert len(smaller) < len(written) or all(int(round(c.channels * sparsity, 6)) < 1 for c in going)
