"""Numbers that nothing here compresses, such as those of a LayerNormalization: what they take, so that totals are no
riddle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from math import prod

from onnx import GraphProto, TensorProto


def untouched(graph: GraphProto, named: Collection[str]) -> Counter:
    """Bytes of float32 constants that are no layer's, by the operator that reads them first.

    named : the constants that belong to layers
    """
    reader: dict[str, str] = {}
    for node in graph.node:
        for name in node.input:
            reader.setdefault(name, node.op_type)
    found: Counter = Counter()
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and tensor.name not in named and tensor.name in reader:
            found[reader[tensor.name]] += 4 * prod(tensor.dims)
    return found
