"""Where a dynamic network (see `models.dynamic`) decides which samples go on, and what each of them costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from onnx import GraphProto, TensorProto, numpy_helper

from app.network.layer import Layer
from app.network.onnx_graph import Sizes
from app.network.protobuf import INITIALIZER, block
from kernels.step import parts_of
from kernels.weight import Weight
from models import dynamic


@dataclass(frozen=True, eq=False)
class Decision:
    """What a network decides by, and what hangs on it.

    tensor : the name of the threshold
    threshold : its value in the file that was read; a sample goes on if the first part is less sure than that
    behind : the layers that only the samples pass that go on
    repeats : by layer, how often it multiplies its weight for one sample: for each pixel or token that it makes
    """

    tensor: str
    threshold: float
    behind: frozenset[str]
    repeats: dict[str, int]

    def written(self, threshold: float) -> bytes:
        """The threshold as a field of its graph."""
        values = np.array(threshold, np.float32)
        return block(INITIALIZER, numpy_helper.from_array(values, self.tensor).SerializeToString())

    def macs(self, weights: Iterable[Weight]) -> tuple[int, int]:
        """Multiply-adds for a sample: on the way that all take, and of what lies behind. Zeros are multiplied, too."""
        spent = [0, 0]
        for weight in weights:
            size = sum(part.values.size for part in parts_of(weight))
            spent[weight.name in self.behind] += size * self.repeats[weight.name]
        return spent[0], spent[1]


def find(graph: GraphProto, layers: Sequence[Layer], sizes: Sizes) -> Decision | None:
    """What the network in `graph` decides by; None if nothing, or if it is not understood."""
    tensor = next((t for t in graph.initializer if t.name == dynamic.threshold(graph)), None)
    if tensor is None or tensor.data_type != TensorProto.FLOAT or prod(tensor.dims) != 1:
        return None
    repeats = {layer.name: _repeats(layer, sizes) for layer in layers}
    if None in repeats.values():
        return None
    late = dynamic.behind(graph)
    behind = frozenset(layer.name for layer in layers if layer.output in late)
    return Decision(tensor.name, float(numpy_helper.to_array(tensor).item()), behind, repeats)


def _repeats(layer: Layer, sizes: Sizes) -> int | None:
    """How many outputs of a layer are made with the same weight; None if the file leaves that open."""
    if layer.output not in sizes:
        return None
    along = sizes[layer.output][2:] if layer.window else sizes[layer.output][1:-1]
    return prod(along) if all(isinstance(size, int) for size in along) else None
