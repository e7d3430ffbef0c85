"""Files that came quantized round what layers put out; here that stays what it is in a session of anybody.

onnxruntime (tried with 1.30) quantizes the weights of a Gemm or Conv to eight bits by itself where codes come in and
codes go out, whatever the weights were, and with sums that overflow on some processors. A Sum of one number between the
layer and what rounds it changes nothing, and keeps it from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onnx import NodeProto

from app.network.layer import Layer
from app.network.onnx_graph import plain
from app.network.protobuf import NODE, block, node


@dataclass(frozen=True, eq=False)
class Rounding:
    """A QuantizeLinear that alone reads what a layer puts out."""

    layer: Layer
    node: NodeProto

    def apart(self) -> bytes:
        """Both nodes, as fields of a graph."""
        same, entry = f"{self.layer.stem}.same", plain(self.node)
        entry.input[0] = same
        return node("Sum", (self.layer.output,), same) + block(NODE, entry.SerializeToString())


def roundings(nodes: Sequence[Layer | NodeProto], count: Mapping[str, int]) -> dict[int, Rounding]:
    """All of a network, by their index among its nodes.

    count : how many inputs read each tensor
    """
    layers = {each.output: each for each in nodes if isinstance(each, Layer)}
    return {
        i: Rounding(layers[entry.input[0]], entry)
        for i, entry in enumerate(nodes)
        if isinstance(entry, NodeProto)
        and entry.op_type == "QuantizeLinear"
        and entry.input[0] in layers
        and count[entry.input[0]] == 1
    }
