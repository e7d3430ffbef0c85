"""Which output of a foreign network is scored: that comes first, and is a tensor of floats."""

from __future__ import annotations

from onnx import GraphProto, TensorProto, ValueInfoProto, helper

from app.network.onnx_graph import drop_unread
from app.network.opening.sizes import infer

MAPS = ("ZipMap",)  # makes one dictionary a sample of the scores of classes, as skl2onnx does unless told otherwise


def scored_first(model) -> tuple[str, ...]:
    """Bring the output that is scored to the front, in place; the names of outputs that had to go.

    Scores that leave as dictionaries leave as the tensor they are made of. Of several outputs the first of floats with
    one row a sample is scored. Text cannot leave a network in the page, and goes.
    """
    graph = model.graph
    _without_maps(graph)
    shapes = infer(model) if len(graph.output) > 1 else {}
    gone = tuple(entry.name for entry in graph.output if _type(entry) == TensorProto.STRING)
    stays = [entry for entry in graph.output if entry.name not in gone]
    scored = next((entry for entry in stays if _type(entry) == TensorProto.FLOAT and _rows(entry, shapes)), None)
    if scored is None or (not gone and graph.output[0].name == scored.name):
        return ()
    ordered = [scored, *(entry for entry in stays if entry is not scored)]
    copies = [ValueInfoProto.FromString(entry.SerializeToString()) for entry in ordered]
    del graph.output[:]
    graph.output.extend(copies)
    drop_unread(graph)
    return gone


def _without_maps(graph: GraphProto) -> None:
    for node in [node for node in graph.node if node.op_type in MAPS]:
        for entry in graph.output:
            if entry.name == node.output[0]:
                entry.CopyFrom(helper.make_tensor_value_info(node.input[0], TensorProto.FLOAT, None))
                graph.node.remove(node)
                break


def _type(entry: ValueInfoProto) -> int:
    return entry.type.tensor_type.elem_type


def _rows(entry: ValueInfoProto, shapes) -> bool:
    """Whether an output may have one row of several numbers for each sample."""
    shape = shapes.get(entry.name)
    return shape is None or (len(shape) >= 2 and shape[1] != 1)
