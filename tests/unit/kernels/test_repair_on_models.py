"""The repairs on a model of the zoo: with its own calibration samples its answers come much closer."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from kernels.calibrated.bias_correction import bias_correction
from kernels.calibrated.coordinate_descent import coordinate_descent
from kernels.calibrated.gptq import gptq
from kernels.calibrated.hessian import centred, cross, damped, gram, least_squares_target
from kernels.calibrated.output_aware import output_aware_palette
from kernels.calibrated.points import GridPoints
from kernels.storage import lookup
from kernels.storage.distortion import sqnr_db
from models.model import load


@pytest.fixture(scope="module")
def mlp():
    """Weights and biases of digits-mlp, its calibration samples and its evaluation inputs, flat."""
    model = load("digits-mlp")
    graph = onnx.load_from_string(model.onnx).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    layers = [[stored[name] for name in node.input[1:]] for node in graph.node if node.op_type == "Gemm"]
    return layers, *(samples.reshape(len(samples), -1) for samples in (model.calibration, model.inputs))


def answers(layers, x):
    for i, (weight, bias) in enumerate(layers):
        x = x @ weight.T + bias
        x = np.maximum(x, 0) if i < len(layers) - 1 else x
    return x


def compressed(layers, images, compress):
    """Layers in order, each aiming at the original answers from what it now reads."""
    new, now, before = [], images, images
    for weight, bias in layers:
        H = gram(centred(now))
        target = least_squares_target(weight, H, weight @ cross(centred(now), centred(before)).T)
        values = compress(weight, target, damped(H))
        new.append((values, bias_correction(values, weight, now[None], before[None], bias)))
        now, before = np.maximum(now @ values.T + new[-1][1], 0), np.maximum(before @ weight.T + bias, 0)
    return new


def grid(weight, bits):
    least, most = np.minimum(weight.min(1, keepdims=True), 0), np.maximum(weight.max(1, keepdims=True), 0)
    scale = (most - least) / (2**bits - 1)
    return GridPoints(scale, np.rint(-least / scale), 0, 2**bits - 1, weight.shape)


def rounded(weight, bits):
    points = grid(weight, bits)
    return points.values(np.stack([points.nearest(j, column)[0] for j, column in enumerate(weight.T)], axis=1))


def palette(weight, bits):
    return lookup.encode(weight, bits=bits, group_size=len(weight))


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_gptq_and_descent_bring_quantized_answers_closer(mlp, bits):
    layers, calibration, inputs = mlp

    def repaired(weight, target, H):
        points = grid(weight, bits)
        return points.values(coordinate_descent(target, H, points, gptq(target, H, points, order="activation")))

    exact = answers(layers, inputs)
    plain = sqnr_db(exact, answers([(rounded(w, bits), b) for w, b in layers], inputs))
    assert sqnr_db(exact, answers(compressed(layers, calibration, repaired), inputs)) > plain + 10


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_output_aware_tables_bring_palettized_answers_closer(mlp, bits):
    layers, calibration, inputs = mlp

    def repaired(weight, target, H):
        lut, indices = output_aware_palette(target, H, palette(weight, bits).lut, len(weight))
        return lut[0, indices]

    exact = answers(layers, inputs)
    plain = sqnr_db(exact, answers([(lookup.decode(palette(w, bits)), b) for w, b in layers], inputs))
    assert sqnr_db(exact, answers(compressed(layers, calibration, repaired), inputs)) > plain + 10
