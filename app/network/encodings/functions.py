"""How packed weights are unpacked inside the file: functions that travel with the ONNX model.

A function is written once and called by every layer that needs it: to repeat its nodes would cost a small model more
than the packing saves. onnxruntime puts its nodes where it is called and, as their inputs are constant, evaluates them
once, when the session is created. Each node takes some 40 microseconds there, however small its tensors are, and a node
that onnxruntime has no kernel for (CastLike) makes it go over the graph again. So the nodes are few, and plain.
"""

from __future__ import annotations

import re
from functools import cache

from onnx import AttributeProto, FunctionProto, NodeProto, TensorProto, helper

from app.network.protobuf import DOMAIN, block, whole
from models.versions import OPSET

_TEXT = {
    # b bit planes, uint8 (b, m), least significant first, to the 8 m codes they spell: bit j of byte k of each plane is
    # that of code j m + k, which lets onnxruntime go through long rows. powers holds what each plane counts: 1, 2, 4,
    # ..., the last one negative for two's complement. As a matrix product, of floats for they are faster, this takes
    # fewer nodes than shifts and sums.
    "Unpack": """<shape, powers> (x) => (y) {
        i = Constant <value = uint8[8,1,1] {1, 2, 4, 8, 16, 32, 64, 128}> ()
        a = BitwiseAnd (x, i)
        b = Sign (a)
        c = Cast <to = 1> (b)
        p = Constant <value_ints: ints = @powers> ()
        q = Cast <to = 1> (p)
        d = MatMul (q, c)
        s = Constant <value_ints: ints = @shape> ()
        y = Reshape (d, s)
    }""",
    # A mask, one bit for each element as in Unpack, and the values kept, to a tensor with zeros between: the running
    # count of kept values less one is the index of each, and -1 that of a zero behind all of them. (NonZero would be
    # computed at every run, and Pad is refused in functions by onnxruntime 1.20.)
    "Fill": """<shape> (x, k) => (y) {
        i = Constant <value = uint8[8,1] {1, 2, 4, 8, 16, 32, 64, 128}> ()
        a = BitwiseAnd (x, i)
        b = Sign (a)
        c = Cast <to = 6> (b)
        m = Constant <value_ints: ints = [-1]> ()
        d = Reshape (c, m)
        z = Constant <value_int = 0> ()
        e = CumSum (d, z)
        f = Mul (d, e)
        o = Constant <value = int32 {1}> ()
        j = Sub (f, o)
        l = Sub (k, k)
        h = Concat <axis = 0> (k, l)
        g = Gather (h, j)
        s = Constant <value_ints: ints = @shape> ()
        y = Reshape (g, s)
    }""",
    # Steps (k, 1), int64, from each kept value to the next, and the k values, of the type `kind`, to a tensor of this
    # shape with zeros between.
    "Jump": """<shape, kind> (x, k) => (y) {
        z = Constant <value_int = 0> ()
        b = CumSum (x, z)
        s = Constant <value_ints: ints = @shape> ()
        n = ReduceProd (s)
        c = ConstantOfShape (n)
        d = Cast <to: int = @kind> (c)
        e = ScatterND (d, b, k)
        y = Reshape (e, s)
    }""",
    # A Golomb-Rice code, see `rice`: its unary bits, in the order of Unpack, and the starts of bins, to the start of
    # the bin of each code. A zero ends a code, so the running count of zeros is the code that a one belongs to, and its
    # ones are its rank. All codes are taken from the count: an index may be negative, but what fills the last byte has
    # one that would be too large.
    "Rice": """<shape> (x, t) => (y) {
        i = Constant <value = uint8[8,1] {1, 2, 4, 8, 16, 32, 64, 128}> ()
        a = BitwiseAnd (x, i)
        b = Sign (a)
        c = Cast <to = 7> (b)
        m = Constant <value_ints: ints = [-1]> ()
        d = Reshape (c, m)
        o = Constant <value_int = 1> ()
        e = Sub (o, d)
        z = Constant <value_int = 0> ()
        f = CumSum <exclusive = 1> (e, z)
        s = Constant <value_ints: ints = @shape> ()
        n = ReduceProd (s)
        g = Sub (f, n)
        h = Expand (z, n)
        j = ScatterElements <reduction = "add"> (h, g, d)
        k = Gather (t, j)
        l = Cast <to = 1> (k)
        y = Reshape (l, s)
    }""",
    # One number for each block of so many columns, to one for each column: the axis of columns is the second.
    "Repeat": """<columns, block> (x) => (y) {
        z = Constant <value_int = 0> ()
        o = Constant <value_int = 1> ()
        n = Constant <value_int: int = @columns> ()
        a = Range (z, n, o)
        b = Constant <value_int: int = @block> ()
        c = Div (a, b)
        y = Gather <axis = 1> (x, c)
    }""",
    # The first elements of a vector as a tensor of this shape: what Unpack and Fill give too much is cut off.
    "Trim": """<shape> (x) => (y) {
        s = Constant <value_ints: ints = @shape> ()
        n = ReduceProd (s)
        z = Sub (n, n)
        f = Slice (x, z, n)
        y = Reshape (f, s)
    }""",
    # Indices of vectors (rows, 1, P) to indices of their elements, so many steps apart in a table.
    "Elements": """<steps, shape> (x) => (y) {
        t = Constant <value_ints: ints = @steps> ()
        u = Constant <value_ints: ints = [-1, 1]> ()
        a = Reshape (t, u)
        b = Add (x, a)
        s = Constant <value_ints: ints = @shape> ()
        y = Reshape (b, s)
    }""",
    # Indices (C_out, ...) and one table a group of output channels, to values: each table is repeated for every channel
    # of its group (repeat = 1, group size; rows = -1, entries), then each channel looks up its own row.
    "Lookup": """<repeat, rows> (x, t) => (y) {
        r = Constant <value_ints: ints = @repeat> ()
        a = Tile (t, r)
        q = Constant <value_ints: ints = @rows> ()
        b = Reshape (a, q)
        c = Flatten (x)
        d = GatherElements <axis = 1> (b, c)
        s = Shape (x)
        y = Reshape (d, s)
    }""",
}

NAMES = tuple(_TEXT)
IMPORT = block(8, block(1, DOMAIN) + whole(2, 1))
"That a model calls some of them, as a field of the model."


_FUNCTION = re.compile(r"<(?P<attributes>.*)> \((?P<inputs>.*)\) => \((?P<outputs>.*)\) \{(?P<nodes>.*)\}", re.DOTALL)
_NODE = re.compile(r"(\w+) = (\w+)(?: <(\w+)(?:: (\w+))? = (.+)>)? \((.*)\)\n")
_TENSOR = re.compile(r"(\w+?)(?:\[(.*)\])? \{(.*)\}")


@cache
def function(name: str) -> bytes:
    """One function, as a field of its model."""
    return block(25, parsed(name, _TEXT[name]).SerializeToString())


def parsed(name: str, text: str) -> FunctionProto:
    """A function out of its text: as much of ONNX's syntax as is used here, for `onnx.parser` would come with the
    checker, which the page fetches only with a person's own file.
    """
    parts = _FUNCTION.fullmatch(text)
    proto = FunctionProto(domain=DOMAIN, name=name, opset_import=[helper.make_operatorsetid("", OPSET)])
    proto.opset_import[0].ClearField("domain")  # an empty one costs two bytes
    for field, of in ((proto.attribute, "attributes"), (proto.input, "inputs"), (proto.output, "outputs")):
        field.extend(_names(parts[of]))
    proto.node.extend(_node(*words.groups()) for words in _NODE.finditer(parts["nodes"]))
    return proto


def _names(text: str) -> list[str]:
    return text.split(", ") if text else []


def _node(output: str, operator: str, name: str | None, kind: str | None, value: str, inputs: str) -> NodeProto:
    """A node with one attribute, or with none."""
    node = NodeProto(op_type=operator, input=_names(inputs), output=[output])
    if name and value.startswith("@"):
        kinds = {"int": AttributeProto.INT, "ints": AttributeProto.INTS}
        node.attribute.add(name=name, ref_attr_name=value[1:], type=kinds[kind])
    elif name:
        node.attribute.append(helper.make_attribute(name, _value(value)))
    return node


def _value(text: str) -> int | list[int] | str | TensorProto:
    if tensor := _TENSOR.fullmatch(text):
        kind, shape, values = tensor.groups()
        proto = helper.make_tensor("", TensorProto.DataType.Value(kind.upper()), _numbers(shape), _numbers(values))
        proto.ClearField("name")
        return proto
    if text.startswith('"'):
        return text.strip('"')
    return _numbers(text.strip("[]")) if text.startswith("[") else int(text)


def _numbers(text: str | None) -> list[int]:
    return [int(number) for number in text.split(",")] if text else []
