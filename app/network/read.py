"""The way in: an ONNX file as a `Network`.

`read` finds the operators that own weights and leaves the rest of the graph as it is, but for what `opening.normalize`
says. The way out, from weights back to a file, is `Network.write`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, numpy_helper

from app.network import decision as decisions
from app.network.channels.groups import find
from app.network.encodings import Candidate
from app.network.encodings import functions as unpackers
from app.network.integer import chains
from app.network.layer import Layer, split
from app.network.network import AS_READ, Network
from app.network.onnx_graph import Sizes, nodes, plain, readers
from app.network.opening.compressed_weights import Before
from app.network.opening.normalize import normalize
from app.network.opening.parse import parse
from app.network.protobuf import DOMAIN, INITIALIZER, NODE, Fragment, block
from models.dynamic import threshold
from models.versions import IR_VERSION


def read(data: bytes) -> Network:
    """The network in an ONNX file.

    Raises
    ------
    ValueError
        If it is no ONNX file, is broken, or has nothing to compress; a sentence for the person whose file it is.
    """
    return network_of(parse(data), {})


def network_of(model: ModelProto, before: Mapping[str, Before]) -> Network:
    """The network of a model that `reading.parse` gave, which this changes; see `read`.

    before : how decoded weights stood in the file, by the name of the tensor, see `decoding`
    """
    folded, sizes = normalize(model)
    graph = model.graph
    if len(graph.input) != 1:
        raise ValueError(f"this network takes {len(graph.input)} inputs; one with a single input is needed")
    if not graph.output:
        raise ValueError("this network has no output")
    count = readers(graph)
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    found = split(graph, count + _names(before), folded, _of_samples(graph, sizes))
    pairs = [(_resized(node, tensors, before), weight) for node, weight in found]
    layers = tuple(node for node, weight in pairs if weight is not None)
    if not layers:
        raise ValueError("this network has no Gemm, MatMul or Conv with float32 weights: there is nothing to compress")
    channels = find(graph, [node for node, _ in pairs], sizes, count)
    decision = decisions.find(graph, layers)
    owned = {name for layer in layers for name in (layer.weight, layer.bias)}.union(f.name for f in channels.followers)
    owned |= {decision.tensor} if decision else set()
    return Network(
        layers=layers,
        weights=tuple(weight for _, weight in pairs if weight is not None),
        channel_groups=channels.channel_groups,
        input=graph.input[0].name,
        output=graph.output[0].name,
        input_shape=tuple(
            d.dim_value if d.HasField("dim_value") else None for d in graph.input[0].type.tensor_type.shape.dim
        ),
        decision=decision,
        folded=folded,
        _nodes=tuple(
            node if isinstance(node, Layer) else block(NODE, plain(node).SerializeToString()) for node, _ in pairs
        ),
        _chains=chains.chains_of([node for node, _ in pairs], count),
        _followers=tuple((f, tensors[f.name]) for f in channels.followers),
        _rows=channels.rows,
        _rest=_without(graph, owned),
        _model=_without_graph(model),
        _metadata={entry.key: entry.value for entry in model.metadata_props},
        _functions=frozenset(n.op_type for n in nodes(model) if n.domain == DOMAIN).intersection(unpackers.NAMES),
        _before={layer.name: c for layer in layers for c in _as_read(layer, tensors, before)},
    )


def _of_samples(graph: GraphProto, sizes: Sizes) -> Sizes:
    """The sizes of tensors whose first axis is that of the samples: of others it is open what belongs to one of them.

    Rows may be the tokens of all samples, as behind a Reshape. In a dynamic network some tensors hold only the samples
    that go on, whose number is open; there all are taken.
    """
    if threshold(graph) is not None:
        return sizes
    samples = sizes.get(graph.input[0].name, ())[:1]
    return {name: shape for name, shape in sizes.items() if samples and shape[:1] == samples}


def _resized(node: Layer | NodeProto, tensors: dict[str, np.ndarray], before: Mapping[str, Before]):
    """A layer whose weight was decoded with the size that it had in the file; others as they are."""
    if not isinstance(node, Layer) or node.weight not in before:
        return node
    plain_size = len(block(INITIALIZER, numpy_helper.from_array(tensors[node.weight], node.weight).SerializeToString()))
    return replace(node, size_bytes=node.size_bytes - plain_size + before[node.weight].size_bytes)


def _as_read(layer: Layer, tensors: dict[str, np.ndarray], before: Mapping[str, Before]) -> Iterable[Candidate]:
    """How a decoded weight stood, if its operator can still read it so: not if something was folded into it."""
    stood, now = before.get(layer.weight), tensors[layer.weight]
    if stood is None or not stood.whole:
        return
    turned = not np.array_equal(stood.values, now)
    if turned and not (now.ndim == 2 and np.array_equal(stood.values.T, now)):
        return
    fragment = Fragment()
    content = stood.content(layer.weight, turned=layer.name if turned else "")
    fragment.copy(content, stood.data_bytes, stood.functions)
    yield Candidate("as in your file", fragment, AS_READ)


def _names(before: Mapping[str, Before]) -> Counter:
    """Tensors on the way to decoded weights that another layer could call so, too."""
    return Counter(
        name
        for weight, stood in before.items()
        for name in stood.names - {weight}
        if not name.startswith(f"{weight.removesuffix('.weight')}.")
    )


def _without(graph: GraphProto, owned: Collection[str]) -> bytes:
    """What a graph holds besides nodes, tensors written elsewhere, comments and what shape inference knows anyway."""
    bare = GraphProto(name=graph.name)
    bare.initializer.extend(t for t in graph.initializer if t.name not in owned)
    bare.input.extend(graph.input)
    bare.output.extend(graph.output)
    return bare.SerializeToString()


def _without_graph(model: ModelProto) -> bytes:
    """What a model holds besides its graph, its metadata and functions of `unpackers`: versions and functions."""
    bare = ModelProto(ir_version=IR_VERSION)
    bare.opset_import.extend(entry for entry in model.opset_import if entry.domain != DOMAIN)
    bare.functions.extend(f for f in model.functions if f.domain != DOMAIN)
    return bare.SerializeToString()
