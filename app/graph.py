"""An ONNX file as layers, and the layers' weights written back as an ONNX file.

`read` finds the operators that own weights (Gemm and Conv) and leaves the rest of the graph as it is. `Network.write`
puts the smallest encoding of each weight in front of its operator. How weights can be encoded stands in `encodings`;
what a recipe does to them is not known here.

Every file is written for opset 21 and IR version 10, whatever was read: the first with four-bit types, and accepted by
onnxruntime and onnxruntime-web from 1.20 on, where the defaults of onnx 1.23 are not. A weight stands as (C_out, C_in)
with `Gemm(transB=1)`: the other way round onnxruntime would fuse DequantizeLinear with the operator and compute with
eight-bit activations.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, combinations
from operator import itemgetter

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, numpy_helper

from app import unpackers
from app.couplings import find, groups
from app.encodings import WORDS, Candidate, candidates
from app.reading import IR_VERSION, parse, readers
from app.wire import DOMAIN, FLOAT, INITIALIZER, NODE, block, tensor_head, whole
from kernels.patches import Window
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
    weight, bias : names of the tensors; the bias is new if the layer has none, None if it is not the layer's alone
    input, output : names of the tensors that go in and come out
    window : how the kernel of a convolution moves; None for a matrix product
    node, biased : the operator without and with the bias among its inputs, as fields of its graph
    """

    name: str
    op: str
    shape: tuple[int, ...]
    size_bytes: int
    weight: str
    bias: str | None
    input: str
    output: str
    window: Window | None
    node: bytes
    biased: bytes


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

    def layer(self, name: str) -> Layer:
        """The layer called `name`."""
        return next(layer for layer in self.layers if layer.name == name)

    def write(
        self, weights: Sequence[Weight], metadata: Mapping[str, str] | None = None, watched: Collection[str] = ()
    ) -> Written:
        """The network with these weights, each in its smallest encoding, as an ONNX file.

        Parameters
        ----------
        weights : one for each layer, in order; after structured pruning smaller than the layer was
        metadata : words to keep in the file, such as the recipe
        watched : tensors on the way that are outputs too, behind those that the network has
        """
        given, names = [weight.name for weight in weights], [layer.name for layer in self.layers]
        if given != names:
            raise ValueError(f"the weights are for the layers {given}; this network has {names}, in this order")
        pairs = list(zip(self.layers, weights, strict=True))
        chosen, functions = _smallest([list(candidates(w, layer.weight)) for layer, w in pairs], self._functions)
        content = {
            layer.name: option.fragment.content() + _operator(layer, weight)
            for (layer, weight), option in zip(pairs, chosen, strict=True)
        }
        graph = b"".join(content[n.name] if isinstance(n, Layer) else n for n in self._nodes) + self._rest
        graph += b"".join(map(_output, watched))
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
    bound = {layer.name for layer in layers.values() if layer.bias is None}
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
        values, bias, window = _values(weight), own(node, 2), _window(node, weight.dims)
        bias = bias if bias is not None and list(bias.dims) == [len(values)] else None
        parts = [block(INITIALIZER, t.SerializeToString()) for t in (weight, bias) if t is not None]
        name = _name(node, names, count)
        bare, biased = _node(node, name), NodeProto()
        if len(node.input) < 3:
            biased.CopyFrom(node)
            biased.input.append(f"{name}.b")
        else:
            biased = node
        layer = Layer(
            name=name,
            op=node.op_type,
            shape=values.shape,
            size_bytes=sum(map(len, parts)) + len(block(NODE, node.SerializeToString())),
            weight=weight.name,
            bias=biased.input[2] if bias is not None or biased is not node else None,
            input=node.input[0],
            output=node.output[0],
            window=window,
            node=bare,
            biased=_node(biased, name),
        )
        names.add(name)
        nodes.append(layer)
        shift = None if bias is None else _values(bias)
        weights.append(Weight(name, values, bias=shift, groups=window.groups if window else 1))
    return nodes, weights


def _is_layer(node: NodeProto) -> bool:
    """Whether the second input of `node` is a matrix or kernel with the output channels first."""
    flags = {a.name: a.i for a in node.attribute}
    return node.op_type == "Conv" or node.op_type == "Gemm" and flags.get("transB", 0) and not flags.get("transA", 0)


def _window(node: NodeProto, dims: Sequence[int]) -> Window | None:
    """The window of a convolution, defaults filled in; None for a matrix product."""
    if node.op_type != "Conv":
        return None
    said, kernel = {a.name: a for a in node.attribute}, tuple(dims[2:])
    n = len(kernel)

    def whole(name, default):
        return tuple(said[name].ints) if name in said else default

    return Window(
        kernel, whole("strides", (1,) * n), whole("pads", (0,) * 2 * n), whole("dilations", (1,) * n), groups(node)
    )


def _name(node: NodeProto, taken: set[str], tensors: Collection[str]) -> str:
    """A name for a layer under which no tensor stands yet."""
    weight = node.input[1]
    name = weight.removesuffix(".weight") if weight.endswith(".weight") else node.name or weight
    while name in taken or any(f"{name}.{word}" in tensors for word in (*WORDS, "b")):
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
    owned = {name for layer in layers for name in (layer.weight, layer.bias)}
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


def _operator(layer: Layer, weight: Weight) -> bytes:
    """A layer's bias, if it has one, and its operator, as fields of its graph."""
    if weight.bias is None:
        return layer.node
    head = tensor_head(layer.bias, FLOAT, weight.bias.shape, weight.bias.nbytes)
    return head + weight.bias.astype("<f4").tobytes() + layer.biased


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
