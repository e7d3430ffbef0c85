"""Files load from onnxruntime 1.20 on: no operator meets a type there that 1.20 has no kernel for.

The tables come from trying every operator we use with every type in 1.20.1 and 1.30.0; all that only the newer one
runs is here. Every candidate of the tests beside this one was decoded with 1.20.1 as well, with equal bits.
"""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, inliner

from app.network import choice
from app.network.encodings import candidates, functions
from kernels.storage import hqq
from kernels.storage.encoding import decode
from kernels.weight import Weight
from tests.made import networks
from tests.made.encoded import DENSITIES, SHAPES, forms, masked, options, single

FEW = {  # operators that 1.20 has for these types, of those that 1.30 has; the types of two bits are not in opset 21
    TensorProto.UINT4: {"DequantizeLinear"},
    TensorProto.INT4: {"DequantizeLinear"},
    TensorProto.FLOAT8E4M3FN: {"DequantizeLinear", "Cast"},
    TensorProto.UINT2: set(),
    TensorProto.INT2: set(),
}
SHORT = (TensorProto.UINT8, TensorProto.INT8, TensorProto.UINT16, TensorProto.INT16)
LACKING = {(op, kind) for op in ("Add", "Sub", "Mul", "Equal") for kind in SHORT} | {("Neg", TensorProto.INT16)}
MADE = {("Cast", TensorProto.FLOAT8E4M3FN)}  # operator and type that comes out


def lacking(data):
    """What a file asks of onnxruntime that 1.20 cannot give."""
    model = inliner.inline_local_functions(onnx.load_model_from_string(data))
    model = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    kinds = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    for entry in (*model.graph.input, *model.graph.value_info, *model.graph.output):
        kinds[entry.name] = entry.type.tensor_type.elem_type
    read = {(node.op_type, kinds[name]) for node in model.graph.node for name in node.input}
    made = {(node.op_type, kinds[name]) for node in model.graph.node for name in node.output}
    few = {(op, kind) for op, kind in read if kind in FEW and op not in FEW[kind]}
    return few | read & LACKING | made & MADE


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_candidate_needs_more_than_the_oldest_has(shape, density, monkeypatch):
    weights = [masked(shape, form_of, density) for form_of in forms(shape)]
    if density is None:
        form = hqq.encode(weights[0].values, bits=4, **options(shape, "per_block", "fp32"))
        weights.append(Weight("only", hqq.dequantize(form), form))
    network, _ = single(shape)
    for weight in weights:
        np.testing.assert_array_equal(decode(weight), weight.values)
        for candidate in candidates(weight, "only.weight"):
            monkeypatch.setattr(choice, "candidates", lambda weight, output, only=candidate: [only])
            assert not lacking(network.write([weight]).onnx), candidate.label


def test_no_function_has_an_operator_that_the_oldest_refuses_in_functions():
    for name in functions.NAMES:
        (function,) = onnx.load_model_from_string(functions.function(name)).functions
        assert not {node.op_type for node in function.node} & {"Pad"}, name


def test_what_the_oldest_lacks_is_noticed():
    codes = helper.make_tensor("q", TensorProto.UINT4, (2, 2), b"\x10\x32", raw=True)
    nodes = [helper.make_node("Cast", ["q"], ["w"], to=TensorProto.FLOAT), helper.make_node("Add", ["x", "w"], ["y"])]
    assert lacking(networks.model(nodes, [codes], [2, 2], [2, 2])) == {("Cast", TensorProto.UINT4)}
