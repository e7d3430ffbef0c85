"""Networks whose layers multiply integers after these recipes, and what they are calibrated with."""

from dataclasses import replace

import numpy as np

from app.network.read import read
from kernels.technique import Skipped
from kernels.weight import Float
from tests.made import networks
from tests.techniques import run

RNG = np.random.default_rng(3)
SEQUENCE = RNG.standard_normal((4, 9, 12)).astype(np.float32)
PICTURES = RNG.standard_normal((5, 3, 6, 6)).astype(np.float32)
ROWS = RNG.standard_normal((11, 13)).astype(np.float32)


def depthwise():
    """A grouped, a depthwise and a pointwise convolution, one with strides and dilations and one without a bias."""
    net = networks.Net()
    x = net.conv("grouped", "x", 4, 6, group=2, strides=[2, 1], dilations=[1, 2], pads=[0, 1, 2, 3])
    x = net.conv("depthwise", net.node("Relu", x), 6, 6, group=6, bias=False)
    net.conv("pointwise", x, 6, 5, 1)
    return net.bytes(["N", 4, 7, 8], ["N", 5, None, None])


def sequence():
    """Two matrix products of sequences."""
    net = networks.Net()
    net.node("MatMul", net.node("Gelu", net.linear("fc1", "x", 12, 7)), net.tensor("fc2.weight", 7, 5), name="fc2")
    return net.bytes(["N", 9, 12], ["N", 9, 5])


NETWORKS = {
    "mlp": (networks.mlp(), ROWS),
    "cnn": (networks.cnn(), PICTURES),
    "depthwise": (depthwise(), RNG.standard_normal((3, 4, 7, 8)).astype(np.float32)),
    "sequence": (sequence(), SEQUENCE),
}
RECIPES = {
    "static": [("activations", {})],
    "dynamic": [("activations", {"mode": "dynamic"})],
    "4-bit activations": [("activations", {"bits": 4})],
    "5-bit activations, percentile": [("activations", {"bits": 5, "calibration": "percentile", "percentile": 98})],
    "entropy": [("activations", {"calibration": "entropy"})],
    "least squared error": [("activations", {"bits": 6, "calibration": "mse"})],
    "int4": [("quantize", {"bits": 4}), ("activations", {})],
    "int3 per tensor": [("quantize", {"bits": 3, "granularity": "per_tensor"}), ("activations", {})],
    "uint7": [("quantize", {"bits": 7, "scheme": "asymmetric"}), ("activations", {})],
    "uint2": [("quantize", {"bits": 2, "scheme": "asymmetric"}), ("activations", {"mode": "dynamic"})],
    "pruned": [("prune", {"sparsity": 0.7}), ("activations", {})],
    "hardly anything left": [("prune", {"sparsity": 0.98}), ("quantize", {"bits": 3}), ("activations", {})],
    "pruned, 4-bit activations": [("prune", {"sparsity": 0.8}), ("activations", {"bits": 4})],
    "double quantized scales": [("quantize", {"scales": "int8"}), ("activations", {})],
    "prune behind": [("activations", {}), ("prune", {"sparsity": 0.5})],
}


def read_by(network, x, asked):
    """What a layer reads, or puts out, as `app.pipeline` answers it."""
    layer = network.layer(asked.name)
    plain = [replace(asked.weights.get(w.name, w), form=Float(), mask=None, activation=None) for w in network.weights]
    tensor = layer.output if asked.behind else layer.input
    watched = [tensor] if tensor not in ("x", network.output) else []
    return x if tensor == "x" else networks.run(network.write(plain, watched=watched).onnx, x)[-1]


def recoded(data, x, recipe):
    """The network and its weights after a recipe, calibrated with `x`; layers of any size multiply integers."""
    network = read(data)
    weights, originals = network.weights, {w.name: w for w in network.weights}
    for technique, params in recipe:
        params = {"where": "everywhere", **params} if technique == "activations" else params
        new = run(technique, weights, params, originals=originals, answer=lambda asked: read_by(network, x, asked))
        weights = [old if isinstance(made, Skipped) else made for old, made in zip(weights, new, strict=True)]
    return network, weights
