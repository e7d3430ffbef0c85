"""Layers that multiply integers: the file computes what integer arithmetic in NumPy says, whatever the options."""

import numpy as np
import onnx
import onnxruntime
import pytest

from kernels.calibrated.patches import patches
from tests.made import networks
from tests.made.integers import NETWORKS, PICTURES, RECIPES, recoded


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
    floats = onnx.TensorProto.FLOAT  # what MatMulIntegerToFloat puts out, which onnx does not know
    file.graph.output.extend(known.get(n) or onnx.helper.make_tensor_value_info(n, floats, None) for n in names)
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


@pytest.mark.parametrize("recipe", ["static", "int3 per tensor", "pruned", "hardly anything left"])
def test_codes_are_unpacked_when_a_session_is_made(recipe, tmp_path):
    network, weights = recoded(networks.cnn(), PICTURES, RECIPES[recipe])
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.log_severity_level = 3
    onnxruntime.InferenceSession(network.write(weights).onnx, options, providers=["CPUExecutionProvider"])
    operators = [node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node]
    head = ["QuantizeLinear", "QLinearConv", "MaxPool", "QLinearConv", "Flatten"]
    assert operators == [*head, "MatMulIntegerToFloat"]
