"""An ONNX file as layers, and the layers' weights written back as an ONNX file.

`read` finds the operators that own weights (Gemm and Conv) and leaves the rest of the graph as it is. `Network.write`
puts the smallest encoding of each weight in front of its operator. How weights can be encoded stands in `encodings`;
what a recipe does to them is not known here.

Every file is written for opset 21 and IR version 10, whatever was read: the first with four-bit types, and accepted by
onnxruntime and onnxruntime-web from 1.20 on, where the defaults of onnx 1.23 are not. (Only four-bit codes that are
looked up or spread need 1.23: earlier ones cannot cast them.) A weight stands as (C_out, C_in) with `Gemm(transB=1)`:
the other way round onnxruntime would fuse DequantizeLinear with the operator and compute with eight-bit activations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from operator import itemgetter

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, numpy_helper

from app import unpackers
from app.couplings import find
from app.encodings import WORDS, Candidate, candidates
from app.reading import IR_VERSION, parse, readers
from app.wire import DOMAIN, FLOAT, INITIALIZER, NODE, block, tensor_head, whole
from kernels.technique import Coupling, Weight

_IMPORT = block(8, block(1, DOMAIN) + whole(2, 1))
"That the model calls functions of `unpackers`, as a field of the model."


@dataclass(frozen=True, eq=False)
class Layer:
    """One operator that owns a weight.

    name : unique; what comes before ".weight" in the name of the weight, or the name of the node
    op : "Gemm" or "Conv"
    shape : (C_out, C_in, *K) of the weight in the file that was read
    size_bytes : what node, weight and bias took there
    weight : name of the tensor
    bias : name and values, float32 of shape (C_out,); None if it has none, or none of its own
    owns_bias : False if there is a bias that cannot lose channels with the weight
    output : name of the tensor that comes out
    node : the operator, as a field of its graph
    """

    name: str
    op: str
    shape: tuple[int, ...]
    size_bytes: int
    weight: str
    bias: tuple[str, np.ndarray] | None
    owns_bias: bool
    output: str
    node: bytes


@dataclass(frozen=True)
class Stored:
    """How one layer stands in a written file.

    label : the name of its encoding, such as "int4 per-channel" or "mask + palette 3 bit"
    size_bytes : of its weight with everything needed to decode it, its bias and its operator
    original_bytes : what the layer took in the file that was read
    note : a sentence about a choice that may surprise, or ""
    """

    label: str
    size_bytes: int
    original_bytes: int
    note: str


@dataclass(frozen=True)
class Written:
    """A written file. The sizes of all layers and `overhead_bytes` add up to its length."""

    onnx: bytes
    stored: dict[str, Stored]
    overhead_bytes: int


@dataclass(frozen=True, eq=False)
class Network:
    """A network whose weights can be replaced.

    layers, weights : the operators that own weights, and those weights, float32 and (C_out, C_in, *K); same order
    couplings : which channels must go together
    input, output : names of the tensor that goes in and of the first that comes out
    input_shape : its sizes, None where the file leaves one open
    """

    layers: tuple[Layer, ...]
    weights: tuple[Weight, ...]
    couplings: tuple[Coupling, ...]
    input: str
    output: str
    input_shape: tuple[int | None, ...]
    _nodes: tuple[bytes | Layer, ...]  # in order; nodes without a weight as bytes
    _rest: bytes  # all else in the graph
    _model: bytes  # all else in the model
    _metadata: dict[str, str]
    _functions: frozenset[str]  # of `unpackers`, in the model that was read

    def write(self, weights: Sequence[Weight], metadata: Mapping[str, str] | None = None) -> Written:
        """The network with these weights, each in its smallest encoding, as an ONNX file.

        Parameters
        ----------
        weights : one for each layer, in order; after structured pruning smaller than the layer was
        metadata : words to keep in the file, such as the recipe
        """
        given, names = [weight.name for weight in weights], [layer.name for layer in self.layers]
        if given != names:
            raise ValueError(f"the weights are for the layers {given}; this network has {names}, in this order")
        pairs = list(zip(self.layers, weights, strict=True))
        chosen, functions = _smallest([list(candidates(w, layer.weight)) for layer, w in pairs], self._functions)
        content = {
            layer.name: option.fragment.content() + _bias(layer, weight) + layer.node
            for (layer, weight), option in zip(pairs, chosen, strict=True)
        }
        graph = b"".join(content[n.name] if isinstance(n, Layer) else n for n in self._nodes) + self._rest
        parts = [self._model, *map(unpackers.function, functions)]
        if functions and not self._functions:
            parts.append(_IMPORT)
        parts += [block(14, block(1, k) + block(2, v)) for k, v in {**self._metadata, **(metadata or {})}.items()]
        onnx = b"".join((*parts, block(7, graph)))
        stored = {
            layer.name: Stored(option.label, len(content[layer.name]), layer.size_bytes, option.note)
            for layer, option in zip(self.layers, chosen, strict=True)
        }
        return Written(onnx, stored, len(onnx) - sum(map(len, content.values())))


def read(data: bytes) -> Network:
    """The network in an ONNX file.

    Raises
    ------
    ValueError
        If it is no ONNX file, is broken, or has nothing to compress; a sentence for the person whose file it is.
    """
    model = parse(data)
    graph = model.graph
    if len(graph.input) != 1:
        raise ValueError(f"this network takes {len(graph.input)} inputs; one with a single input is needed")
    if not graph.output:
        raise ValueError("this network has no output")
    nodes, weights = _split(graph)
    layers = {node.output: node for node in nodes if isinstance(node, Layer)}
    if not layers:
        raise ValueError("this network has no Gemm, MatMul or Conv with float32 weights: there is nothing to compress")
    bound = {layer.name for layer in layers.values() if not layer.owns_bias}
    couplings = find(graph, {output: (layer.name, layer.shape) for output, layer in layers.items()})
    return Network(
        layers=tuple(layers.values()),
        weights=tuple(weights),
        couplings=tuple(c for c in couplings if not bound.intersection(c.producers)),
        input=graph.input[0].name,
        output=graph.output[0].name,
        input_shape=tuple(
            d.dim_value if d.HasField("dim_value") else None for d in graph.input[0].type.tensor_type.shape.dim
        ),
        _nodes=tuple(nodes),
        _rest=_without_layers(graph, layers.values()),
        _model=_without_graph(model),
        _metadata={entry.key: entry.value for entry in model.metadata_props},
        _functions=frozenset(f.name for f in model.functions if f.domain == DOMAIN),
    )


def _split(graph: GraphProto) -> tuple[list[bytes | Layer], list[Weight]]:
    """The nodes in order, those that own a weight as layers, and the weights of these."""
    tensors, count = {t.name: t for t in graph.initializer}, readers(graph)

    def own(node, position):
        """The float32 initializer at an input of `node`, if nothing else reads it."""
        tensor = tensors.get(node.input[position]) if len(node.input) > position else None
        return tensor if tensor is not None and tensor.data_type == FLOAT and count[tensor.name] == 1 else None

    nodes, weights, names = [], [], set()
    for node in graph.node:
        weight = own(node, 1) if _is_layer(node) else None
        if weight is None:
            nodes.append(_node(node, ""))
            continue
        values, bias = _values(weight), own(node, 2)
        bias = bias if bias is not None and list(bias.dims) == [len(values)] else None
        parts = [block(INITIALIZER, t.SerializeToString()) for t in (weight, bias) if t is not None]
        name = _name(node, names, count)
        layer = Layer(
            name=name,
            op=node.op_type,
            shape=values.shape,
            size_bytes=sum(map(len, parts)) + len(block(NODE, node.SerializeToString())),
            weight=weight.name,
            bias=None if bias is None else (bias.name, _values(bias)),
            owns_bias=bias is not None or len(node.input) < 3,
            output=node.output[0],
            node=_node(node, name),
        )
        names.add(name)
        nodes.append(layer)
        weights.append(Weight(name, values))
    return nodes, weights


def _is_layer(node: NodeProto) -> bool:
    """Whether the second input of `node` is a matrix or kernel with the output channels first."""
    flags = {a.name: a.i for a in node.attribute}
    return node.op_type == "Conv" or node.op_type == "Gemm" and flags.get("transB", 0) and not flags.get("transA", 0)


def _name(node: NodeProto, taken: set[str], tensors: Collection[str]) -> str:
    """A name for a layer under which no tensor stands yet."""
    weight = node.input[1]
    name = weight.removesuffix(".weight") if weight.endswith(".weight") else node.name or weight
    while name in taken or any(f"{name}.{word}" in tensors for word in WORDS):
        name += "_"
    return name


def _values(tensor: TensorProto) -> np.ndarray:
    values = numpy_helper.to_array(tensor).astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError(f"{tensor.name!r:.60} holds numbers that are not finite")
    return values


def _node(node: NodeProto, name: str) -> bytes:
    """A node as a field of its graph, under this name and without comments."""
    bare = NodeProto()
    bare.CopyFrom(node)
    for entry in ("name", "doc_string", "metadata_props"):
        bare.ClearField(entry)
    if name:
        bare.name = name
    return block(NODE, bare.SerializeToString())


def _without_layers(graph: GraphProto, layers: Iterable[Layer]) -> bytes:
    """What a graph holds besides nodes, the tensors of layers, comments and what shape inference knows anyway."""
    owned = {name for layer in layers for name in (layer.weight, layer.bias[0] if layer.bias else "")}
    bare = GraphProto(name=graph.name)
    bare.initializer.extend(t for t in graph.initializer if t.name not in owned)
    bare.input.extend(graph.input)
    bare.output.extend(graph.output)
    return bare.SerializeToString()


def _without_graph(model: ModelProto) -> bytes:
    """What a model holds besides its graph and metadata: versions and functions."""
    bare = ModelProto(ir_version=IR_VERSION)
    bare.opset_import.extend(model.opset_import)
    bare.functions.extend(model.functions)
    return bare.SerializeToString()


def _bias(layer: Layer, weight: Weight) -> bytes:
    """The bias of a layer, for the output channels that are still there, as a field of its graph."""
    if layer.bias is None:
        return b""
    name, values = layer.bias
    values = values if weight.kept_out is None else values[weight.kept_out]
    return tensor_head(name, FLOAT, values.shape, values.nbytes) + values.astype("<f4").tobytes()


def _smallest(options: list[list[Candidate]], present: frozenset[str]) -> tuple[list[Candidate], Sequence[str]]:
    """For each layer the candidate to take so that the file is smallest, and the functions to put into the file.

    A function is paid for once however many layers call it, so every set of them is tried; there are only four.
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
