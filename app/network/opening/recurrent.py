"""Weights of LSTM, GRU and RNN as matrices, so that they can be stored as others are.

Such an operator reads (directions, gates * hidden, inputs). Here a matrix with all rows stands in the file, and a
Reshape before the operator gives it that shape.
"""

from __future__ import annotations

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from app.network.layer import RECURRENT
from app.network.onnx_graph import readers

NAMES = {1: "input", 2: "recurrent"}  # what the second and the third input of such an operator are called


def to_matrices(graph: GraphProto) -> None:
    """Change a graph in place."""
    tensors, count, nodes = {t.name: t for t in graph.initializer}, readers(graph), []
    for entry in graph.node:
        if entry.op_type in RECURRENT and entry.domain in ("", "ai.onnx"):
            for index, word in NAMES.items():
                tensor = tensors.get(entry.input[index])
                if tensor is not None and tensor.data_type == TensorProto.FLOAT and count[tensor.name] == 1:
                    nodes.append(_reshape(graph, entry, tensor, word, {*tensors, *count}))
        nodes.append(entry)
    kept = [NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)


def _reshape(graph: GraphProto, entry: NodeProto, tensor: TensorProto, word: str, taken: set[str]) -> NodeProto:
    """Let a weight be a matrix under a name of its own; the node that gives the operator what it reads."""
    stem = f"{entry.name or entry.op_type}.{word}"
    while {f"{stem}.weight", f"{stem}.shape"} & taken:
        stem += "_"
    values, output = numpy_helper.to_array(tensor), tensor.name
    tensor.CopyFrom(numpy_helper.from_array(values.reshape(-1, values.shape[-1]), f"{stem}.weight"))
    graph.initializer.append(numpy_helper.from_array(np.array(values.shape, np.int64), f"{stem}.shape"))
    return helper.make_node("Reshape", [f"{stem}.weight", f"{stem}.shape"], [output])
