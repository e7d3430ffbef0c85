"""Where onnxruntime is known to go wrong or to refuse a file, and that our files stay clear of it.

Each test builds the trap as well: when a new onnxruntime no longer falls into it, the test fails and the avoidance may
go.
"""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from app.network.read import read
from tests.made import networks
from tests.techniques import run

N, K = 10, 64  # ten classes: not a multiple of four
X = np.random.default_rng(2).standard_normal((5, K)).astype(np.float32)


def written(**params):
    """The file of a 64-10 network after `quantize` with these parameters, and what its weights really give for X."""
    network = read(networks.mlp((K, N)))
    (weight,) = run("quantize", network.weights, params)
    bias = weight.bias
    return network.write([weight]).onnx, weight, X @ weight.values.T + bias, bias


def trapped(weight, data_type, packed, opset, ir_version, bias):
    """The same network the other way round: DequantizeLinear of a (C_in, C_out) weight, then MatMul."""
    zero = helper.make_tensor("z", data_type, [N], bytes(packed(weight.form.zero_point.reshape(-1))), raw=True)
    codes = helper.make_tensor("q", data_type, [K, N], bytes(packed(weight.form.codes.T.reshape(-1))), raw=True)
    scale = numpy_helper.from_array(weight.form.scale.reshape(-1), "s")
    tensors = [codes, scale, zero, numpy_helper.from_array(bias, "b")]
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=1),
        helper.make_node("MatMul", ["x", "w"], ["p"]),
        helper.make_node("Add", ["p", "b"], ["y"]),
    ]
    model = onnx.load_model_from_string(networks.model(nodes, tensors, ["N", K], ["N", N], opset=opset))
    model.ir_version = ir_version
    return model.SerializeToString()


def error(data, right):
    return np.abs(networks.run(data, X)[0] - right).max() / np.abs(right).max()


def two_bit(codes):
    codes = codes.astype(np.uint8).reshape(-1)
    codes = np.pad(codes, (0, -codes.size % 4)).reshape(-1, 4)
    return (codes << np.array([0, 2, 4, 6], np.uint8)).sum(axis=1).astype(np.uint8)


def test_trap_a_two_bit_types_give_wrong_answers():
    data, weight, right, bias = written(bits=2, scheme="asymmetric", granularity="per_channel")
    trap = trapped(weight, TensorProto.UINT2, two_bit, 25, 13, bias)
    dequantized = networks.run(trap, X, optimize=False)[0]
    np.testing.assert_allclose(dequantized, right, rtol=1e-4, atol=1e-4)  # the trap is a right file ...
    assert error(trap, right) > 0.1  # ... that is computed wrongly
    assert error(data, right) < 1e-5
    file = onnx.load_model_from_string(data)
    assert not {t.data_type for t in file.graph.initializer} & {TensorProto.UINT2, TensorProto.INT2}


def test_trap_b_eight_bit_weights_make_eight_bit_activations():
    data, weight, right, bias = written(bits=8, scheme="asymmetric", granularity="per_channel")
    trap = trapped(weight, TensorProto.UINT8, lambda codes: codes.astype(np.uint8).tobytes(), 21, 10, bias)
    assert error(trap, right) > 1e-4
    assert error(data, right) < 1e-5


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("granularity", ["per_tensor", "per_channel", "per_block"])
@pytest.mark.parametrize("trans_b", [0, 1])
def test_weights_stand_output_channels_first_however_they_came(bits, granularity, trans_b):
    network = read(networks.mlp((K, 7, N), trans_b=trans_b))
    weights = run("quantize", network.weights, {"bits": bits, "granularity": granularity})
    file = onnx.load_model_from_string(network.write(weights).onnx)
    products = [node for node in file.graph.node if node.op_type in ("Gemm", "MatMul")]
    assert len(products) == 2
    for node in products:
        assert node.op_type == "Gemm"
        assert {a.name: a.i for a in node.attribute}["transB"] == 1


def test_trap_c_newest_operators_are_refused():
    data, *_ = written(bits=8)
    file = onnx.load_model_from_string(data)
    assert file.ir_version == 10
    assert {o.domain: o.version for o in file.opset_import}[""] == 21
    newest = helper.make_model(file.graph)  # onnx chooses the versions
    with pytest.raises(onnxruntime.capi.onnxruntime_pybind11_state.Fail):
        networks.run(newest.SerializeToString(), X)
