"""Files in which layers multiply integers, made by onnxruntime.quantization and by this program, and opened here."""

import asyncio
import logging
from itertools import product

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static

from app.network.opening import compressed_weights
from app.network.read import network_of
from app.pipeline import own_model
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state import link
from models import model as models
from tests.made import networks
from tests.techniques import run

LAYERS = [("conv1", "Conv", (8, 1, 3, 3)), ("conv2", "Conv", (16, 8, 3, 3)), ("fc1", "Gemm", (100, 256)),
          ("fc2", "Gemm", (10, 100))]  # fmt: skip
MODEL = models.load("digits-cnn")
KINDS = {"u8s8": (QuantType.QUInt8, QuantType.QInt8), "u8u8": (QuantType.QUInt8, QuantType.QUInt8),
         "s8s8": (QuantType.QInt8, QuantType.QInt8)}  # fmt: skip


class Samples(CalibrationDataReader):
    def __init__(self):
        self.batches = iter([{"x": MODEL.calibration}])

    def get_next(self):
        return next(self.batches, None)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """digits-cnn as onnxruntime quantizes it."""
    folder, made = tmp_path_factory.mktemp("theirs"), {}

    def make(form, kind, per_channel):
        key = (form, kind, per_channel)
        if key not in made:
            activations, weights = KINDS[kind]
            # Signed weights of 7 bits: with 8 the sums of onnxruntime overflow on x86 processors without VNNI.
            narrow = weights == QuantType.QInt8
            logging.disable()  # it advises to pre-process the model, which would change nothing
            source, target = onnx.load_model_from_string(MODEL.onnx), folder / "made.onnx"
            if form == "dynamic":
                quantize_dynamic(source, target, weight_type=weights, per_channel=per_channel, reduce_range=narrow)
            else:
                quantize_static(
                    source, target, Samples(), quant_format=QuantFormat[form], per_channel=per_channel,
                    activation_type=activations, weight_type=weights, reduce_range=narrow,
                )  # fmt: skip
            logging.disable(logging.NOTSET)
            made[key] = target.read_bytes()
        return made[key]

    return make


def read(data):
    return network_of(*asyncio.run(compressed_weights.decode(NativeRuntime(), data)))


FORMS = [*product(("QDQ", "QOperator"), KINDS, (True, False)), *product(("dynamic",), ("u8u8", "u8s8"), (True, False))]


@pytest.mark.parametrize(("form", "kind", "per_channel"), FORMS)
def test_their_files_open_with_decoded_weights_and_keep_their_answers(file, form, kind, per_channel):
    data = file(form, kind, per_channel)
    network = read(data)
    assert [(layer.name, layer.op, layer.shape) for layer in network.layers] == LAYERS
    original = read(MODEL.onnx)
    for weight, other in zip(network.weights, original.weights, strict=True):
        assert np.abs(weight.values - other.values).max() < 0.02 * np.abs(other.values).max()
    written = network.write(network.weights).onnx
    networks.check(written)
    assert len(written) < (1.1 if form == "QDQ" else 1.2) * len(data)
    left = onnx.load_model_from_string(written).graph
    assert {t.name for t in left.initializer} <= {name for node in left.node for name in node.input}, "none is idle"
    mine, theirs = (networks.run(each, MODEL.inputs)[0] for each in (written, data))
    # onnxruntime may round a sum that lies between two codes to the other one, and what follows with it.
    assert np.abs(mine - theirs).max() < 0.02 * np.abs(theirs).max() and (mine.argmax(1) == theirs.argmax(1)).all()


@pytest.mark.parametrize("form", ["QDQ", "QOperator", "dynamic"])
def test_they_can_be_compressed_further(file, form):
    network = read(file(form, "u8u8", True))
    weights = run("quantize", run("prune", network.weights, {"sparsity": 0.5}), {"bits": 4})
    written = network.write(weights)
    networks.check(written.onnx)
    assert len(written.onnx) < 0.75 * len(file(form, "u8u8", True))
    again = networks.run(
        network.write(run("activations", weights, {"mode": "dynamic", "where": "everywhere"})).onnx, MODEL.inputs
    )[0]
    assert (again.argmax(1) == networks.run(written.onnx, MODEL.inputs)[0].argmax(1)).mean() > 0.97


def test_channels_go_through_the_rounding_of_inputs(file):
    network = read(file("QOperator", "u8u8", True))
    weights = run("structured", network.weights, {"sparsity": 0.5}, network.channel_groups)
    assert [weight.values.shape for weight in weights] == [(4, 1, 3, 3), (8, 4, 3, 3), (50, 128), (10, 50)]
    written = network.write(weights).onnx
    networks.check(written)
    networks.same_answers(written, network.write(networks.zeroed(network, weights)).onnx, MODEL.inputs)


@pytest.mark.parametrize("recipe", ["activations", "activations,mode:dynamic", "quantize,bits:3;activations,bits:6"])
def test_files_of_our_own_open_too(recipe):
    state, _ = link.decode(f"?v=1&model=digits-cnn&recipe={recipe}")
    data = asyncio.run(Pipeline(NativeRuntime()).result(state)).onnx
    network = read(data)
    assert [(layer.op, layer.shape) for layer in network.layers] == [layer[1:] for layer in LAYERS]
    written = network.write(network.weights).onnx
    networks.check(written)
    mine, original = (networks.run(each, MODEL.inputs)[0] for each in (written, data))
    assert np.abs(mine - original).max() < 0.02 * np.abs(original).max()


def test_the_person_is_told_that_inputs_are_rounded(file):
    model = asyncio.run(own_model.read(NativeRuntime(), file("QOperator", "u8u8", True)))
    assert "4 layers. What they read is rounded as in your file" in model.summary and model.decoded == 4


def test_products_of_numbers_on_the_way_are_left_alone():
    """As in attention: there is no weight to decode."""
    net = networks.Net()
    scale, zero = net.constant("scale", np.float32(0.05)), net.constant("zero", np.uint8(128))
    x = net.gemm("fc", "x", 6, 4)
    codes = net.node("QuantizeLinear", x, scale, zero)
    turned = net.node("Transpose", codes)
    square = net.node("QLinearMatMul", codes, scale, zero, turned, scale, zero, scale, zero)
    rows = net.node("DequantizeLinear", square, scale, zero)
    net.node("MatMul", rows, x)
    data = net.bytes(["N", 6], ["N", 4])
    network = read(data)
    assert [layer.name for layer in network.layers] == ["fc"]
    rows = np.random.default_rng(0).standard_normal((5, 6)).astype(np.float32)
    networks.same_answers(network.write(network.weights).onnx, data, rows)


@pytest.mark.parametrize("twist", ["int output", "read twice", "unknown scale"])
def test_sums_that_are_used_in_another_way_are_left_alone(twist):
    codes = numpy_helper.from_array(np.ones((6, 4), np.int8), "codes")
    half = numpy_helper.from_array(np.float32(0.5), "half")
    nodes = [
        helper.make_node("DynamicQuantizeLinear", ["x"], ["xq", "xs", "xz"]),
        helper.make_node("MatMulInteger", ["xq", "codes", "xz"], ["i"]),
        helper.make_node("Cast", ["i"], ["f"], to=7 if twist == "int output" else 1),
        helper.make_node("Cast", ["f"], ["g"], to=1),
        helper.make_node("Mul", ["g" if twist == "int output" else "f", "half"], ["y"]),
    ]
    if twist == "read twice":
        nodes[3:] = [helper.make_node("Mul", ["f", "f"], ["y"])]
    data = networks.model(nodes, [codes, half], ["N", 6], ["N", 4])
    with pytest.raises(ValueError, match="nothing to compress"):
        read(data)
