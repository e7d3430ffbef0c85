"""Layers that multiply integers: the file computes what integer arithmetic in NumPy says, whatever the options."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

from app.network.encodings import functions
from app.network.integer.weights import applies, candidates, rounds
from app.network.protobuf import block, whole
from app.network.read import read
from kernels.calibrated.patches import patches
from kernels.technique import Skipped
from kernels.weight import Affine, Float
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


def simulated(layer, weight, x, grid):
    """What integer arithmetic makes of the layer's input: the rows of all groups side by side.

    x : float32, or uint8 if the layer before passes codes on
    grid : scale, zero point and last code of what is put out, if that is rounded: uint8 then; else float32
    """
    bits, scale, zero_point = weight.activation.bits, weight.activation.scale, weight.activation.zero_point
    if scale is None:
        least, most = min(x.min(), np.float32(0)), max(x.max(), np.float32(0))
        scale = np.float32((most - least) / np.float32(255))
        zero_point = np.rint(-least / scale)
    codes = x if x.dtype == np.uint8 else np.clip(np.rint(x / scale) + np.float32(zero_point), 0, 2**bits - 1)
    rows = patches(codes.astype(np.float32) - zero_point, layer.window).astype(np.int64)
    form = weight.form
    codes = form.codes.astype(np.int64) - form.zero_point  # one zero point for a channel, or one for all
    sums = rows @ codes.reshape(weight.groups, -1, rows.shape[2]).transpose(0, 2, 1)
    sums = sums.transpose(1, 0, 2).reshape(rows.shape[1], -1)
    factor = form.scale.reshape(-1) * scale
    if grid is None:
        product = sums.astype(np.float32) * factor
        return product if weight.bias is None else product + weight.bias
    step, zero_point, last = grid
    sums = sums + (0 if weight.bias is None else np.rint(weight.bias / factor.astype(np.float64)))
    steps = np.rint(sums.astype(np.float32) * (factor / step).astype(np.float32))
    return np.clip(steps + zero_point, 0, last).astype(np.uint8)


def grid_of(data, layer):
    """Scale, zero point and last code of what the QLinearConv of a layer puts out; None if it is none."""
    file = onnx.load_model_from_string(data)
    tensors = {t.name: onnx.numpy_helper.to_array(t) for t in file.graph.initializer}
    for node in file.graph.node:
        if node.op_type == "QLinearConv" and node.name == layer.name:
            scale, zero_point = node.input[6:8]
            return tensors[scale], tensors[zero_point], tensors.get(f"{scale.removesuffix('s')}m", 255)
    return None


def outputs(data, x, names, **entries):
    """What these tensors of a file hold, computed with session options."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    for key, value in entries.items():
        options.add_session_config_entry(f"session.{key}", value)
    file = onnx.load_model_from_string(data)
    known = {v.name: v for v in onnx.shape_inference.infer_shapes(file).graph.value_info}
    known |= {v.name: v for v in file.graph.output}
    del file.graph.output[:]
    file.graph.output.extend(known[name] for name in names)
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
        got, axis, grid = held[layer.output], 1 if layer.window else -1, grid_of(written.onnx, layer)
        got = np.moveaxis(got, axis, -1).reshape(-1, got.shape[axis])
        right = simulated(layer, weight, held[layer.input], grid)
        if grid is not None and got.dtype == np.float32:
            right = (right - np.float32(grid[1])) * grid[0]
        if weight.activation.scale is None:  # onnxruntime may round product and bias in one go
            np.testing.assert_allclose(got, right, rtol=1e-5, atol=1e-5)
        else:
            assert got.dtype == right.dtype
            np.testing.assert_array_equal(got, right)
        assert written.stored[layer.name].label.endswith("activations")
        assert (grid is None) == (layer.window is None or weight.activation.scale is None)


@pytest.mark.parametrize("recipe", [*RECIPES][:3])
@pytest.mark.parametrize(("data", "x"), NETWORKS.values(), ids=NETWORKS)
def test_default_options_and_those_of_the_page_give_the_same_answers(data, x, recipe):
    network, weights = recoded(data, x, RECIPES[recipe])
    onnx = network.write(weights).onnx
    np.testing.assert_array_equal(outputs(onnx, x, ["y"])["y"], outputs(onnx, x, ["y"], disable_quant_qdq="1")["y"])


def test_every_candidate_decodes_to_the_codes_of_the_weight():
    for shape_of in (networks.mlp((64, 10)), networks.cnn()):
        network = read(shape_of)
        for sparsity, bits in ((0.0, 8), (0.0, 4), (0.0, 3), (0.7, 8), (0.7, 4), (0.97, 2)):
            weights = run("quantize", run("prune", network.weights, {"sparsity": sparsity}), {"bits": bits})
            weights = run("activations", weights, {"mode": "dynamic", "where": "everywhere"})
            for layer, weight in zip(network.layers, weights, strict=True):
                for candidate in candidates(layer, weight):
                    assert (decoded(candidate, layer.weight) == weight.form.codes + 2 ** (bits - 1) - 1).all(), (
                        candidate.label
                    )


def decoded(candidate, name):
    """The weight that a candidate leaves, all by itself."""
    head = onnx.ModelProto(ir_version=10)
    head.opset_import.append(onnx.helper.make_opsetid("", 21))
    y = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.UINT8, None)
    parts = [head.SerializeToString(), block(8, block(1, "packed") + whole(2, 1))]
    parts += map(functions.function, candidate.fragment.functions)
    tail = onnx.GraphProto(name="g", output=[y]).SerializeToString()
    data = b"".join((*parts, block(7, candidate.fragment.content() + tail)))
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]).run([name], {})[0]


def test_a_layer_that_cannot_multiply_integers_says_so():
    network, weights = recoded(networks.mlp(), ROWS, [("activations", {}), ("palettize", {"bits": 3})])
    stored = network.write(weights).stored["fc1"]
    assert stored.weights[0].floats_because.startswith("its weights come from a table") and "palette" in stored.label
    factor = onnx.load_model_from_string(networks.mlp())
    factor.graph.node[0].attribute.append(onnx.helper.make_attribute("alpha", 0.5))
    network, weights = recoded(factor.SerializeToString(), ROWS, [("activations", {})])
    written = network.write(weights)
    assert written.stored["fc1"].weights[0].floats_because.startswith("its operator has factors of its own")
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
    operators = [node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node]
    head = ["QuantizeLinear", "QLinearConv", "MaxPool", "QLinearConv", "Flatten"]
    assert operators == [*head, "MatMulInteger", "Cast", "Mul", "Add"]


def test_layers_too_small_to_gain_say_so():
    weights = read(networks.cnn((3, 9, 7))).weights  # 27 and 81 inputs to each output, then 63 of a matrix
    params = {"mode": "dynamic"}
    few, many, rows = run("activations", weights, params)
    assert few.activation is None and "would save no time" in few.notes[-1] and isinstance(few.form, Affine)
    assert many.activation is not None and rows.activation is not None
    assert "save no time here" in run("activations", weights, {**params, "where": "everywhere"})[0].notes[-1]
    (again, *_) = run("activations", [few, many, rows], params)
    assert isinstance(again, Skipped)


@pytest.mark.parametrize("tail", ["pads", "twice", "sum", "watched"])
def test_codes_pass_on_only_to_a_single_reader(tail):
    """Behind MaxPool with padding they do; where somebody else reads the same numbers they become floats first."""
    net = networks.Net()
    x = net.node("Relu", net.conv("one", "x", 4, 6))
    if tail == "pads":
        x = net.node("MaxPool", x, kernel_shape=[3, 3], pads=[1] * 4)
    y = net.conv("two", x, 6, 5)
    if tail == "sum":
        y = net.node("Add", y, net.conv("three", x, 6, 5))
    net.node("Relu" if tail != "twice" else "Identity", y if tail != "twice" else net.node("Concat", x, y, axis=1))
    pictures = RNG.standard_normal((3, 4, 7, 8)).astype(np.float32)
    network, weights = recoded(net.bytes(["N", 4, 7, 8], ["N", None, None, None]), pictures, [("activations", {})])
    written = network.write(weights, watched=[network.layers[1].input] if tail == "watched" else [])
    operators = [node.op_type for node in onnx.load_model_from_string(written.onnx).graph.node]
    assert operators.count("QuantizeLinear") == {"pads": 1, "twice": 2, "sum": 3, "watched": 2}[tail]
    exact, got = (networks.run(data, pictures)[0] for data in (network.write(network.weights).onnx, written.onnx))
    assert np.abs(got - exact).max() < 0.03 * np.abs(exact).max()


def test_weights_next_to_nothing_beside_their_bias_become_zero():
    network = read(networks.cnn())
    values = network.weights[0].values.copy()
    values[2] *= 1e-20
    weights = [replace(network.weights[0], values=values), *network.weights[1:]]
    new, *_ = run("activations", weights, {"where": "everywhere"})
    assert not new.values[2].any() and new.values[1].any() and "became zero" in new.notes[-1]
    assert rounds(network.layers[0], new)


def test_a_bias_beyond_all_sums_is_added_to_floats():
    network = read(networks.cnn())
    bias = np.full(5, 1e12, np.float32)
    weights = run("quantize", [replace(network.weights[0], bias=bias)], {"granularity": "per_tensor"})
    (new,) = run("activations", weights, {"where": "everywhere"})
    assert not rounds(network.layers[0], new) and applies(network.layers[0], new)
