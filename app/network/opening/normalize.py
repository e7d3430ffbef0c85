"""Brings a graph to the one form that `graph` works on, without changing what it computes.

Afterwards constants are initializers and no inputs; a matrix product of rows with a constant matrix is a
`Gemm(transB=1)`; a batch normalization behind a Gemm or Conv is part of it; convolutions say their padding in numbers;
and Reshape and Split name no size that can be taken over or worked out, so that they still fit when channels are gone.
"""

from __future__ import annotations

from collections import Counter
from math import prod

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, helper, numpy_helper

from app.network.batch_norm import Folded
from app.network.onnx_graph import Sizes, attribute_of, drop_unread, keep_only, readers, set_attribute


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
    sizes = _sizes(model)
    _turned_constants(graph)
    _products_to_gemm(graph, sizes)
    folded = _fold_normalizations(graph)
    kernels = {t.name: list(t.dims[2:]) for t in graph.initializer}
    for node in graph.node:
        if node.op_type == "Conv" and node.input[1] in kernels:
            _say_pads(node, sizes, kernels[node.input[1]])
    _open_reshapes(graph, sizes)
    _open_splits(graph)
    drop_unread(graph)
    return folded, sizes


# ---- constants -------------------------------------------------------------------------------------------------------


def _constants_to_initializers(graph: GraphProto) -> None:
    """Constant nodes that hold numbers become initializers, as weights are in some exports."""
    kinds = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
    for node in [n for n in graph.node if n.op_type == "Constant" and n.attribute]:
        said = node.attribute[0]
        if said.name == "value":
            tensor = said.t
        elif said.name in kinds:
            tensor = numpy_helper.from_array(np.array(helper.get_attribute_value(said), kinds[said.name]))
        else:
            continue
        graph.initializer.append(tensor)
        graph.initializer[-1].name = node.output[0]
        graph.node.remove(node)


def _turned_constants(graph: GraphProto) -> None:
    """A constant matrix behind a Transpose becomes the transposed constant."""
    tensors, count = {t.name: t for t in graph.initializer}, readers(graph)
    for node in [n for n in graph.node if n.op_type == "Transpose" and n.input[0] in tensors]:
        tensor = tensors[node.input[0]]
        if len(tensor.dims) == 2 and count[tensor.name] == 1 and attribute_of(node, "perm", [1, 0]) == [1, 0]:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).T.copy(), node.output[0]))
            graph.node.remove(node)


# ---- layers ----------------------------------------------------------------------------------------------------------


def _products_to_gemm(graph: GraphProto, sizes: Sizes) -> None:
    """Gemm, and MatMul of rows, with a constant float32 matrix on the right become Gemm(transB=1)."""
    tensors, count = {t.name: t for t in graph.initializer}, readers(graph)
    for node in list(graph.node):
        matrix = tensors.get(node.input[1]) if node.op_type in ("Gemm", "MatMul") else None
        if matrix is None or matrix.data_type != TensorProto.FLOAT or len(matrix.dims) != 2 or count[matrix.name] != 1:
            continue
        if node.op_type == "MatMul":
            if len(sizes.get(node.input[0], ())) != 2:
                continue
            node.op_type = "Gemm"
            _take_bias(graph, node, tensors, count)
        elif attribute_of(node, "transB", 0):
            continue
        matrix.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(matrix).T.copy(), matrix.name))
        set_attribute(node, "transB", 1)


def _take_bias(graph: GraphProto, node: NodeProto, tensors: dict[str, TensorProto], count: Counter) -> None:
    """Put an Add of a constant vector right behind `node` into it."""
    if count[node.output[0]] != 1:
        return
    for add in graph.node:
        if add.op_type == "Add" and node.output[0] in add.input:
            bias = tensors.get(next((name for name in add.input if name != node.output[0]), ""))
            if bias is not None and list(bias.dims) == [tensors[node.input[1]].dims[1]]:
                node.input.append(bias.name)
                node.output[0] = add.output[0]
                graph.node.remove(add)
            return


def _fold_normalizations(graph: GraphProto) -> dict[str, Folded]:
    """A BatchNormalization that alone reads a Gemm or Conv becomes part of its weight and bias.

    With ``s = scale / sqrt(variance + epsilon)`` the weight of each output channel is multiplied by its s, and the bias
    b becomes ``(b - mean) * s + shift``. Computed in float64.
    """
    tensors, count, folded = {t.name: t for t in graph.initializer}, readers(graph), {}
    makers = {node.output[0]: node for node in graph.node if node.op_type in ("Gemm", "Conv")}

    def own(name):
        tensor = tensors.get(name)
        fits = tensor is not None and tensor.data_type == TensorProto.FLOAT and count[name] == 1
        return numpy_helper.to_array(tensor).astype(np.float64) if fits else None

    for node in [n for n in graph.node if n.op_type == "BatchNormalization"]:
        maker = makers.get(node.input[0])
        if maker is None or count[node.input[0]] != 1 or len(node.output) > 1 or attribute_of(node, "training_mode", 0):
            continue
        flags = [attribute_of(maker, name, default) for name, default in (("transA", 0), ("alpha", 1.0), ("beta", 1.0))]
        if maker.op_type == "Gemm" and (flags != [0, 1.0, 1.0] or not attribute_of(maker, "transB", 0)):
            continue
        weight, given = own(maker.input[1]), maker.input[2:]
        vectors = [own(name) for name in (*node.input[1:], *given)]
        if weight is None or any(v is None or v.shape != (len(weight),) or not np.isfinite(v).all() for v in vectors):
            continue
        scale, shift, mean, variance, *bias = vectors
        if (variance < 0).any():
            continue
        factor = scale / np.sqrt(variance + attribute_of(node, "epsilon", 1e-5))
        becomes_bias = [] if bias else [node.input[2]]
        gone = set(node.input[1:]) - set(becomes_bias)
        size = len(node.SerializeToString()) + sum(tensors[name].ByteSize() for name in gone)
        folded[maker.input[1]] = new = Folded(size, weight.astype(np.float32), factor)
        _put(tensors[maker.input[1]], new.weight)
        maker.input.extend(becomes_bias)
        _put(tensors[maker.input[2]], (sum(bias) - mean) * factor + shift)
        keep_only(graph.initializer, lambda t, gone=gone: t.name not in gone)
        maker.output[0] = node.output[0]
        graph.node.remove(node)
    return folded


def _put(tensor: TensorProto, values: np.ndarray) -> None:
    tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float32), tensor.name))


# ---- sizes -----------------------------------------------------------------------------------------------------------


def _sizes(model: ModelProto) -> Sizes:
    """Shapes of tensors. Where the number of samples is open, two numbers are tried, to see what depends on it.

    onnx works out the target of a Reshape from the shape of another tensor only if all of that is known.
    """
    light = ModelProto(ir_version=model.ir_version, opset_import=model.opset_import, functions=model.functions)
    for field in ("node", "input", "output"):
        getattr(light.graph, field).extend(getattr(model.graph, field))
    for tensor in model.graph.initializer:  # of large tensors the shape is enough
        large = prod(tensor.dims) > 64 and tensor.data_type == TensorProto.FLOAT
        bare = TensorProto(name=tensor.name, dims=tensor.dims, data_type=tensor.data_type)
        light.graph.initializer.append(bare if large else tensor)
    inputs = [entry.type.tensor_type.shape.dim[:1] for entry in light.graph.input]
    samples = [first[0] for first in inputs if first and not first[0].HasField("dim_value")]
    one, other = (_inferred(light, samples, count) for count in (7, 11))
    return {
        name: tuple(map(_either, shape, other[name]))
        for name, shape in one.items()
        if len(shape) == len(other.get(name, (*shape, None)))
    }


def _either(one: int | str | None, other: int | str | None) -> int | str | None:
    """A size that was `one` for 7 samples and `other` for 11."""
    return "N" if (one, other) == (7, 11) else one if one == other else None


def _inferred(model: ModelProto, samples: list[TensorShapeProto.Dimension], count: int) -> Sizes:
    """Shapes of tensors if the open sizes `samples` are `count`."""
    for size in samples:
        size.dim_value = count
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    return {
        entry.name: tuple(
            d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in entry.type.tensor_type.shape.dim
        )
        for entry in (*graph.input, *graph.value_info, *graph.output)
        if entry.type.tensor_type.HasField("shape")
    }


def _say_pads(node: NodeProto, sizes: Sizes, kernel: list[int]) -> None:
    """The padding that `auto_pad` stands for, in numbers, if they are the same for every input."""
    kind, n = attribute_of(node, "auto_pad", b"NOTSET").decode(), len(kernel)
    if kind == "NOTSET":
        return
    inputs, outputs = (sizes.get(name, ())[2:] for name in (node.input[0], node.output[0]))
    strides, dilations = attribute_of(node, "strides", [1] * n), attribute_of(node, "dilations", [1] * n)
    if kind == "VALID":
        total = [0] * n
    elif len(inputs) == len(outputs) == n and all(isinstance(size, int) for size in (*inputs, *outputs)):
        total = [
            max((out - 1) * stride + (k - 1) * dilation + 1 - size, 0)
            for size, out, k, stride, dilation in zip(inputs, outputs, kernel, strides, dilations, strict=True)
        ]
    else:
        return
    less, more = [t // 2 for t in total], [t - t // 2 for t in total]
    keep_only(node.attribute, lambda a: a.name != "auto_pad")
    set_attribute(node, "pads", less + more if kind == "SAME_UPPER" else more + less)


def _open_reshapes(graph: GraphProto, sizes: Sizes) -> None:
    """Targets of Reshape are constants if they can be, and say 0 for the first sizes if they stay, -1 for the last."""
    tensors, wanted = {t.name: t for t in graph.initializer}, {}
    for node in [n for n in graph.node if n.op_type == "Reshape" and not attribute_of(n, "allowzero", 0)]:
        given = sizes.get(node.input[0], ())
        if node.input[1] in tensors:
            target = numpy_helper.to_array(tensors[node.input[1]]).ravel().tolist()
            wanted.setdefault(node.input[1], []).append(_opened(target, given))
        else:
            target = _known(given, sizes.get(node.output[0], ()))
            if target.count(-1) <= 1 and target and given:
                graph.initializer.append(numpy_helper.from_array(np.array(target, np.int64), f"{node.output[0]}.shape"))
                node.input[1] = graph.initializer[-1].name
    count = readers(graph)
    for name, targets in wanted.items():
        if len(targets) == count[name] and all(target == targets[0] for target in targets):
            tensors[name].CopyFrom(numpy_helper.from_array(np.array(targets[0], np.int64), name))


def _known(given: tuple[int | str | None, ...], result: tuple[int | str | None, ...]) -> list[int]:
    """The target of a Reshape that is computed in the graph; -1 for sizes that are not known.

    >>> _known(("N", 12, 3, 3), ("N", 108)), _known(("N", 12), (None, None))
    ([0, -1], [-1, -1])
    """
    same = [i < len(given) and given[i] == size is not None for i, size in enumerate(result)]
    target = [size if isinstance(size, int) else 0 if same[i] else -1 for i, size in enumerate(result)]
    return _opened(target, given)


def _open_splits(graph: GraphProto) -> None:
    """A Split into equal pieces says how many, and not how large they are."""
    tensors = {t.name: t for t in graph.initializer}
    for node in [n for n in graph.node if n.op_type == "Split" and len(n.input) > 1 and n.input[1] in tensors]:
        if len(set(numpy_helper.to_array(tensors[node.input[1]]).tolist())) == 1:
            del node.input[1:]
            set_attribute(node, "num_outputs", len(node.output))


def _opened(target: list[int], given: tuple[int | str | None, ...]) -> list[int]:
    """The same target, for a tensor with the sizes `given`, with as few numbers as will do.

    >>> _opened([-1, 17, 4, 8], ("N", 17, 32)), _opened([2, 144], (2, 16, 3, 3))
    ([0, 0, 4, -1], [0, -1])
    """
    said = [given[i] if size == 0 and i < len(given) else size for i, size in enumerate(target)]
    rest = (*said[1:], *given[1:])
    if said[:1] == [-1] and all(isinstance(size, int) and size > 0 for size in rest):
        said[0] = given[0] if prod(said[1:]) == prod(given[1:]) else -1
    lead = 0
    while lead < min(len(said), len(given)) and (target[lead] == 0 or said[lead] == given[lead] not in (None, -1)):
        lead += 1
    tail = target[lead:]
    if tail and min(tail) > 0:
        tail[-1] = -1
    return [0] * lead + tail
