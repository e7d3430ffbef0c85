"""Batch normalizations that become part of the operator before them."""

from __future__ import annotations

import numpy as np
from onnx import GraphProto, NodeProto, TensorProto, numpy_helper

from app.network.batch_norm import Folded
from app.network.onnx_graph import attribute_of, readers, remove


def fold_normalizations(graph: GraphProto) -> dict[str, Folded]:
    """A BatchNormalization that alone reads a Gemm or Conv becomes part of its weight and bias.

    With ``s = scale / sqrt(variance + epsilon)`` the weight of each output channel is multiplied by its s, and the bias
    b becomes ``(b - mean) * s + shift``. Computed in float64.
    """
    tensors, count, folded = {t.name: t for t in graph.initializer}, readers(graph), {}
    makers = {node.output[0]: node for node in graph.node if _is_plain(node)}
    normalizations, constants = [], []  # that are part of others now

    def values(name: str) -> np.ndarray | None:
        """A float32 constant that one input alone reads, as float64."""
        tensor = tensors.get(name)
        fits = tensor is not None and tensor.data_type == TensorProto.FLOAT and count[name] == 1
        return numpy_helper.to_array(tensor).astype(np.float64) if fits else None

    for node in [n for n in graph.node if n.op_type == "BatchNormalization"]:
        maker = makers.get(node.input[0])
        if maker is None or count[node.input[0]] != 1 or len(node.output) > 1 or attribute_of(node, "training_mode", 0):
            continue
        weight = values(maker.input[1])
        vectors = [values(name) for name in (*node.input[1:], *maker.input[2:])]
        if weight is None or any(v is None or v.shape != (len(weight),) or not np.isfinite(v).all() for v in vectors):
            continue
        scale, shift, mean, variance, *bias = vectors
        if (variance < 0).any():
            continue
        factor = scale / np.sqrt(variance + attribute_of(node, "epsilon", 1e-5))
        becomes_bias = [] if bias else [node.input[2]]
        gone = [tensors[name] for name in set(node.input[1:]) - set(becomes_bias)]
        size = len(node.SerializeToString()) + sum(tensor.ByteSize() for tensor in gone)
        folded[maker.input[1]] = Folded(size, weight.astype(np.float32), factor)
        _put(tensors[maker.input[1]], folded[maker.input[1]].weight)
        maker.input.extend(becomes_bias)
        _put(tensors[maker.input[2]], (sum(bias) - mean) * factor + shift)
        maker.output[0] = node.output[0]
        constants += gone
        normalizations.append(node)
    remove(graph.initializer, constants)
    remove(graph.node, normalizations)
    return folded


def _is_plain(node: NodeProto) -> bool:
    """Whether a node multiplies its weight (C_out, ...) with what it reads, adds its bias, and does no more."""
    if node.op_type == "Gemm":
        defaults = (("transA", 0), ("alpha", 1.0), ("beta", 1.0))
        same = all(attribute_of(node, name, default) == default for name, default in defaults)
        return same and bool(attribute_of(node, "transB", 0))
    return node.op_type == "Conv"


def _put(tensor: TensorProto, values: np.ndarray) -> None:
    tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float32), tensor.name))
