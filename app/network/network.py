"""An ONNX file as layers, and the layers' weights written back as an ONNX file.

`read` finds the operators that own weights and leaves the rest of the graph as it is, but for what `normal` says.
`Network.write` puts the smallest encoding of each weight in front of its operator, and takes from other constants what
belonged to channels that are gone. How weights can be encoded stands in `encodings`, how operators read them in
`layers`; what a recipe does to them is not known here.

Every file is written for the opset and the IR version of `models.versions`, whatever was read. A weight stands as
(C_out, C_in) with `Gemm(transB=1)`: the other way round onnxruntime would fuse DequantizeLinear with the operator and
compute with eight-bit activations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations
from math import inf
from operator import itemgetter

import numpy as np
from onnx import numpy_helper

from app.network.batch_norm import Folded
from app.network.channels.groups import Count, Follower
from app.network.decision import Decision
from app.network.encodings import Candidate, candidates
from app.network.encodings import functions as unpackers
from app.network.integer import chains
from app.network.integer.operators import operator
from app.network.integer.weights import ALONE, Join, applies, floats_because
from app.network.integer.weights import candidates as integer_candidates
from app.network.layer import Layer
from app.network.protobuf import DOMAIN, FLOAT, INITIALIZER, PARTS, block, whole
from app.network.stored import StoredLayer, StoredWeight
from app.network.work import work_of
from kernels.channel_group import ChannelGroup
from kernels.weight import Weight

_IMPORT = block(8, block(1, DOMAIN) + whole(2, 1))
"That the model calls functions of `unpackers`, as a field of the model."
AS_READ = "It stands as in the file that was opened."


@dataclass(frozen=True)
class Written:
    """A written file. The sizes of all layers and `overhead_bytes` add up to its length.

    overhead : bytes that belong to no layer: "functions" that unpack weights, "metadata", and the "rest" of the network
    """

    onnx: bytes
    stored: dict[str, StoredLayer]
    overhead: dict[str, int]

    @property
    def overhead_bytes(self) -> int:
        return sum(self.overhead.values())


@dataclass(frozen=True, eq=False)
class Network:
    """A network whose weights can be replaced.

    layers, weights : the operators that own weights, and those weights, float32 and (C_out, C_in, *K); same order
    channel_groups : which channels must go together
    input, output : names of the tensor that goes in and of the first that comes out
    input_shape : its sizes, None where the file leaves one open
    decision : what it decides by which samples go all the way; None if all do
    folded : name of a weight -> the batch normalization that has become part of it
    """

    layers: tuple[Layer, ...]
    weights: tuple[Weight, ...]
    channel_groups: tuple[ChannelGroup, ...]
    input: str
    output: str
    input_shape: tuple[int | None, ...]
    decision: Decision | None
    folded: Mapping[str, Folded]
    _nodes: tuple[bytes | Layer, ...]  # in order; nodes without a weight as bytes
    _rows: dict[str, np.ndarray]  # the channels that the rows of each layer make
    _chains: dict[str, chains.Chain]  # how tensors come from one layer to the next
    _followers: tuple[tuple[Follower | Count, np.ndarray], ...]  # constants that change when channels go
    _rest: bytes  # all else in the graph
    _model: bytes  # all else in the model
    _metadata: dict[str, str]
    _functions: frozenset[str]  # of `unpackers`, that nodes without a weight call
    _before: dict[str, Candidate]  # how weights stood in the file that was read, if they were decoded

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
    ) -> Written:
        """The network with these weights, each in its smallest encoding, as an ONNX file.

        Parameters
        ----------
        weights : one for each layer, in order; after structured pruning smaller than the layer was
        metadata : words to keep in the file, such as the recipe
        watched : tensors on the way that are outputs too, behind those that the network has; every sample then goes
            all the way, so that all tensors have the same samples in the same order
        threshold : of a network that decides which samples go on; None for that of the file that was read
        """
        given, names = [weight.name for weight in weights], [layer.name for layer in self.layers]
        if given != names:
            raise ValueError(f"the weights are for the layers {given}; this network has {names}, in this order")
        parts = {layer.name: layer.parts(weight) for layer, weight in zip(self.layers, weights, strict=True)}
        pairs = [pair for several in parts.values() for pair in several]
        joins, swapped = ({}, {}) if watched else chains.joined(pairs, self._chains)
        options = [self._options(layer, weight, joins.get(layer.name, ALONE)) for layer, weight in pairs]
        chosen, functions = _smallest(options, self._functions)
        written = [
            (layer, weight, option, option.fragment.content() + _operator(layer, weight, joins.get(layer.name, ALONE)))
            for (layer, weight), option in zip(pairs, chosen, strict=True)
        ]
        rest = iter(written)
        several = {name: [next(rest) for _ in pairs] for name, pairs in parts.items()}
        content = {name: b"".join(data for *_, data in own) for name, own in several.items()}
        nodes = (swapped.get(i, n) for i, n in enumerate(self._nodes))
        graph = b"".join(content[n.name] if isinstance(n, Layer) else n for n in nodes) + self._rest
        graph += b"".join(_follower(*follower, self._gone(weights)) for follower in self._followers)
        if self.decision is not None:
            own = self.decision.threshold if threshold is None else threshold
            graph += self.decision.written(inf if watched else own)
        graph += b"".join(map(_output, watched))
        unpacking = b"".join(map(unpackers.function, sorted(self._functions.union(functions))))
        unpacking += _IMPORT if unpacking else b""
        entries = {**self._metadata, **(metadata or {})}
        said = b"".join(block(14, block(1, key) + block(2, value)) for key, value in entries.items())
        onnx = b"".join((self._model, unpacking, said, block(7, graph)))
        stored = {layer.name: _stored(layer, several[layer.name]) for layer in self.layers}
        overhead = {"functions": len(unpacking), "metadata": len(said)}
        overhead["rest"] = len(onnx) - sum(overhead.values()) - sum(map(len, content.values()))
        return Written(onnx, stored, overhead)

    def _options(self, layer: Layer, weight: Weight, join: Join) -> list[Candidate]:
        """Every valid way to write a weight; the only one for a decoded weight that has not changed is how it stood."""
        if layer.name in self._before and any(weight is each for each in self.weights):
            return [self._before[layer.name]]
        return list(_candidates(layer, weight, join))

    def _gone(self, weights: Sequence[Weight]) -> np.ndarray:
        """The channels that some layer no longer makes."""
        cut = [w for w in weights if w.kept_out is not None]
        return np.concatenate([np.delete(self._rows[w.name], w.kept_out) for w in cut] or [np.empty(0, np.int64)])


def _candidates(layer: Layer, weight: Weight, join: Join) -> Iterable[Candidate]:
    """Every valid way to write a weight for the operator of its layer."""
    if applies(layer, weight):
        return integer_candidates(layer, weight, join)
    return candidates(layer.as_written(weight), layer.weight)


def _operator(layer: Layer, weight: Weight, join: Join) -> bytes:
    """A layer's operator and bias, as fields of its graph."""
    return operator(layer, weight, join) if applies(layer, weight) else layer.operator(weight)


def _stored(layer: Layer, written: Sequence[tuple[Layer, Weight, Candidate, bytes]]) -> StoredLayer:
    """How a layer stands in the file, in one part or in two."""
    costs = [_cost(option, weight, len(data)) for _, weight, option, data in written]
    weights = [
        StoredWeight(option.label, option.zeros_are_stored, floats_because(each, weight), option.note)
        for each, weight, option, _ in written
    ]
    return StoredLayer(
        tuple(weights), {part: sum(cost[part] for cost in costs) for part in costs[0]}, layer.size_bytes
    )


def _cost(option: Candidate, weight: Weight, size: int) -> dict[str, int]:
    """What the `size` bytes of a layer are spent on."""
    cost = {part: option.fragment.cost.get(part, 0) for part in PARTS}
    cost["bias"] = 0 if weight.bias is None else weight.bias.nbytes
    return {**cost, "graph": size - sum(cost.values())}


def _follower(follower: Follower | Count, values: np.ndarray, gone: np.ndarray) -> bytes:
    """A constant without the entries of channels that are gone, as a field of its graph."""
    kept = follower.without(values, gone)
    return block(INITIALIZER, numpy_helper.from_array(kept, follower.name).SerializeToString())


@lru_cache(maxsize=64)
def _output(tensor: str) -> bytes:
    """A float32 tensor of any shape as an output, as a field of its graph."""
    return block(12, block(1, tensor) + block(2, block(1, whole(1, FLOAT))))


def _smallest(options: list[list[Candidate]], present: frozenset[str]) -> tuple[list[Candidate], Sequence[str]]:
    """For each layer the candidate to take so that the file is smallest, and the functions to put into the file.

    A function is paid for once however many layers call it, so every set of them is tried; there are only a few.
    """
    wanted = sorted(set().union(*(c.fragment.functions for layer in options for c in layer)) - present)
    choices = []
    for functions in chain.from_iterable(combinations(wanted, n) for n in range(len(wanted) + 1)):
        usable = present.union(functions)
        fitting = [[c for c in layer if c.fragment.functions <= usable] for layer in options]
        if all(fitting):
            chosen = [min(layer, key=_size) for layer in fitting]
            shared = sum(len(unpackers.function(name)) for name in functions)
            shared += len(_IMPORT) if functions and not present else 0
            choices.append((sum(map(_size, chosen)) + shared, chosen, functions))
    _, chosen, functions = min(choices, key=itemgetter(0))
    return chosen, functions


def _size(candidate: Candidate) -> int:
    return candidate.fragment.size
