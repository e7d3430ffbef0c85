"""Brings a graph to the one form that the rest of `app.network` works on, without changing what it computes.

Afterwards constants are initializers and no inputs; a matrix product of rows with a constant matrix is a
`Gemm(transB=1)`; the weights of recurrent operators are matrices (`recurrent`); a batch normalization behind a Gemm or
Conv is part of it (`folding`); convolutions name their padding in numbers; and Reshape and Split name no size that can
be taken over or worked out, so that they still fit when channels are gone (`sizes`).
"""

from __future__ import annotations

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from app.network.batch_norm import Folded
from app.network.onnx_graph import Sizes, attribute_of, drop_unread, keep_only, readers, remove, set_attribute
from app.network.opening import sizes as tensor_sizes
from app.network.opening.folding import fold_normalizations
from app.network.opening.recurrent import to_matrices


def normalize(model: ModelProto) -> tuple[dict[str, Folded], Sizes]:
    """Change `model` in place; what was folded, and the shapes of its tensors as far as they are known.

    Returns
    -------
    folded : name of a weight -> the batch normalization that has become part of it
    sizes : name of a tensor -> for each axis a number, the name of a size that is open, or None
    """
    graph = model.graph
    weights = {t.name for t in graph.initializer}
    keep_only(graph.input, lambda entry: entry.name not in weights)
    _constants_to_initializers(graph)
    to_matrices(graph)
    sizes = tensor_sizes.infer(model)
    _transposed_constants(graph)
    _products_to_gemm(graph, sizes)
    folded = fold_normalizations(graph)
    tensor_sizes.write_pads(graph, sizes)
    tensor_sizes.free_reshapes(graph, sizes)
    tensor_sizes.free_splits(graph)
    drop_unread(graph)
    return folded, sizes


def _constants_to_initializers(graph: GraphProto) -> None:
    """Constant nodes that hold numbers become initializers, as weights are in some exports."""
    kinds = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
    gone = set()
    for node in [n for n in graph.node if n.op_type == "Constant" and n.attribute]:
        attribute = node.attribute[0]
        if attribute.name == "value":
            tensor = attribute.t
        elif attribute.name in kinds:
            values = np.array(helper.get_attribute_value(attribute), kinds[attribute.name])
            tensor = numpy_helper.from_array(values)
        else:
            continue
        graph.initializer.append(tensor)
        graph.initializer[-1].name = node.output[0]
        gone.add(node.output[0])
    keep_only(graph.node, lambda node: node.op_type != "Constant" or node.output[0] not in gone)


def _transposed_constants(graph: GraphProto) -> None:
    """A constant matrix behind a Transpose becomes the transposed constant."""
    tensors, count, gone = {t.name: t for t in graph.initializer}, readers(graph), []
    for node in [n for n in graph.node if n.op_type == "Transpose" and n.input[0] in tensors]:
        tensor = tensors[node.input[0]]
        if len(tensor.dims) == 2 and count[tensor.name] == 1 and attribute_of(node, "perm", [1, 0]) == [1, 0]:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).T.copy(), node.output[0]))
            gone.append(node)
    remove(graph.node, gone)


def _products_to_gemm(graph: GraphProto, sizes: Sizes) -> None:
    """Gemm, and MatMul of rows, with a constant float32 matrix on the right become Gemm(transB=1)."""
    tensors, count = {t.name: t for t in graph.initializer}, readers(graph)
    adds: dict[str, NodeProto] = {}  # by what they read, the first of each
    for node in graph.node:
        for name in node.input if node.op_type == "Add" else ():
            adds.setdefault(name, node)
    gone: list[NodeProto] = []
    for node in list(graph.node):
        matrix = tensors.get(node.input[1]) if node.op_type in ("Gemm", "MatMul") else None
        if matrix is None or matrix.data_type != TensorProto.FLOAT or len(matrix.dims) != 2 or count[matrix.name] != 1:
            continue
        if node.op_type == "MatMul":
            if len(sizes.get(node.input[0], ())) != 2:
                continue
            node.op_type = "Gemm"
            add = adds.get(node.output[0]) if count[node.output[0]] == 1 else None
            if add is not None and _takes_bias(node, add, tensors):
                gone.append(add)
        elif attribute_of(node, "transB", 0):
            continue
        matrix.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(matrix).T.copy(), matrix.name))
        set_attribute(node, "transB", 1)
    remove(graph.node, gone)


def _takes_bias(node: NodeProto, add: NodeProto, tensors: dict[str, TensorProto]) -> bool:
    """Put an Add right behind `node` into it, if it is one of a constant vector."""
    bias = tensors.get(next((name for name in add.input if name != node.output[0]), ""))
    if bias is None or list(bias.dims) != [tensors[node.input[1]].dims[1]]:
        return False
    node.input.append(bias.name)
    node.output[0] = add.output[0]
    return True
