"""Numbers that nothing here compresses, such as the biases of an LSTM: what they take, so that totals are no riddle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from math import prod

from onnx import GraphProto, TensorProto

FEW = 0.02  # of a file: what takes less needs no word


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


def in_words(found: Counter, whole: int) -> str:
    """A sentence on what is not touched; "" if it is little.

    >>> in_words(Counter(LSTM=20_300, Add=40), 21_600)
    ' Not compressed here: other numbers, read by LSTM: 20.3 kB, 94 % of the file.'
    """
    large = [(op, size) for op, size in found.most_common() if size > FEW * whole]
    if not large:
        return ""
    named, taken = ", ".join(op for op, _ in large), sum(size for _, size in large)
    share = f"{taken / 1000:.1f} kB, {100 * taken / whole:.0f} % of the file"
    return f" Not compressed here: other numbers, read by {named}: {share}."
