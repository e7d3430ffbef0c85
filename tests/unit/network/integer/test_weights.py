"""Which layers multiply integers, and that their weights stand in the file as the codes they are."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest

from app.network.encodings import functions
from app.network.integer.weights import applies, candidates, rounds
from app.network.protobuf import block, whole
from app.network.read import read
from kernels.technique import Skipped
from kernels.weight import Affine
from tests.made import networks
from tests.made.integers import ROWS, recoded
from tests.techniques import run


def test_every_candidate_decodes_to_the_codes_of_the_weight():
    for shape_of in (networks.mlp((64, 10)), networks.cnn()):
        network = read(shape_of)
        for sparsity, bits in ((0.0, 8), (0.0, 4), (0.0, 3), (0.7, 8), (0.7, 4), (0.97, 2)):
            weights = run("quantize", run("prune", network.weights, {"sparsity": sparsity}), {"bits": bits})
            weights = run("activations", weights, {"mode": "dynamic", "where": "everywhere"})
            for layer, weight in zip(network.layers, weights, strict=True):
                for candidate in candidates(layer, weight):
                    values = decoded(candidate, layer.weight)
                    offset = 0 if values.dtype == np.int8 else 2 ** (bits - 1) - 1
                    codes = weight.form.codes if layer.op == "Conv" else weight.form.codes.T
                    assert (values == codes + offset).all(), candidate.label
                    assert (values.dtype == np.int8) == (layer.op != "Conv" and np.abs(codes).max() <= 64)


def decoded(candidate, name):
    """The weight that a candidate leaves, all by itself."""
    head = onnx.ModelProto(ir_version=10)
    head.opset_import.append(onnx.helper.make_opsetid("", 21))
    parts = [head.SerializeToString(), block(8, block(1, "packed") + whole(2, 1))]
    parts += map(functions.function, candidate.fragment.functions)
    graph = onnx.GraphProto.FromString(candidate.fragment.content())
    kinds = {t.name: t.data_type for t in graph.initializer}
    kinds |= {node.output[0]: a.i for node in graph.node for a in node.attribute if a.name == "to"}
    y = onnx.helper.make_tensor_value_info(name, kinds[name], None)
    tail = onnx.GraphProto(name="g", output=[y]).SerializeToString()
    data = b"".join((*parts, block(7, candidate.fragment.content() + tail)))
    return onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]).run([name], {})[0]


@pytest.mark.parametrize(("data", "x"), [(networks.mlp((64, 10)), (9, 64)), (networks.cnn(), (5, 3, 6, 6))])
@pytest.mark.parametrize(("weights", "inputs"), [(8, 8), (8, 7), (7, 8), (4, 8)])
def test_sums_of_the_largest_codes_are_exact_on_any_processor(data, x, weights, inputs):
    """Without VNNI, x86 adds two products in 16 bits: 255 * 127 * 2 does not fit, and signed weights would be wrong."""
    x = np.ones(x, np.float32)
    network = read(data)
    full = [replace(weight, values=np.ones_like(weight.values), bias=None) for weight in network.weights]
    answers = []
    for bits in ((weights, inputs), (2, 8)):  # all weights are the largest code, or the only one
        made = run("quantize", full, {"bits": bits[0]})
        params = {"bits": bits[1], "where": "everywhere"}
        made = run("activations", made, params, answer=lambda asked: read_by(network, x, full, asked))
        answers.append(networks.run(network.write(made).onnx, x)[0])
    np.testing.assert_allclose(answers[0], answers[1], rtol=0.02)


def read_by(network, x, weights, asked):
    """What a layer reads, or puts out, with these weights."""
    layer = network.layer(asked.name)
    tensor = layer.output if asked.behind else layer.input
    return x if tensor == "x" else networks.run(network.write(weights, watched=[tensor]).onnx, x)[-1]


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


def test_layers_too_small_to_gain_say_so():
    weights = read(networks.cnn((3, 9, 7))).weights  # 27 and 81 inputs to each output, then 63 of a matrix
    params = {"mode": "dynamic"}
    few, many, rows = run("activations", weights, params)
    assert few.activation is None and "would save no time" in few.notes[-1] and isinstance(few.form, Affine)
    assert many.activation is not None and rows.activation is not None
    assert "save no time here" in run("activations", weights, {**params, "where": "everywhere"})[0].notes[-1]
    (again, *_) = run("activations", [few, many, rows], params)
    assert isinstance(again, Skipped)


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
