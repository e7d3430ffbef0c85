"""Which output of a foreign network is scored: that comes first, and is a tensor of floats."""

from __future__ import annotations

import onnx
from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, TensorProto, ValueInfoProto, helper

from app.network.onnx_graph import Sizes, drop_unread
from app.network.opening.sizes import infer

MAP = "ZipMap"  # makes a dictionary of the scores of a sample's classes, as skl2onnx does unless it is told otherwise


def scored_first(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The file with the output that is scored in front, and the names of outputs that had to go.

    Scores that leave as dictionaries leave as the tensor they are made of. Of several outputs the first of floats with
    a row for each sample is scored. Text cannot leave a network in the page, and goes. A file that needs none of this,
    or cannot be read, is given back as it is.
    """
    try:
        model = onnx.load_model_from_string(data)
        graph = model.graph
        if len(graph.output) < 2 and all(node.op_type != MAP for node in graph.node):
            return data, ()
        _without_maps(graph)
        shapes = infer(model)
    except (DecodeError, UnicodeDecodeError, RuntimeError, onnx.shape_inference.InferenceError):
        return data, ()  # what is wrong is said by who reads it whole
    stays = [entry for entry in graph.output if _type(entry) != TensorProto.STRING]
    scored = next((entry for entry in stays if _type(entry) == TensorProto.FLOAT and _has_rows(entry, shapes)), None)
    if scored is None:
        return data, ()
    gone = tuple(entry.name for entry in graph.output if _type(entry) == TensorProto.STRING)
    _keep(model, [scored, *(entry for entry in stays if entry is not scored)])
    return model.SerializeToString(), gone


def _without_maps(graph: GraphProto) -> None:
    """Let scores leave the network as they are, and not as dictionaries."""
    for node in [node for node in graph.node if node.op_type == MAP]:
        for entry in graph.output:
            if entry.name == node.output[0]:
                entry.CopyFrom(helper.make_tensor_value_info(node.input[0], TensorProto.FLOAT, [None, None]))
                graph.node.remove(node)
                break


def _keep(model: ModelProto, outputs: list[ValueInfoProto]) -> None:
    """Let a network have these outputs, in this order, and nothing that no other needs."""
    kept = [ValueInfoProto.FromString(entry.SerializeToString()) for entry in outputs]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    drop_unread(model.graph)


def _type(entry: ValueInfoProto) -> int:
    return entry.type.tensor_type.elem_type


def _has_rows(entry: ValueInfoProto, shapes: Sizes) -> bool:
    """Whether an output may have a row of several numbers for each sample."""
    shape = shapes.get(entry.name)
    return shape is None or (len(shape) == 2 and shape[1] != 1)
