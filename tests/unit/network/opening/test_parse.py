"""Foreign bytes become a model of our opset, or are refused in words."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from app.network.read import read
from tests.made import networks


@pytest.mark.parametrize("opset", [11, 13, 17, 21, 22])
def test_other_versions_of_the_operators_are_brought_to_ours(opset):
    data = networks.mlp(opset=opset)
    network = read(data)
    written = network.write(networks.applied(network, ("quantize", {"bits": 4}))).onnx
    networks.check(written)
    file = onnx.load_model_from_string(written)
    assert (file.opset_import[0].version, file.ir_version) == (21, 10)
    networks.equal_answers(network.write(network.weights).onnx, data, networks.ROWS)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not an ONNX file"),
        (b"GIF89a, certainly no network", "not an ONNX file"),
        (networks.mlp()[:300], "not an ONNX file, or only a part"),
        (networks.model([helper.make_node("Relu", ["x"], ["y"])], [], ["N", 13], ["N", 13]), "nothing to compress"),
        (networks.model([helper.make_node("Relu", ["q"], ["y"])], [], ["N", 13], ["N", 13]), "is broken"),
        (networks.mlp().replace(b"fc1.weight", b"fc1.\xffeight"), "is broken"),
        (networks.mlp(opset=21).replace(b"B\x04\n\x00\x10\x15", b"B\x04\n\x00\x10\x63"), "broken|version 99"),
    ],
    ids=["empty", "picture", "half", "no weights", "no such tensor", "no text", "from the future"],
)
def test_a_file_that_will_not_do_is_refused_in_words(data, words):
    with pytest.raises(ValueError, match=words):
        read(data)


def test_a_size_of_minus_one_is_an_open_one():
    file = onnx.load_model_from_string(networks.mlp())
    file.graph.input[0].type.tensor_type.shape.dim[0].dim_value = -1
    assert read(file.SerializeToString()).input_shape == (None, 13)


def test_weights_elsewhere_and_weights_that_are_no_numbers_are_refused():
    file = onnx.load_model_from_string(networks.mlp())
    weight = file.graph.initializer[0]
    weight.raw_data = np.full(weight.dims, np.nan, np.float32).tobytes()
    with pytest.raises(ValueError, match="not finite"):
        read(file.SerializeToString())
    weight.ClearField("raw_data")
    weight.data_location = TensorProto.EXTERNAL
    weight.external_data.add(key="location", value="weights.bin")
    with pytest.raises(ValueError, match="second file"):
        read(file.SerializeToString())
