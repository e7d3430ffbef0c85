"""How data finds its way through a network: which layer reads what, where branches part and where they meet again.

What only hands numbers on (pooling, reshaping, a batch normalization, constants added) is not told; a Relu and its like
belong to what stands before them, for what a layer says is what the next one hears. Tables say nothing themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from onnx import NodeProto

from app.network.layer import Layer
from app.network.vertex import Vertex

POINTWISE = frozenset("Clip Elu Gelu HardSigmoid HardSwish LeakyRelu Relu Sigmoid Tanh".split())
STEERS = {("Compress", 1), ("ScatterND", 1)}  # (operator, input) that says which samples, not what of them


def wiring(first: str, last: str, nodes: Sequence[Layer | NodeProto], count: Mapping[str, int]) -> tuple[Vertex, ...]:
    """The vertices of a network in the order of computation, the input first and the output last.

    Parameters
    ----------
    first, last : names of the tensors that go in and come out
    count : how many inputs read each tensor
    """
    vertices, comes_from = [Vertex(first, "input")], {first: 0}

    def add(tensor: str, op: str, layer: str, sources: tuple[int, ...]) -> None:
        comes_from[tensor] = len(vertices)
        vertices.append(Vertex(tensor, op, layer, sources))

    for node in nodes:
        if isinstance(node, Layer) and node.is_table:
            continue
        if isinstance(node, Layer):
            add(node.output, node.op, node.name, (comes_from[node.input],) if node.input in comes_from else ())
            continue
        read = [name for i, name in enumerate(node.input) if (node.op_type, i) not in STEERS]
        sources = tuple(sorted({comes_from[name] for name in read if name in comes_from}))
        if len(sources) > 1:
            add(node.output[0], node.op_type, "", sources)
        elif sources:
            at = sources[0]
            if node.op_type in POINTWISE and vertices[at].tensor == node.input[0] and count[node.input[0]] == 1:
                vertices[at] = replace(vertices[at], tensor=node.output[0])
            comes_from.update(dict.fromkeys(node.output, at))
    add(last, "output", "", (comes_from[last],) if last in comes_from else ())
    return tuple(vertices)
