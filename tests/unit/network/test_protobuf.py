"""Bytes written by hand are what onnx reads and writes."""

import onnx
import pytest
from onnx import helper

from app.network.protobuf import INITIALIZER, INT32, UINT8, Fragment, attribute, node, varint, whole

TENSOR = helper.make_tensor("t", onnx.TensorProto.UINT8, [2, 3], bytes(range(6)), raw=True)


def graph(content: bytes) -> onnx.GraphProto:
    return onnx.GraphProto.FromString(content)


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**31, 2**63 - 1, -1, -300])
def test_whole_numbers_of_every_length_come_back(value):
    assert onnx.TensorProto.FromString(whole(1, value)).dims == [value]
    assert len(varint(value)) == (10 if value < 0 else max(1, -(-value.bit_length() // 7)))


@pytest.mark.parametrize("value", [5, (1, -1, 200), b""])
def test_a_node_has_its_attributes(value):
    given = b"" if value == b"" else attribute("axis", value)
    (read,) = graph(node("Op", ("x", ""), "y", name="n", domain="packed", attributes=given)).node
    more = {} if value == b"" else {"axis": value}
    assert read == helper.make_node("Op", ["x", ""], ["y"], name="n", domain="packed", **more)


def test_a_fragment_knows_its_size_and_packs_its_data_when_it_is_written():
    packed, part = [], Fragment()
    part.tensor("t", UINT8, (2, 3), 6, lambda: packed.append("t") or bytes(range(6)))
    part.tensor("s", INT32, (1,), 4, lambda: bytes(4), "scales")
    part.node("Cast", "t", output="f", attributes=attribute("to", 1))
    part.call("table", "f", "s", output="w", shape=(2, 3))
    both = Fragment()
    both.node("Relu", "x", output="y")
    both.add(part)
    assert packed == [] and both.functions == {"table"} and both.cost == {"payload": 6, "scales": 4}
    content = both.content()
    assert len(content) == both.size and packed == ["t"]
    assert [entry.op_type for entry in graph(content).node] == ["Relu", "Cast", "table"]
    assert graph(content).initializer[0] == TENSOR


def test_a_tensor_is_an_attribute_as_well():
    raw = TENSOR.SerializeToString()
    held = bytes([INITIALIZER << 3 | 2]) + varint(len(raw)) + raw  # field 5 of an AttributeProto, too
    (read,) = graph(node("Constant", (), "t", attributes=attribute("value", held))).node
    assert helper.get_attribute_value(read.attribute[0]) == TENSOR
