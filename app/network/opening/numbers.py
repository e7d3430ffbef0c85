"""Half precision, bfloat16 and doubles brought to float32, in which everything here computes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, TypeProto, numpy_helper

NAMES = {TensorProto.FLOAT16: "half precision", TensorProto.BFLOAT16: "bfloat16", TensorProto.DOUBLE: "doubles"}
_SAYS_KIND = {"Cast": "to", "EyeLike": "dtype", "RandomNormal": "dtype", "RandomUniform": "dtype",
              "RandomNormalLike": "dtype", "RandomUniformLike": "dtype", "Bernoulli": "dtype"}  # fmt: skip
"The attribute in which an operator says what kind of numbers it makes."


def to_float32(model: ModelProto) -> str:
    """Change a model in place; what its numbers were, in words, or "" if they were float32 already.

    They were something else if a weight, a matrix at least, or what goes in was.
    """
    graphs = list(_graphs(model.graph))
    weights = [tensor.data_type for tensor in tensors(model) if len(tensor.dims) > 1]
    kinds = {*weights, *(entry.type.tensor_type.elem_type for entry in model.graph.input)} & NAMES.keys()
    if not kinds:
        return ""
    for tensor in tensors(model):
        _convert(tensor)
    for part in (*graphs, *model.functions):
        _retype_nodes(part.node)
        for entry in part.value_info:
            _retype(entry.type)
    for graph in graphs:
        for entry in (*graph.input, *graph.output):
            _retype(entry.type)
    return " and ".join(NAMES[kind] for kind in sorted(kinds))


def _graphs(graph: GraphProto) -> Iterator[GraphProto]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for nested in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                yield from _graphs(nested)


def tensors(model: ModelProto) -> Iterator[TensorProto]:
    """All tensors that stand in a model, those of nested graphs, of nodes and of functions included."""
    graphs = list(_graphs(model.graph))
    for graph in graphs:
        yield from graph.initializer
    for part in (*graphs, *model.functions):
        for node in part.node:
            for attribute in node.attribute:
                yield from (*attribute.tensors, *([attribute.t] if attribute.HasField("t") else []))


def _retype_nodes(nodes: Iterable[NodeProto]) -> None:
    for node in nodes:
        for attribute in node.attribute:
            if attribute.name == _SAYS_KIND.get(node.op_type) and attribute.i in NAMES:
                attribute.i = TensorProto.FLOAT


def _convert(tensor: TensorProto) -> None:
    if tensor.data_type in NAMES:
        with np.errstate(over="ignore"):  # of doubles; what is not finite is refused when layers are found
            values = _values(tensor).astype(np.float32)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def _values(tensor: TensorProto) -> np.ndarray:
    """The numbers of a tensor; bfloat16 are the upper halves of float32, which NumPy itself does not know.

    >>> _values(TensorProto(data_type=TensorProto.BFLOAT16, dims=[2], raw_data=bytes([0x80, 0x3F, 0, 0xC0]))).tolist()
    [1.0, -2.0]
    """
    if tensor.data_type != TensorProto.BFLOAT16:
        return numpy_helper.to_array(tensor)
    codes = np.frombuffer(tensor.raw_data, "<u2") if tensor.raw_data else np.array(tensor.int32_data, np.uint16)
    return (codes.astype(np.uint32) << 16).view(np.float32).reshape(tuple(tensor.dims))


def _retype(kind: TypeProto) -> None:
    """Of a tensor, or of what a sequence or an optional holds."""
    while kind.HasField("sequence_type") or kind.HasField("optional_type"):
        kind = kind.sequence_type.elem_type if kind.HasField("sequence_type") else kind.optional_type.elem_type
    if kind.HasField("tensor_type") and kind.tensor_type.elem_type in NAMES:
        kind.tensor_type.elem_type = TensorProto.FLOAT
