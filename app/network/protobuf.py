"""ONNX messages as protobuf bytes, written directly.

`Network.write` runs on every move of a slider, and in the page protobuf is pure Python: to build and serialize message
objects there takes ten times as long as to put the same bytes together here. Two properties of the format help: the
length of a message is known before its data is copied, and messages that are written one after the other merge, so a
graph is the concatenation of its fields and each layer's share of the file can be counted exactly.

Field numbers are those of onnx.proto (IR version 10); `tests/unit/network/encodings` reads everything back with onnx.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache

FLOAT, FLOAT16, BFLOAT16, FLOAT8 = 1, 10, 16, 17
UINT8, INT8, UINT16, INT16, INT32, INT64, BOOL = 2, 3, 4, 5, 6, 7, 9
"Of TensorProto.DataType; FLOAT8 is FLOAT8E4M3FN."
NODE, INITIALIZER, INPUT, OUTPUT = 1, 5, 11, 12  # fields of GraphProto
PARTS = ("payload", "tables", "scales", "places")
"What the data of a `Fragment` are spent on: codes, indices or floats; tables; scales, zero points; masks and steps."
DOMAIN = "packed"
"Where the functions that unpack weights live; each call repeats it, so it is short."


@lru_cache(maxsize=4096)  # here and below: most of a file stays the same from one move of a slider to the next
def varint(value: int) -> bytes:
    """A whole number, seven bits a byte, lowest first; negative ones as 64-bit two's complement."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def whole(number: int, value: int) -> bytes:
    """Field `number` holding a whole number."""
    return varint(number << 3) + varint(value)


def head(number: int, size: int) -> bytes:
    """What stands before the `size` bytes of a text, a raw block or a message in field `number`."""
    return varint(number << 3 | 2) + varint(size)


def block(number: int, content: bytes | str) -> bytes:
    """Field `number` holding text, raw bytes or a message."""
    content = content.encode() if isinstance(content, str) else content
    return head(number, len(content)) + content


@lru_cache(maxsize=1024)
def attribute(name: str, value: int | tuple[int, ...] | bytes) -> bytes:
    """One attribute of a NodeProto, with its field head; bytes are a TensorProto, with its own."""
    if isinstance(value, int):
        return block(5, block(1, name) + whole(3, value) + whole(20, 2))
    if isinstance(value, bytes):
        return block(5, block(1, name) + value + whole(20, 4))
    return block(5, block(1, name) + b"".join(whole(8, v) for v in value) + whole(20, 7))


@lru_cache(maxsize=1024)
def node(op: str, inputs: tuple[str, ...], output: str, *, name="", domain="", attributes=b"") -> bytes:
    """A NodeProto with one output, as a field of its graph; `attributes` is a run of `attribute`."""
    message = b"".join(block(1, x) for x in inputs) + block(2, output)
    message += (block(3, name) if name else b"") + block(4, op) + attributes + (block(7, domain) if domain else b"")
    return block(NODE, message)


@lru_cache(maxsize=256)
def value_info(tensor: str) -> bytes:
    """A float32 tensor of any shape, as a ValueInfoProto."""
    return block(1, tensor) + block(2, block(1, whole(1, FLOAT)))


def tensor_head(name: str, data_type: int, dims: tuple[int, ...], size: int) -> bytes:
    """A TensorProto up to, but not including, its `size` raw bytes, as an initializer of its graph."""
    message = b"".join(whole(1, d) for d in dims) + whole(2, data_type) + block(8, name) + head(9, size)
    return head(INITIALIZER, len(message) + size) + message


def fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The fields of a message that are texts, raw blocks or messages: number, content, and all of the field's bytes.

    Whole numbers are left out. Numbers of fixed length, of which the messages taken apart here have none, are refused.

    >>> [(number, content) for number, content, _ in fields(whole(1, 300) + block(2, "y") + block(7, b""))]
    [(2, b'y'), (7, b'')]
    """
    at, end = 0, len(message)
    while at < end:
        start = at
        key, at = _read(message, at)
        value, at = _read(message, at)
        if key & 7 == 2:
            at += value
            yield key >> 3, message[at - value : at], message[start:at]
        elif key & 7:
            raise ValueError(f"field {key >> 3} is of wire type {key & 7}; only whole numbers and blocks are read")


def _read(message: bytes, at: int) -> tuple[int, int]:
    """The whole number at `at`, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


class Fragment:
    """A run of nodes and initializers. Its size is known at once; data are packed when `content` is asked for.

    functions : names of the model-local functions that its nodes call
    cost : bytes of data by what they are spent on, one of `PARTS`; names, shapes and nodes are the rest of `size`
    """

    def __init__(self):
        self.size = 0
        self.functions: set[str] = set()
        self.cost: dict[str, int] = {}
        self._pieces: list[bytes | Callable[[], bytes]] = []

    def tensor(
        self, name: str, data_type: int, dims: tuple[int, ...], size: int, data: Callable[[], bytes], part="payload"
    ) -> str:
        """Add an initializer whose `size` raw bytes `data()` will give, spent on `part`; its name."""
        start = tensor_head(name, data_type, dims, size)
        self._pieces += (start, data)
        self.size += len(start) + size
        self.cost[part] = self.cost.get(part, 0) + size
        return name

    def add(self, other: Fragment) -> None:
        """Add all of another fragment."""
        self.size += other.size
        self.functions |= other.functions
        self.cost = {part: self.cost.get(part, 0) + other.cost.get(part, 0) for part in {*self.cost, *other.cost}}
        self._pieces += other._pieces

    def node(self, op: str, *inputs: str, output: str, **more) -> str:
        """Add a node, see `node`; the name of its output."""
        content = node(op, inputs, output, **more)
        self._pieces.append(content)
        self.size += len(content)
        return output

    def call(self, function: str, *inputs: str, output: str, **attributes: tuple[int, ...]) -> str:
        """Add a call of a function of `encodings.functions`; the name of its output."""
        self.functions.add(function)
        packed = b"".join(attribute(name, value) for name, value in attributes.items())
        return self.node(function, *inputs, output=output, domain=DOMAIN, attributes=packed)

    def copy(self, content: bytes, payload: int, functions: Collection[str]) -> None:
        """Add fields of another graph, `payload` bytes of them data, that call these functions."""
        self._pieces.append(content)
        self.size += len(content)
        self.cost["payload"] = self.cost.get("payload", 0) + payload
        self.functions.update(functions)

    def content(self) -> bytes:
        return b"".join(piece if isinstance(piece, bytes) else piece() for piece in self._pieces)
