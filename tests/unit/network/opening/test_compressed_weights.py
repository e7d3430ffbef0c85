"""Files that store their weights compressed: what is decoded, what is written as it stood, and what is left alone."""

import asyncio

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper, parser

from app.network.opening import compressed_weights
from app.network.read import AS_READ, network_of
from app.pipeline import own_model
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT
from models import model as models
from tests.made import networks
from tests.techniques import run

RNG = np.random.default_rng(0)
CODES = RNG.integers(-128, 128, (5, 13)).astype(np.int8)
SCALE = RNG.uniform(0.01, 0.1, 5).astype(np.float32)
WEIGHT = CODES * SCALE[:, None]
X = RNG.standard_normal((4, 13)).astype(np.float32)


def read(data):
    """The network of a file whose compressed weights are decoded."""
    return network_of(*asyncio.run(compressed_weights.decode(NativeRuntime(), data)))


def quantized(nodes, tensors=(), **more):
    """A file of nodes that make w of codes q and scales s, and then compute y."""
    given = [numpy_helper.from_array(CODES, "q"), numpy_helper.from_array(SCALE, "s"), *tensors]
    return networks.model(nodes, given, ["N", 13], ["N", 5], **more)


def gemm(*before, tensors=(), weight="w", **more):
    return quantized([*before, helper.make_node("Gemm", ["x", weight], ["y"], transB=1, name="fc")], tensors, **more)


DEQUANTIZE = helper.make_node("DequantizeLinear", ["q", "s"], ["w"], axis=0)


def test_a_dequantized_weight_is_decoded_and_stands_as_it_stood():
    network = read(gemm(DEQUANTIZE))
    np.testing.assert_array_equal(network.weights[0].values, WEIGHT)
    written = network.write(network.weights)
    assert written.stored["fc"].label == "as in your file" and written.stored["fc"].weights[0].note == AS_READ
    assert written.stored["fc"].size_bytes == written.stored["fc"].original_bytes < WEIGHT.nbytes
    networks.check(written.onnx)
    networks.same_answers(written.onnx, gemm(DEQUANTIZE), X)


def test_once_it_changes_it_is_written_anew():
    network = read(gemm(DEQUANTIZE))
    written = network.write(run("quantize", network.weights, {"bits": 2}))
    names = {t.name for t in onnx.load_model_from_string(written.onnx).graph.initializer}
    assert not names & {"q", "s"} and written.stored["fc"].label.startswith("int2")


@pytest.mark.parametrize("op", ["Gemm", "MatMul"])
def test_a_weight_that_is_turned_when_it_is_read_stands_as_it_stood(op):
    codes = numpy_helper.from_array(CODES.T.copy(), "turned")
    data = quantized([
        helper.make_node("DequantizeLinear", ["turned", "s"], ["w"], axis=1),
        helper.make_node(op, ["x", "w"], ["y"], name="fc"),
    ], [codes])  # fmt: skip
    network = read(data)
    np.testing.assert_array_equal(network.weights[0].values, WEIGHT)
    written = network.write(network.weights)
    assert written.stored["fc"].label == "as in your file"
    networks.check(written.onnx)
    # Not those of the file that was read: with its own options onnxruntime computes that with rounded inputs.
    np.testing.assert_allclose(networks.run(written.onnx, X)[0], X @ WEIGHT.T, rtol=1e-5, atol=1e-4)


def test_a_bias_that_is_computed_is_decoded():
    bias = [numpy_helper.from_array(np.arange(5, dtype=np.int32), "bq"), numpy_helper.from_array(np.float32(0.5), "bs")]
    data = quantized([
        DEQUANTIZE, helper.make_node("DequantizeLinear", ["bq", "bs"], ["b"]),
        helper.make_node("Gemm", ["x", "w", "b"], ["y"], transB=1, name="fc"),
    ], bias)  # fmt: skip
    network = read(data)
    assert network.weights[0].bias.tolist() == [0, 0.5, 1, 1.5, 2]
    networks.same_answers(network.write(network.weights).onnx, data, X)


def test_what_a_normalization_is_folded_into_is_written_anew():
    vectors = [numpy_helper.from_array(RNG.uniform(1, 2, 5).astype(np.float32), name) for name in "abcd"]
    data = quantized([
        DEQUANTIZE, helper.make_node("Gemm", ["x", "w"], ["p"], transB=1, name="fc"),
        helper.make_node("BatchNormalization", ["p", *"abcd"], ["y"]),
    ], vectors)  # fmt: skip
    network = read(data)
    written = network.write(network.weights)
    assert written.stored["fc"].label == "float32"
    networks.same_answers(written.onnx, data, X)


def test_constants_that_two_weights_share_are_kept_for_each():
    second = [numpy_helper.from_array(RNG.integers(-9, 9, (5, 5)).astype(np.int8), "q2")]
    data = quantized([
        DEQUANTIZE, helper.make_node("DequantizeLinear", ["q2", "s"], ["w2"], axis=0),
        helper.make_node("Gemm", ["x", "w"], ["h"], transB=1, name="one"),
        helper.make_node("Gemm", ["h", "w2"], ["y"], transB=1, name="two"),
    ], second)  # fmt: skip
    network = read(data)
    for weights in (network.weights, (network.weights[0], *run("quantize", network.weights[1:], {"bits": 8}))):
        written = network.write(weights)
        assert written.stored["one"].label == "as in your file"
        networks.check(written.onnx)
        networks.run(written.onnx, X)
    networks.same_answers(network.write(network.weights).onnx, data, X)


def test_a_weight_that_two_operators_read_is_left_alone():
    square = numpy_helper.from_array(np.eye(13, dtype=np.int8), "e")
    dense = numpy_helper.from_array(WEIGHT, "v")
    data = quantized([
        helper.make_node("Cast", ["e"], ["w"], to=TensorProto.FLOAT),
        helper.make_node("Gemm", ["x", "w"], ["h"], transB=1), helper.make_node("Gemm", ["h", "w"], ["i"], transB=1),
        helper.make_node("Gemm", ["i", "v"], ["y"], transB=1, name="last"),
    ], [square, dense])  # fmt: skip
    network = read(data)
    assert [layer.name for layer in network.layers] == ["last"]
    networks.same_answers(network.write(network.weights).onnx, data, X)


def test_a_weight_made_by_chance_is_left_alone():
    like = helper.make_node("RandomNormalLike", ["f"], ["w"])
    data = gemm(helper.make_node("Cast", ["q"], ["f"], to=TensorProto.FLOAT), like)
    with pytest.raises(ValueError, match="nothing to compress"):
        read(data)


def test_endless_weights_are_refused_before_they_are_computed():
    size = numpy_helper.from_array(np.array([2**20, 2**14]), "size")
    data = gemm(helper.make_node("ConstantOfShape", ["size"], ["w"]), tensors=[size])
    data = onnx.load_model_from_string(data)
    data.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 2**14
    data.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 2**20
    with pytest.raises(ValueError, match="MB when they are decoded"):
        read(data.SerializeToString())


def test_numbers_that_are_not_finite_are_refused():
    scale = numpy_helper.from_array(np.full(5, np.inf, np.float32), "inf")
    with pytest.raises(ValueError, match="not finite"):
        read(gemm(helper.make_node("DequantizeLinear", ["q", "inf"], ["w"], axis=0), tensors=[scale]))


def test_functions_of_others_under_our_names_do_what_they_did():
    """A file of another version may bring an Unpack that is not ours: both can stand in one file."""
    text = '<domain: "packed", opset_import: ["" : 21]> Unpack (x, s) => (y) { y = DequantizeLinear <axis = 0> (x, s) }'
    file = onnx.load_model_from_string(gemm(helper.make_node("Unpack", ["q", "s"], ["w"], domain="packed")))
    file.functions.append(parser.parse_function(text))
    file.opset_import.append(helper.make_opsetid("packed", 1))
    network = read(file.SerializeToString())
    np.testing.assert_array_equal(network.weights[0].values, WEIGHT)
    for weights in (network.weights, run("quantize", network.weights, {"bits": 3})):
        written = network.write(weights).onnx
        networks.check(written)
        right = X @ weights[0].values.T
        np.testing.assert_allclose(networks.run(written, X)[0], right, atol=1e-4)


RECIPES = [
    [("quantize", {"bits": 3})],
    [("palettize", {"bits": 2, "cluster_dim": 2})],
    [("prune", {"sparsity": 0.7}), ("palettize", {"bits": 3})],
    [("structured", {"sparsity": 0.3}), ("quantize", {"bits": 4, "scheme": "asymmetric"})],
    [("factorize", {"keep": 0.5, "by": "rank"}), ("quantize", {"bits": 4})],
    [("quantize", {"dtype": "fp8"})],
]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: "-".join(name for name, _ in recipe))
@pytest.mark.parametrize("make", [lambda: networks.mlp((40, 30, 5)), networks.cnn, networks.transformer])
def test_our_own_files_have_the_layers_and_bytes_they_had(make, recipe):
    network = read(make())
    weights = network.weights
    for name, params in recipe:
        after = run(name, weights, params, network.channel_groups)
        weights = [new if hasattr(new, "values") else old for old, new in zip(weights, after, strict=True)]
    first = network.write(weights, {"recipe": "{}"})
    networks.check(first.onnx)
    again = read(first.onnx)
    second = again.write(again.weights)
    networks.check(second.onnx)
    assert 0 <= len(first.onnx) - len(second.onnx) <= 8  # halves have become layers, whose names are shorter
    if recipe[0][0] != "factorize":
        assert [w.name for w in again.weights] == [w.name for w in weights]
        for opened, weight in zip(again.weights, weights, strict=True):
            np.testing.assert_array_equal(opened.values, weight.values)
            assert second.stored[weight.name].size_bytes == first.stored[weight.name].size_bytes
    x = RNG.standard_normal((2, *again.input_shape[1:])).astype(np.float32)
    np.testing.assert_array_equal(networks.run(second.onnx, x)[0], networks.run(first.onnx, x)[0])


def test_opened_it_is_its_own_baseline_and_a_layer_kept_in_float_stays_as_it_is():
    data = gemm(DEQUANTIZE)
    model = asyncio.run(own_model.read(NativeRuntime(), data))
    models.add(model)
    pipeline = Pipeline(NativeRuntime())
    state = DEFAULT.merged({"model": model.id, "recipe": []})
    result = asyncio.run(pipeline.result(state))
    assert model.decoded == 1 and "1 layer." in model.summary
    assert result.baseline.size_bytes == len(data) and result.compressed.score == 100
    kept = asyncio.run(pipeline.result(state.merged({"recipe": [{"technique": "quantize"}],
                                                     "layers": {"fc": {"skip": True}}})))  # fmt: skip
    assert kept.layers[0].stored == "as in your file" and kept.layers[0].note == AS_READ


def test_layers_that_multiply_integers_are_left_alone_in_words():
    fed = helper.make_node("DynamicQuantizeLinear", ["x"], ["xq", "xs", "xz"])
    product = helper.make_node("MatMulInteger", ["xq", "turned", "xz"], ["i"])
    codes = numpy_helper.from_array(CODES.T.copy(), "turned")
    cast = helper.make_node("Cast", ["i"], ["f"], to=TensorProto.FLOAT)
    data = quantized([fed, product, cast, helper.make_node("Mul", ["f", "s"], ["y"])], [codes])
    with pytest.raises(ValueError, match="multiplies integers already: 1 layer"):
        asyncio.run(own_model.read(NativeRuntime(), data))
