"""Shapes of all tensors of a graph, and nodes that name as few sizes as will do, so that channels can go later."""

from __future__ import annotations

from math import prod

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, numpy_helper

from app.network.onnx_graph import Sizes, attribute_of, keep_only, readers, set_attribute


def infer(model: ModelProto) -> Sizes:
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


def write_pads(graph: GraphProto, sizes: Sizes) -> None:
    """Let convolutions name their padding in numbers, not as `auto_pad`, if these are the same for every input."""
    kernels = {t.name: list(t.dims[2:]) for t in graph.initializer}
    for node in graph.node:
        if node.op_type == "Conv" and node.input[1] in kernels:
            _write_pads(node, sizes, kernels[node.input[1]])


def _write_pads(node: NodeProto, sizes: Sizes, kernel: list[int]) -> None:
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


def free_reshapes(graph: GraphProto, sizes: Sizes) -> None:
    """Let targets of Reshape be constants where they can be, with 0 for first sizes that stay and -1 for the last."""
    tensors, wanted = {t.name: t for t in graph.initializer}, {}
    for node in [n for n in graph.node if n.op_type == "Reshape"]:
        given, result = sizes.get(node.input[0], ()), sizes.get(node.output[0], ())
        if attribute_of(node, "allowzero", 0):
            target = tensors.get(node.input[1])
            if (0 in result or not result) if target is None else not numpy_helper.to_array(target).all():
                continue
            keep_only(node.attribute, lambda a: a.name != "allowzero")  # without a zero it says nothing
        if node.input[1] in tensors:
            target = numpy_helper.to_array(tensors[node.input[1]]).ravel().tolist()
            wanted.setdefault(node.input[1], []).append(_freed(target, given))
        else:
            target = _known(given, result)
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
    return _freed(target, given)


def free_splits(graph: GraphProto) -> None:
    """Let a Split into equal pieces name how many they are, and not how large."""
    tensors = {t.name: t for t in graph.initializer}
    for node in [n for n in graph.node if n.op_type == "Split" and len(n.input) > 1 and n.input[1] in tensors]:
        if len(set(numpy_helper.to_array(tensors[node.input[1]]).tolist())) == 1:
            del node.input[1:]
            set_attribute(node, "num_outputs", len(node.output))


def _freed(target: list[int], given: tuple[int | str | None, ...]) -> list[int]:
    """The same target, for a tensor with the sizes `given`, with as few numbers as will do.

    >>> _freed([-1, 17, 4, 8], ("N", 17, 32)), _freed([2, 144], (2, 16, 3, 3)), _freed([-1], ())
    ([0, 0, 4, -1], [0, -1], [-1])
    """
    sizes = [given[i] if size == 0 and i < len(given) else size for i, size in enumerate(target)]
    rest = (*sizes[1:], *given[1:])
    if given and sizes[:1] == [-1] and all(isinstance(size, int) and size > 0 for size in rest):
        sizes[0] = given[0] if prod(sizes[1:]) == prod(given[1:]) else -1
    lead = 0
    while lead < min(len(sizes), len(given)) and (target[lead] == 0 or sizes[lead] == given[lead] not in (None, -1)):
        lead += 1
    tail = target[lead:]
    if tail and min(tail) > 0:
        tail[-1] = -1
    return [0] * lead + tail
