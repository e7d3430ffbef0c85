"""Layers that multiply integers: the file computes what integer arithmetic in NumPy says, whatever the options."""

from dataclasses import replace

import networks
import numpy as np
import onnx
import onnxruntime
import pytest

from app import graph, integer, unpackers
from app.wire import block, whole
from kernels.patches import patches
from kernels.technique import Float, Skipped
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
    """What a layer reads, as `app.pipeline` answers it."""
    layer = network.layer(asked.name)
    plain = [replace(asked.weights.get(w.name, w), form=Float(), mask=None, activation=None) for w in network.weights]
    return x if layer.input == "x" else networks.run(network.write(plain, watched=[layer.input]).onnx, x)[-1]


def recoded(data, x, recipe):
    """The network and its weights after a recipe, calibrated with `x`."""
    network = graph.read(data)
    weights, originals = network.weights, {w.name: w for w in network.weights}
    for technique, params in recipe:
        new = run(technique, weights, params, originals=originals, answer=lambda asked: read_by(network, x, asked))
        weights = [old if isinstance(made, Skipped) else made for old, made in zip(weights, new, strict=True)]
    return network, weights


def simulated(layer, weight, x):
    """What integer arithmetic makes of the layer's input: float32, the rows of all groups side by side."""
    bits, scale, zero_point = weight.activation.bits, weight.activation.scale, weight.activation.zero_point
    if scale is None:
        least, most = min(x.min(), np.float32(0)), max(x.max(), np.float32(0))
        scale = np.float32((most - least) / np.float32(255))
        zero_point = np.rint(-least / scale)
    steps = np.clip(np.rint(x / scale) + np.float32(zero_point), 0, 2**bits - 1) - zero_point
    rows = patches(steps, layer.window).astype(np.int64)
    form = weight.form
    codes = form.codes.astype(np.int64) - form.zero_point  # one zero point for a channel, or one for all
    sums = rows @ codes.reshape(weight.groups, -1, rows.shape[2]).transpose(0, 2, 1)
    sums = sums.transpose(1, 0, 2).reshape(rows.shape[1], -1).astype(np.float32)
    product = sums * (form.scale.reshape(-1) * scale)
    return product if weight.bias is None else product + weight.bias


def outputs(data, x, names, **entries):
    """What these tensors of a file hold, computed with session options; outputs of layers are float32 tensors."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    for key, value in entries.items():
        options.add_session_config_entry(f"session.{key}", value)
    file = onnx.load_model_from_string(data)
    del file.graph.output[:]
    file.graph.output.extend(onnx.helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, None) for n in names)
    session = onnxruntime.InferenceSession(file.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(None, {"x": x}), strict=True))


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize(("data", "x"), NETWORKS.values(), ids=NETWORKS)
def test_a_file_computes_what_integer_arithmetic_says(data, x, recipe):
    network, weights = recoded(data, x, recipe)
    written = network.write(weights)
    networks.check(written.onnx)
    held = outputs(written.onnx, x, [name for layer in network.layers for name in (layer.input, layer.output)][1:])
    held["x"] = x
    for layer, weight in zip(network.layers, weights, strict=True):
        got, axis = held[layer.output], 1 if layer.window else -1
        got = np.moveaxis(got, axis, -1).reshape(-1, got.shape[axis])
        right = simulated(layer, weight, held[layer.input])
        if weight.activation.scale is None:  # onnxruntime may round product and bias in one go
            np.testing.assert_allclose(got, right, rtol=1e-5, atol=1e-5)
        else:
            np.testing.assert_array_equal(got, right)
        assert written.stored[layer.name].label.endswith("activations")


@pytest.mark.parametrize("recipe", [*RECIPES][:3])
@pytest.mark.parametrize(("data", "x"), NETWORKS.values(), ids=NETWORKS)
def test_default_options_and_those_of_the_page_give_the_same_answers(data, x, recipe):
    network, weights = recoded(data, x, RECIPES[recipe])
    onnx = network.write(weights).onnx
    np.testing.assert_array_equal(outputs(onnx, x, ["y"])["y"], outputs(onnx, x, ["y"], disable_quant_qdq="1")["y"])


def test_every_candidate_decodes_to_the_codes_of_the_weight():
    for shape_of in (networks.mlp((64, 10)), networks.cnn()):
        network = graph.read(shape_of)
        for sparsity, bits in ((0.0, 8), (0.0, 4), (0.0, 3), (0.7, 8), (0.7, 4), (0.97, 2)):
            weights = run("quantize", run("prune", network.weights, {"sparsity": sparsity}), {"bits": bits})
            weights = run("activations", weights, {"mode": "dynamic"})
            for weight in weights:
                for candidate in integer.candidates(weight, "w"):
                    assert (decoded(candidate) == weight.form.codes + 2 ** (bits - 1) - 1).all(), candidate.label


def decoded(candidate):
    """The tensor that a candidate leaves, all by itself."""
    head = onnx.ModelProto(ir_version=10)
    head.opset_import.append(onnx.helper.make_opsetid("", 21))
    y = onnx.helper.make_tensor_value_info("w", onnx.TensorProto.UINT8, None)
    parts = [head.SerializeToString(), block(8, block(1, "packed") + whole(2, 1))]
    parts += map(unpackers.function, candidate.fragment.functions)
    tail = onnx.GraphProto(name="g", output=[y]).SerializeToString()
    data = b"".join((*parts, block(7, candidate.fragment.content() + tail)))
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]).run(["w"], {})[0]


def test_a_layer_that_cannot_multiply_integers_says_so():
    network, weights = recoded(networks.mlp(), ROWS, [("activations", {}), ("palettize", {"bits": 3})])
    stored = network.write(weights).stored["fc1"]
    assert stored.note.startswith("It multiplies floats: its weights come from a table") and "palette" in stored.label
    factor = onnx.load_model_from_string(networks.mlp())
    factor.graph.node[0].attribute.append(onnx.helper.make_attribute("alpha", 0.5))
    network, weights = recoded(factor.SerializeToString(), ROWS, [("activations", {})])
    written = network.write(weights)
    assert written.stored["fc1"].note.startswith("It multiplies floats: its operator has factors of its own")
    assert written.stored["fc2"].label == "int8 per-channel, static uint8 activations"


@pytest.mark.parametrize("recipe", ["static", "int3 per tensor", "pruned", "hardly anything left"])
def test_codes_are_unpacked_when_a_session_is_made(recipe, tmp_path):
    network, weights = recoded(networks.cnn(), PICTURES, RECIPES[recipe])
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(network.write(weights).onnx, options, providers=["CPUExecutionProvider"])
    layer = ["QuantizeLinear", "ConvInteger", "Cast", "Mul", "Add"]
    gemm = [op.replace("ConvInteger", "MatMulInteger") for op in layer]
    operators = [node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node]
    assert operators == [*layer, "Relu", "MaxPool", *layer, "Relu", "Flatten", *gemm]


def test_layers_too_small_to_gain_say_so():
    x = RNG.standard_normal((3, 64)).astype(np.float32)
    _, weights = recoded(networks.mlp((64, 10, 5)), x, [("activations", {})])
    assert [any("few inputs" in note for note in weight.notes) for weight in weights] == [False, True]
