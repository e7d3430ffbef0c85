"""How packed weights are unpacked inside the file: four functions that travel with the ONNX model.

A function is written once and called by every layer that needs it, where repeating its nodes would cost a small model
more than the packing saves. onnxruntime puts its nodes in place of the call and, as their inputs are constant,
evaluates them once when the session is created.
"""

from __future__ import annotations

from functools import cache

from onnx import FunctionProto, parser

from app.wire import DOMAIN, block

_TEXT = {
    # b bit planes, uint8 (b, m, 1), least significant first, to the int64 codes they spell; lowest bit of a byte first.
    # powers holds what each plane counts: 1, 2, 4, ..., the last one negative for two's complement. Spare bits at the
    # end are cut off. As a matrix product this takes fewer nodes than shifts and sums do.
    "Unpack": """<shape, powers> (x) => (y) {
        i = Constant <value = uint8[8] {1, 2, 4, 8, 16, 32, 64, 128}> ()
        a = BitwiseAnd (x, i)
        b = Sign (a)
        c = Cast <to = 7> (b)
        d = Flatten (c)
        p = Constant <value_ints: ints = @powers> ()
        e = MatMul (p, d)
        s = Constant <value_ints: ints = @shape> ()
        n = ReduceProd (s)
        z = Sub (n, n)
        f = Slice (e, z, n)
        y = Reshape (f, s)
    }""",
    # A mask of 0 and 1, and the k values kept, to a tensor of the mask's shape with zeros between: the running count
    # of kept values is the place of each in a list that begins with a zero. (onnxruntime leaves NonZero to every run.)
    "Fill": """(x, k) => (y) {
        m = Constant <value_ints: ints = [-1]> ()
        a = Reshape (x, m)
        z = Constant <value_int = 0> ()
        b = CumSum (a, z)
        c = Mul (a, b)
        n = Constant <value_ints: ints = [0]> ()
        d = CastLike (n, k)
        e = Concat <axis = 0> (d, k)
        f = Gather (e, c)
        s = Shape (x)
        y = Reshape (f, s)
    }""",
    # Steps (k, 1) from each kept value to the next, and the k values, to a tensor of this shape with zeros between.
    "Jump": """<shape> (x, k) => (y) {
        a = Cast <to = 7> (x)
        z = Constant <value_int = 0> ()
        b = CumSum (a, z)
        s = Constant <value_ints: ints = @shape> ()
        n = ReduceProd (s)
        d = ConstantOfShape (n)
        e = CastLike (d, k)
        f = ScatterND (e, b, k)
        y = Reshape (f, s)
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


@cache
def function(name: str) -> bytes:
    """One function, as a field of its model."""
    proto = parser.parse_function(f'<domain: "{DOMAIN}", opset_import: ["" : 21]> {name} {_TEXT[name]}')
    return block(25, _without_blanks(proto).SerializeToString())


def _without_blanks(proto: FunctionProto) -> FunctionProto:
    """The same function without the empty names and domains that the parser writes; they cost two bytes each."""
    for node in proto.node:
        node.ClearField("domain")
        for attribute in node.attribute:
            if attribute.HasField("t"):
                attribute.t.ClearField("name")
    return proto
