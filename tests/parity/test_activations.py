"""Quantized activations against static quantization by onnxruntime.quantization on the same networks and samples."""

import asyncio
import logging

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state import link
from models import model as models


class Samples(CalibrationDataReader):
    def __init__(self, inputs):
        self.batches = iter([{"x": inputs}])

    def get_next(self):
        return next(self.batches, None)


@pytest.fixture(scope="module", params=["digits-mlp", "digits-cnn"])
def quantized(request, tmp_path_factory):
    """A model, its file with static uint8 activations and int8 per-channel weights by us, and the same by them."""
    model = models.load(request.param)
    state, _ = link.decode(f"?v=1&model={request.param}&recipe=activations")
    ours = asyncio.run(Pipeline(NativeRuntime()).result(state)).onnx
    folder = tmp_path_factory.mktemp("static")
    logging.disable()  # it advises to pre-process the model, which would change nothing in these
    quantize_static(
        onnx.load_model_from_string(model.onnx), folder / "theirs.onnx", Samples(model.calibration),
        per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
    )  # fmt: skip
    logging.disable(logging.NOTSET)
    return model, ours, (folder / "theirs.onnx").read_bytes()


def logits(data, x, *, optimize=True):
    """Without optimization pairs of QuantizeLinear and DequantizeLinear are computed as they stand. With it their
    products of unsigned and signed bytes overflow on x86 processors without VNNI."""
    options = onnxruntime.SessionOptions()
    if not optimize:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"]).run(["y"], {"x": x})[0]


def tensors(data):
    return {t.name: numpy_helper.to_array(t) for t in onnx.load_model_from_string(data).graph.initializer}


def test_accuracy_is_theirs_and_rounding_costs_no_more(quantized):
    model, ours, theirs = quantized
    right, mine = (logits(data, model.inputs) for data in (model.onnx, ours))
    other = logits(theirs, model.inputs, optimize=False)
    hits = [(answer.argmax(axis=1) == model.labels).mean() for answer in (mine, other)]
    assert abs(hits[0] - hits[1]) <= 2 / len(model.labels)
    assert np.square(mine - right).mean() <= np.square(other - right).mean()  # they round every output
    assert np.corrcoef(mine.ravel(), other.ravel())[0, 1] > 0.999


def test_inputs_get_the_same_grid(quantized):
    model, ours, theirs = quantized
    nodes, mine, others = onnx.load_model_from_string(ours).graph.node, tensors(ours), tensors(theirs)
    before = {node.output[0]: node.input[0] for node in nodes if node.op_type in ("Flatten", "MaxPool")}
    for node in nodes:
        if node.op_type == "QuantizeLinear":
            tensor, scale, zero_point = node.input
            while f"{tensor}_scale" not in others:  # one grid serves before and behind operators that only move values
                tensor = before[tensor]
            assert mine[zero_point] == others[f"{tensor}_zero_point"]
            # They calibrate with float weights, we with the integers that will be there.
            np.testing.assert_allclose(mine[scale], others[f"{tensor}_scale"], rtol=0 if tensor == "x" else 0.01)


def test_outputs_of_convolutions_get_the_grid_of_those_who_read_them(quantized):
    model, ours, theirs = quantized
    nodes, mine, others = onnx.load_model_from_string(ours).graph.node, tensors(ours), tensors(theirs)
    convolutions = [node for node in nodes if node.op_type == "QLinearConv"]
    assert [node.name for node in convolutions] == (["conv2"] if model.id == "digits-cnn" else [])
    for node in convolutions:
        scale, zero_point = node.input[6:8]
        assert mine[zero_point] == others["relu2.out_zero_point"]
        np.testing.assert_allclose(mine[scale], others["relu2.out_scale"], rtol=0.01)
