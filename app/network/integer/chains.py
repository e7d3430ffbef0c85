"""Where the codes that a layer puts out can be what the next one reads, without becoming floats in between.

Between two layers may stand operators that only move numbers or pick the largest: they do with codes what they do with
floats, since a greater number has a greater code. A Relu is not needed where the grid begins at zero, because all
numbers below it become the first code. So the file computes what it would with floats in between, only faster.
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
    """How a layer's input comes from another layer.

    source : the tensor that the other layer puts out, which nobody else reads
    relus : the index of each Relu between them -> the node that replaces it among codes
    """

    source: str
    relus: dict[int, bytes]


def chains_of(nodes: Sequence[Layer | NodeProto], count: Mapping[str, int]) -> dict[str, Chain]:
    """For each tensor that a layer reads, how it comes from another layer, where it does.

    count : how many inputs read each tensor
    """
    makers = {n.output if isinstance(n, Layer) else n.output[0]: i for i, n in enumerate(nodes) if n.output}
    found = {}
    for layer in nodes:
        if isinstance(layer, Layer):
            source, relus = layer.input, {}
            while count[source] == 1 and source in makers:
                index = makers[source]
                if isinstance(nodes[index], Layer):
                    found[layer.input] = Chain(source, relus)
                    break
                entry = nodes[index]
                if entry.domain not in ("", "ai.onnx") or any(count[name] for name in entry.output[1:]):
                    break
                if entry.op_type == "Relu":
                    relus[index] = node("Identity", (entry.input[0],), source)
                elif entry.op_type not in _MOVES:
                    break
                source = entry.input[0]
    return found


def joined(
    pairs: Sequence[tuple[Layer, Weight]], chains: Mapping[str, Chain]
) -> tuple[dict[str, Join], dict[int, bytes]]:
    """How layers stand to those that pass codes to them, and nodes that replace others, by the index of these.

    pairs : the layers of a file in order, each with its weight
    """
    makers = {layer.output: layer.name for layer, weight in pairs if rounds(layer, weight)}
    joins, replaced = {}, {}
    for layer, weight in pairs:
        chain = chains.get(layer.input)
        static = applies(layer, weight) and weight.activation.scale is not None
        if chain and chain.source in makers and static and not (chain.relus and weight.activation.zero_point):
            before = makers[chain.source]
            joins[before] = Join(joins.get(before, ALONE).reads, layer.stem, weight.activation.bits)
            joins[layer.name] = Join(reads=True)
            replaced.update(chain.relus)
    return joins, replaced
