"""Looks at a file without running it: which numbers it holds, who reads them, and whether they can be compressed.

What it says of a number follows the rules of `layer.split` in short; the file as it is opened has the last word.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from math import prod

import onnx
from onnx import ModelProto, TensorProto, ValueInfoProto, helper

from app.network.layer import TABLES
from app.network.onnx_graph import Sizes, readers
from app.network.opening.parse import parse
from app.network.opening.prepare import prepare
from app.network.opening.sizes import infer
from app.results.inspection import Inspection, Share

WEIGHTS = {"Gemm": (1,), "MatMul": (0, 1), "Conv": (1,), **TABLES}
BATCH = 64  # samples that run at once, for what memory is told of
FEW, SHARED, INTEGERS, OTHER = (
    "few numbers, one for each channel", "several operators read them", "whole numbers", "not the weights of a layer",
)  # fmt: skip
FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE)


def inspect(data: bytes, others: dict[str, bytes]) -> Inspection:
    """What is in a file. Raises ValueError, in words for the person, if it is none that can be opened.

    others : files that came along, by name
    """
    file = prepare(data, others, ())
    model = parse(file.onnx)
    sizes = infer(model)
    constants = {t.name for t in model.graph.initializer}
    inputs = [entry for entry in model.graph.input if entry.name not in constants]
    return Inspection(
        len(data),
        dict(Counter(node.op_type for node in model.graph.node if node.op_type != "Constant").most_common()),
        tuple(_spelled(entry) for entry in inputs),
        tuple(_spelled(entry) for entry in model.graph.output),
        file.inputs,
        file.outputs,
        _shares(model),
        _memory(model, sizes),
    )


def _shares(model: ModelProto) -> tuple[Share, ...]:
    count, reader = readers(model.graph), {}
    for node in model.graph.node:
        for index, name in enumerate(node.input):
            reader.setdefault(name, (node.op_type, index))
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for name, tensor in _tensors(model).items():
        operator, index = reader.get(name, ("", 0))
        if operator:
            share = found[operator, _why(operator, index, tensor, count[name])]
            share[0] += prod(tensor.dims)
            share[1] += _size(tensor)
    ordered = sorted(found.items(), key=lambda each: -each[1][1])
    return tuple(Share(operator, *numbers, why) for (operator, why), numbers in ordered)


def _tensors(model: ModelProto) -> dict[str, TensorProto]:
    """The constants of a graph by name, whichever way they are written."""
    found = {t.name: t for t in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant" and node.attribute and node.attribute[0].HasField("t"):
            found[node.output[0]] = node.attribute[0].t
    return found


def _why(operator: str, index: int, tensor: TensorProto, count: int) -> str:
    """Why these numbers stay as they are; "" if they can be compressed."""
    if operator in ("DequantizeLinear", "QuantizeLinear") and len(tensor.dims) > 1:
        return ""  # they are decoded when the file is opened
    if tensor.data_type not in FLOATS:
        return INTEGERS
    if len(tensor.dims) < 2:
        return FEW
    if index not in WEIGHTS.get(operator, ()):
        return OTHER
    return SHARED if count > 1 else ""


def _size(tensor: TensorProto) -> int:
    return prod(tensor.dims) * helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize


def _memory(model: ModelProto, sizes: Sizes) -> int | None:
    """What running it takes, about, in bytes; None where a size besides that of the samples is open."""
    made = [sizes.get(name) for node in model.graph.node for name in node.output if name]
    if any(shape is None or any(not isinstance(size, int) for size in shape[1:]) for shape in made):
        return None
    flows = sum(prod(size if isinstance(size, int) else BATCH for size in shape) for shape in made)
    return 4 * (flows + sum(prod(t.dims) for t in model.graph.initializer))


def _spelled(entry: ValueInfoProto) -> str:
    """The name of an input or output, and its shape, in words."""
    kind = entry.type.tensor_type
    sizes = (str(d.dim_value) if d.HasField("dim_value") else "any" for d in kind.shape.dim)
    number = onnx.TensorProto.DataType.Name(kind.elem_type).lower() if kind.elem_type else "no tensor"
    return f"{entry.name}: {number} ({', '.join(sizes)})"
