"""Where a dynamic network (see `models.dynamic`) decides which samples go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from onnx import GraphProto, TensorProto, numpy_helper

from app.network.layer import Layer
from app.network.protobuf import INITIALIZER, block
from models import dynamic


@dataclass(frozen=True, eq=False)
class Decision:
    """What a network decides by, and what hangs on it.

    tensor : the name of the threshold
    threshold : its value in the file that was read; a sample goes on if the first layers are less sure than that
    behind : the layers that only the samples pass that go on
    """

    tensor: str
    threshold: float
    behind: frozenset[str]

    def written(self, threshold: float) -> bytes:
        """This threshold as a field of the graph, in place of that which was read."""
        values = np.array(threshold, np.float32)
        return block(INITIALIZER, numpy_helper.from_array(values, self.tensor).SerializeToString())


def find(graph: GraphProto, layers: Sequence[Layer]) -> Decision | None:
    """What the network in `graph` decides by; None if nothing, or if it is not known what each layer costs."""
    tensor = next((t for t in graph.initializer if t.name == dynamic.threshold(graph)), None)
    if tensor is None or tensor.data_type != TensorProto.FLOAT or prod(tensor.dims) != 1:
        return None
    if any(layer.pixels_out is None for layer in layers):
        return None
    late = dynamic.behind(graph)
    behind = frozenset(layer.name for layer in layers if layer.output in late)
    return Decision(tensor.name, float(numpy_helper.to_array(tensor).item()), behind)
