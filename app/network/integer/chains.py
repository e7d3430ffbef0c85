"""Where what a layer rounds is what the next one reads: codes pass on, and are no floats in between.

Between two layers may stand operators that only move numbers or pick the largest: they do with codes what they do with
floats, since a code is the greater the greater its number. A Relu is not needed at all where the grid begins at zero,
because all below becomes the first code. So the file computes what it would with floats in between, only faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onnx import NodeProto

from app.network.integer.weights import ALONE, Join, applies, rounds
from app.network.layer import Layer
from app.network.protobuf import node
from kernels.weight import Weight

_MOVES = frozenset("Flatten Identity MaxPool Reshape Squeeze Transpose Unsqueeze".split())


@dataclass(frozen=True)
class Chain:
    """How a layer's input comes from another layer: `source` is what that puts out, which nobody else reads.

    relus : place in the graph of each Relu on the way -> the node that takes its place among codes
    """

    source: str
    relus: dict[int, bytes]


def chains_of(nodes: Sequence[Layer | NodeProto], count: Mapping[str, int]) -> dict[str, Chain]:
    """For each tensor that a layer reads, how it comes from another layer, where it does; `count` as in `layers`."""
    makers = {n.output if isinstance(n, Layer) else n.output[0]: i for i, n in enumerate(nodes) if n.output}
    found = {}
    for layer in nodes:
        if isinstance(layer, Layer):
            source, relus = layer.input, {}
            while count[source] == 1 and source in makers:
                place = makers[source]
                if isinstance(nodes[place], Layer):
                    found[layer.input] = Chain(source, relus)
                    break
                entry = nodes[place]
                if entry.domain not in ("", "ai.onnx") or any(count[name] for name in entry.output[1:]):
                    break
                if entry.op_type == "Relu":
                    relus[place] = node("Identity", (entry.input[0],), source)
                elif entry.op_type not in _MOVES:
                    break
                source = entry.input[0]
    return found


def joined(
    pairs: Sequence[tuple[Layer, Weight]], chains: Mapping[str, Chain]
) -> tuple[dict[str, Join], dict[int, bytes]]:
    """Which layers pass codes on; and nodes that take the place of others in the graph.

    pairs : the layers of a file in order, each with its weight
    """
    makers = {layer.output: layer.name for layer, weight in pairs if rounds(layer, weight)}
    joins, swapped = {}, {}
    for layer, weight in pairs:
        chain = chains.get(layer.input)
        static = applies(layer, weight) and weight.activation.scale is not None
        if chain and chain.source in makers and static and not (chain.relus and weight.activation.zero_point):
            before = makers[chain.source]
            joins[before] = Join(joins.get(before, ALONE).reads, layer.name, weight.activation.bits)
            joins[layer.name] = Join(reads=True)
            swapped.update(chain.relus)
    return joins, swapped
