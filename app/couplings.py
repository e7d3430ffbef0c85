"""Which channels of a graph must go together: the outputs of one layer and the inputs of those that read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from onnx import GraphProto, NodeProto

from kernels.technique import Coupling

_PER_CHANNEL = frozenset(
    "Relu LeakyRelu Elu Celu Selu Gelu Mish Sigmoid HardSigmoid HardSwish Softplus Softsign Tanh ThresholdedRelu Erf "
    "Abs Neg Exp Sqrt Clip Identity Dropout MaxPool AveragePool LpPool GlobalMaxPool GlobalAveragePool".split()
)
"Operators that treat every channel alike and by itself."


def find(graph: GraphProto, layers: Mapping[str, tuple[str, tuple[int, ...]]]) -> tuple[Coupling, ...]:
    """The couplings of `graph`.

    Only what is understood from end to end is coupled: a channel that reaches an output of the graph, a sum or any
    other operator cannot go.

    Parameters
    ----------
    layers : name and weight shape of each layer, by the output of its node
    """
    read_by: dict[str, list[NodeProto]] = defaultdict(list)
    for node in graph.node:
        if any(a.HasField("g") or a.graphs for a in node.attribute):
            return ()  # a nested graph may read any tensor without listing it among its inputs
        for name in node.input:
            read_by[name].append(node)
    outputs = {entry.name for entry in graph.output}

    def consumers(tensor: str, flat: bool) -> list[tuple[str, tuple[int, ...], bool]] | None:
        """Layers behind `tensor` and whether a Flatten lies between; None if something else reads it."""
        found = []
        if tensor in outputs:
            return None
        for node in read_by[tensor]:
            if node.input[0] != tensor or tensor in node.input[1:] or any(read_by[name] for name in node.output[1:]):
                return None
            if node.output[0] in layers:
                behind = None if groups(node) != 1 else [(*layers[node.output[0]], flat)]
            elif node.op_type in _PER_CHANNEL:
                behind = consumers(node.output[0], flat)
            elif node.op_type == "Flatten" and all(a.i == 1 for a in node.attribute):
                behind = consumers(node.output[0], True)
            else:
                behind = None
            if behind is None:
                return None
            found += behind
        return found

    couplings = []
    for node in graph.node:
        if node.output and node.output[0] in layers and groups(node) == 1:
            name, shape = layers[node.output[0]]
            behind = consumers(node.output[0], False)
            if behind and all(_fits(shape[0], *consumer) for consumer in behind):
                couplings.append(Coupling((name,), tuple((n, s[1] // shape[0]) for n, s, _ in behind)))
    return tuple(couplings)


def groups(node: NodeProto) -> int:
    """Groups of a convolution; 1 for any other operator."""
    return next((a.i for a in node.attribute if a.name == "group"), 1)


def _fits(channels: int, _name: str, shape: tuple[int, ...], flat: bool) -> bool:
    """Whether a layer reads `channels` channels whole: each one column, or after a Flatten some neighbouring ones."""
    return shape[1] % channels == 0 if flat else shape[1] == channels
