"""A network whose weights can be replaced, and the way out: all of it written as an ONNX file.

`Network.write` puts the encoding that `choice` chooses for each weight in front of its operator, and takes from other
constants what belonged to channels that are gone. The way in is `read`. How weights can be encoded stands in
`encodings`, how operators read them in `layer` and `integer`; what a recipe does to them is not known here.

Every file is written for the opset and the IR version of `models.versions`, whatever was read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

import numpy as np
from onnx import numpy_helper

from app.network.batch_norm import Folded
from app.network.channels.groups import Count, Follower
from app.network.choice import as_floats, candidates_of, smallest
from app.network.decision import Decision
from app.network.encodings import Candidate
from app.network.encodings.functions import IMPORT, function
from app.network.integer import chains
from app.network.integer.operators import IMPORT as OWN_IMPORT
from app.network.integer.operators import operator
from app.network.integer.weights import ALONE, Join, applies, floats_because, rounded
from app.network.layer import Layer
from app.network.protobuf import INITIALIZER, OUTPUT, PARTS, block, node, value_info
from app.network.rounding import Rounding
from app.network.stored import StoredLayer, StoredWeight
from app.network.vertex import Vertex
from app.network.work import work_of
from kernels.channel_group import ChannelGroup
from kernels.weight import Weight

IN_YOUR_FILE = "as in your file"


@dataclass(frozen=True)
class Written:
    """A written file. The sizes of all layers and `overhead_bytes` add up to its length.

    stored : how each layer stands in it
    overhead : bytes that belong to no layer: "functions" that unpack weights, "metadata", "constants" of float32, and
        the "rest" of the network
    """

    onnx: bytes
    stored: dict[str, StoredLayer]
    overhead: dict[str, int]

    @property
    def overhead_bytes(self) -> int:
        return sum(self.overhead.values())


class _Encoded(NamedTuple):
    """A weight in the file, with its operator and bias: `content` is all of it, as fields of the graph."""

    layer: Layer
    weight: Weight
    candidate: Candidate
    content: bytes


@dataclass(frozen=True, eq=False)
class Network:
    """A network whose weights can be replaced.

    layers, weights : the operators that own weights, and those weights, float32 and (C_out, C_in, *K); same order
    channel_groups : which channels must go together
    input, output : names of the tensor that goes in and of the first that comes out
    input_shape : its sizes, None where the file leaves one open
    decision : what it decides by which samples go all the way; None if all do
    folded : name of a weight -> the batch normalization that has become part of it
    wiring : how data finds its way through it
    untouched : bytes of the constants of float32 that belong to no layer, in the file that was read, by the operator
        that reads them
    """

    layers: tuple[Layer, ...]
    weights: tuple[Weight, ...]
    channel_groups: tuple[ChannelGroup, ...]
    input: str
    output: str
    input_shape: tuple[int | None, ...]
    decision: Decision | None
    folded: Mapping[str, Folded]
    wiring: tuple[Vertex, ...]
    untouched: Mapping[str, int]
    _nodes: tuple[bytes | Layer, ...]  # in order; nodes without a weight as bytes
    _made: dict[str, np.ndarray]  # the channels that each layer makes, one for each row of its weight
    _chains: dict[str, chains.Chain]  # how tensors come from one layer to the next
    _roundings: Mapping[int, Rounding]  # what rounds what layers put out, by the index of the node
    _followers: tuple[tuple[Follower | Count, np.ndarray], ...]  # constants that change when channels go
    _rest: bytes  # all else in the graph
    _model: bytes  # all else in the model
    _metadata: dict[str, str]
    _functions: frozenset[str]  # of `encodings.functions`, that nodes without a weight call
    _as_read: dict[str, Candidate]  # how the weights that were decoded stood in the file that was read

    def layer(self, name: str) -> Layer:
        """The layer called `name`."""
        return next(layer for layer in self.layers if layer.name == name)

    def macs(self, weights: Iterable[Weight]) -> tuple[int | None, int | None]:
        """Multiply-accumulates for a sample: of the layers that all samples pass, and of those behind the decision.

        weights : one for each layer, in any order
        """
        layers, behind = {layer.name: layer for layer in self.layers}, self.decision.behind if self.decision else ()
        spent: tuple[list, list] = ([], [])
        for weight in weights:
            spent[weight.name in behind].append(work_of(layers[weight.name], weight).macs)
        first, rest = (None if None in each else sum(each) for each in spent)
        return first, rest

    def write(
        self,
        weights: Sequence[Weight],
        metadata: Mapping[str, str] | None = None,
        watched: Collection[str] = (),
        threshold: float | None = None,
        plain: bool = False,
    ) -> Written:
        """The network with these weights, each in its smallest encoding, as an ONNX file.

        Parameters
        ----------
        weights : one for each layer, in order; after structured pruning smaller than the layer was
        metadata : words to keep in the file, such as the recipe
        watched : tensors between layers that are outputs too, behind those that the network has; every sample then goes
            all the way, so that all tensors have the same samples in the same order
        threshold : of a network that decides which samples go on; None for that of the file that was read
        plain : whether each weight is written as its floats instead, at once, for a file that is only run here

        Raises
        ------
        ValueError
            If the weights are not those of these layers, in this order.
        """
        given, names = [weight.name for weight in weights], [layer.name for layer in self.layers]
        if given != names:
            raise ValueError(f"the weights are for the layers {given}; this network has {names}, in this order")
        halves = [layer.halves(weight) for layer, weight in zip(self.layers, weights, strict=True)]
        pairs = [pair for each in halves for pair in each]
        joins, replaced = ({}, {}) if watched else chains.joined(pairs, self._chains)
        if plain:
            chosen, functions = [as_floats(layer, weight) for layer, weight in pairs], ()
        else:
            options = [self._options(layer, weight, joins.get(layer.name, ALONE)) for layer, weight in pairs]
            chosen, functions = smallest(options, self._functions)
        as_read = {layer.name for (layer, _), each in zip(pairs, chosen, strict=True) if each.label == IN_YOUR_FILE}
        apart = {i: each.apart() for i, each in self._roundings.items() if each.layer.name not in as_read}
        encoded = iter(
            _encoded(layer, weight, candidate, joins.get(layer.name, ALONE))
            for (layer, weight), candidate in zip(pairs, chosen, strict=True)
        )
        written = {name: [next(encoded) for _ in each] for name, each in zip(names, halves, strict=True)}
        content = {name: b"".join(half.content for half in each) for name, each in written.items()}
        graph = self._graph(content, {**apart, **replaced}, weights, watched, threshold)
        unpacking = b"".join(map(function, sorted(self._functions.union(functions))))
        unpacking += IMPORT if unpacking else b""
        products = any(layer.op != "Conv" and applies(layer, weight) for layer, weight in pairs)
        own = OWN_IMPORT if products and OWN_IMPORT not in self._model else b""
        entries = {**self._metadata, **(metadata or {})}
        described = b"".join(block(14, block(1, key) + block(2, value)) for key, value in entries.items())
        onnx = b"".join((self._model, own, unpacking, described, block(7, graph)))
        stored = {layer.name: _stored(layer, written[layer.name]) for layer in self.layers}
        overhead = {"functions": len(unpacking), "metadata": len(described), "constants": self._constants(weights)}
        overhead["rest"] = len(onnx) - sum(overhead.values()) - sum(map(len, content.values()))
        return Written(onnx, stored, overhead)

    def watching(self, weights: Sequence[Weight]) -> bytes:
        """What makes of all that layers say further outputs, in the order of the layers, of a file.

        It is to stand behind the file that `write` made of these weights: messages that stand one behind the other
        merge, so what is run is that file itself, byte for byte, and more. Where a layer passes codes on, its output
        is what they mean.
        """
        halves = [layer.halves(weight) for layer, weight in zip(self.layers, weights, strict=True)]
        joins, _ = chains.joined([pair for each in halves for pair in each], self._chains)
        said = {vertex.layer: vertex.tensor for vertex in self.wiring if vertex.layer}
        fields = b""
        for layer, each in zip(self.layers, halves, strict=True):
            if layer.is_table:
                continue
            tensor, reader = said[layer.name], joins.get(each[-1][0].name, ALONE).reader
            if reader:
                meant = f"{layer.name}.said"
                fields += node("DequantizeLinear", (tensor, f"{reader}.xs", f"{reader}.xz"), meant)
                tensor = meant
            fields += block(OUTPUT, value_info(tensor)) if tensor != self.output else b""
        return block(7, fields)

    def _options(self, layer: Layer, weight: Weight, join: Join) -> list[Candidate]:
        """Every valid way to write a weight; the only one for a decoded weight that has not changed is how it stood."""
        if layer.name in self._as_read and any(weight is each for each in self.weights):
            return [self._as_read[layer.name]]
        return list(candidates_of(layer, weight, join))

    def _graph(
        self,
        content: Mapping[str, bytes],
        replaced: Mapping[int, bytes],
        weights: Sequence[Weight],
        watched: Collection[str],
        threshold: float | None,
    ) -> bytes:
        """All fields of the graph.

        content : those of each layer
        replaced : nodes that take the place of others, by the index of these
        """
        nodes = (replaced.get(i, node) for i, node in enumerate(self._nodes))
        fields = [content[node.name] if isinstance(node, Layer) else node for node in nodes]
        fields.append(self._rest)
        gone = self._gone(weights)
        fields += [_without(follower, values, gone) for follower, values in self._followers]
        if self.decision is not None:
            threshold = self.decision.threshold if threshold is None else threshold
            fields.append(self.decision.written(inf if watched else threshold))
        return b"".join((*fields, *(block(OUTPUT, value_info(tensor)) for tensor in watched)))

    def _constants(self, weights: Sequence[Weight]) -> int:
        """Bytes of the constants of float32 that are no layer's, without those of channels that are gone."""
        cut, gone = [each for each in self._followers if each[1].dtype == np.float32], self._gone(weights)
        lost = (
            sum(values.nbytes - follower.without(values, gone).nbytes for follower, values in cut) if len(gone) else 0
        )
        return sum(self.untouched.values()) - lost

    def _gone(self, weights: Sequence[Weight]) -> np.ndarray:
        """The channels that some layer no longer makes."""
        cut = [w for w in weights if w.kept_out is not None]
        return np.concatenate([np.delete(self._made[w.name], w.kept_out) for w in cut] or [np.empty(0, np.int64)])


def _encoded(layer: Layer, weight: Weight, candidate: Candidate, join: Join) -> _Encoded:
    """A weight written as this candidate, with what computes with it."""
    compute = operator(layer, weight, join) if applies(layer, weight) else layer.operator(weight)
    return _Encoded(layer, weight, candidate, candidate.fragment.content() + compute)


def _stored(layer: Layer, halves: Sequence[_Encoded]) -> StoredLayer:
    """How a layer stands in the file, whole or as two halves."""
    costs = [_cost(half) for half in halves]
    weights = [
        StoredWeight(c.label, c.zeros_are_stored, floats_because(half, weight), c.note, rounded(half, weight))
        for half, weight, c, _ in halves
    ]
    return StoredLayer(tuple(weights), {part: sum(cost[part] for cost in costs) for part in costs[0]}, layer.size_bytes)


def _cost(encoded: _Encoded) -> dict[str, int]:
    """What the bytes of a weight, its bias and its operator are spent on."""
    cost = {part: encoded.candidate.fragment.cost.get(part, 0) for part in PARTS}
    cost["bias"] = 0 if encoded.weight.bias is None else encoded.weight.bias.nbytes
    return {**cost, "graph": len(encoded.content) - sum(cost.values())}


def _without(follower: Follower | Count, values: np.ndarray, gone: np.ndarray) -> bytes:
    """A constant without the entries of channels that are gone, as a field of its graph."""
    kept = follower.without(values, gone)
    return block(INITIALIZER, numpy_helper.from_array(kept, follower.name).SerializeToString())
