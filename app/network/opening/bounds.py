"""What a file may ask of a tab, told before anything is done with it: a few bytes can spell a graph without end."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, prod

from onnx import ModelProto, NodeProto

from app.network.onnx_graph import nested_graphs

OPERATORS = 20_000  # with those of graphs in graphs and of every call of a function; some seconds of work
DEPTH = 40  # graphs in graphs
NUMBERS = 16_000_000  # in an input whose sizes are fixed: 64 MB


def check(model: ModelProto) -> None:
    """Raise ValueError if a network has more operators than a tab can look at, calls of functions written out, or an
    input that it has no room for.
    """
    count = _Count(model).of(model.graph.node, 0)
    if count > OPERATORS:
        said = f"{count:,}" if count < inf else "endlessly many"
        raise ValueError(f"this network has {said} operators; in a tab at most {OPERATORS:,} will do")
    for entry in model.graph.input:
        sizes = [size.dim_value for size in entry.type.tensor_type.shape.dim]
        if prod(size for size in sizes if size > 0) > NUMBERS:
            raise ValueError(f"an input of this network is too large for a tab: {' x '.join(map(str, sizes))}"[:200])


class _Count:
    """Counts the operators of each function once."""

    def __init__(self, model: ModelProto):
        self._functions = {(f.domain, f.name): f for f in model.functions}
        self._known: dict[tuple[str, str], float] = {}

    def of(self, nodes: Iterable[NodeProto], depth: int) -> float:
        """How many operators these come to; infinite if one calls itself or lies too deep."""
        if depth > DEPTH:
            return inf
        total = 0.0
        for node in nodes:
            total += 1 + sum(self.of(graph.node, depth + 1) for graph in nested_graphs(node))
            total += self._called(node, depth)
        return total if total == inf else int(total)

    def _called(self, node: NodeProto, depth: int) -> float:
        key = node.domain, node.op_type
        if key not in self._functions:
            return 0
        if key not in self._known:
            self._known[key] = inf  # for whoever asks while it is being counted: it calls itself
            self._known[key] = self.of(self._functions[key].node, depth + 1)
        return self._known[key]
