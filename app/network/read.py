"""The way in: an ONNX file as a `Network`.

`read` finds the operators that own weights and leaves the rest of the graph as `opening.normalize` leaves it. The way
out, from weights back to a file, is `Network.write`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

import numpy as np
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from app.network import decision as decisions
from app.network.channels.groups import find
from app.network.encodings import Candidate
from app.network.encodings.functions import NAMES
from app.network.integer import chains
from app.network.layer import RECURRENT, Layer, split
from app.network.network import IN_YOUR_FILE, Network
from app.network.onnx_graph import Sizes, all_nodes, attribute_of, plain, readers
from app.network.opening.compressed_weights import Decoded
from app.network.opening.normalize import normalize
from app.network.opening.parse import parse
from app.network.opening.untouched import untouched
from app.network.protobuf import DOMAIN, INITIALIZER, NODE, Fragment, block
from app.network.rounding import roundings
from app.network.wiring import wiring
from models.dynamic import threshold
from models.versions import IR_VERSION

NO_NETWORKS = frozenset(
    "LinearClassifier LinearRegressor SVMClassifier SVMRegressor TreeEnsemble TreeEnsembleClassifier "
    "TreeEnsembleRegressor".split()
)
AS_READ = "It stands as in the file that was opened."


def read(data: bytes) -> Network:
    """The network in an ONNX file.

    Raises
    ------
    ValueError
        If it is no ONNX file, is broken, or has nothing to compress; a sentence for the person whose file it is.
    """
    return network_of(parse(data), {})


def network_of(model: ModelProto, decoded: Mapping[str, Decoded]) -> Network:
    """The network of a model that `parse` gave, which this changes. Raises ValueError, see `read`.

    decoded : the weights that the file stores compressed, by the name of the tensor, see `opening.compressed_weights`
    """
    folded, sizes = normalize(model)
    graph = model.graph
    if not graph.input:
        raise ValueError("this network has no input")
    if not graph.output:
        raise ValueError("this network has no output")
    count = readers(graph)
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    decoders = {weight: stored.names - {weight} for weight, stored in decoded.items()}
    taken = count + Counter(name for names in decoders.values() for name in names)
    found = split(graph, taken, folded, _of_samples(graph, sizes), decoders)
    pairs = [(_with_size(node, tensors, decoded), weight) for node, weight in found]
    nodes = [node for node, _ in pairs]
    layers = tuple(node for node in nodes if isinstance(node, Layer))
    if not layers:
        raise ValueError(_nothing(graph))
    channels = find(graph, nodes, sizes, count)
    decision = decisions.find(graph, layers)
    rewritten = {name for layer in layers for name in (layer.weight, layer.bias)}
    rewritten.update(follower.name for follower in channels.followers)
    rewritten.update([decision.tensor] if decision else [])
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
        untouched=untouched(graph, {name for layer in layers for name in (layer.weight, layer.bias)}),
        wiring=wiring(graph.input[0].name, graph.output[0].name, nodes, count),
        _nodes=tuple(
            node if isinstance(node, Layer) else block(NODE, plain(node).SerializeToString()) for node in nodes
        ),
        _chains=chains.chains_of(nodes, count),
        _roundings=roundings(nodes, count),
        _followers=tuple((follower, tensors[follower.name]) for follower in channels.followers),
        _made=channels.made,
        _rest=_without(graph, rewritten, sizes),
        _model=_without_graph(model),
        _metadata={entry.key: entry.value for entry in model.metadata_props},
        _functions=frozenset(n.op_type for n in all_nodes(model) if n.domain == DOMAIN).intersection(NAMES),
        _as_read={
            layer.name: candidate
            for layer in layers
            if (candidate := _as_read(layer, tensors[layer.weight], decoded)) is not None
        },
    )


def _nothing(graph: GraphProto) -> str:
    """Why there is nothing to compress, as a sentence."""
    others = sorted({entry.op_type for entry in graph.node if entry.domain == "ai.onnx.ml"} & NO_NETWORKS)
    if others:
        return f"this file is no neural network but a {others[0]}: there is nothing to compress"
    return "this network has no Gemm, MatMul or Conv with float32 weights: there is nothing to compress"


def _of_samples(graph: GraphProto, sizes: Sizes) -> Sizes:
    """The sizes of tensors whose first axis is that of the samples.

    Of other tensors it is not known how much belongs to one sample: behind a Reshape rows may be the tokens of all of
    them. In a dynamic network some tensors hold only the samples that go on, whose number is open; there all are taken.
    What recurrent operators read is taken, too: its first axis is that of steps.
    """
    if threshold(graph) is not None:
        return sizes
    samples = sizes.get(graph.input[0].name, ())[:1]
    steps = {entry.input[0] for entry in graph.node if entry.op_type in RECURRENT}
    return {name: shape for name, shape in sizes.items() if samples and shape[:1] == samples or name in steps}


def _with_size(node: Layer | NodeProto, tensors: Mapping[str, np.ndarray], decoded: Mapping[str, Decoded]):
    """A layer whose weight was decoded, with the size that it had in the file; all others as they are."""
    if not isinstance(node, Layer) or node.weight not in decoded:
        return node
    plain_size = len(block(INITIALIZER, numpy_helper.from_array(tensors[node.weight], node.weight).SerializeToString()))
    return replace(node, size_bytes=node.size_bytes - plain_size + decoded[node.weight].size_bytes)


def _as_read(layer: Layer, values: np.ndarray, decoded: Mapping[str, Decoded]) -> Candidate | None:
    """A decoded weight written as it was read, if its operator can still read it so.

    It cannot if something has been folded into the weight, or if others need what computes it.

    values : the weight now, which may have been transposed
    """
    stored = decoded.get(layer.weight)
    if stored is None or not stored.separable:
        return None
    transposed = not np.array_equal(stored.values, values)
    if transposed and not (values.ndim == 2 and np.array_equal(stored.values.T, values)):
        return None
    fragment = Fragment()
    content = stored.content(layer.weight, transposed=layer.stem if transposed else "")
    fragment.copy(content, stored.data_bytes, stored.functions)
    return Candidate(IN_YOUR_FILE, fragment, AS_READ)


def _without(graph: GraphProto, rewritten: Collection[str], sizes: Sizes) -> bytes:
    """What a graph holds besides its nodes and these tensors; comments and most inferred shapes are left out."""
    bare = GraphProto(name=graph.name)
    bare.initializer.extend(t for t in graph.initializer if t.name not in rewritten)
    bare.input.extend(graph.input)
    bare.output.extend(graph.output)
    bare.value_info.extend(_picked(graph, sizes))
    return bare.SerializeToString()


def _picked(graph: GraphProto, sizes: Sizes) -> Iterator[ValueInfoProto]:
    """Says of images that are picked out of a batch that they are as many as their mask picks.

    Without a name for how many they are, onnxruntime's blocked layout does not see that two tensors it adds are alike,
    and puts a Reshape before the sum, which fails where the mask picks none (onnxruntime 1.20 to 1.30).
    """
    for node in graph.node:
        picked = node.op_type == "Compress" and attribute_of(node, "axis", None) == 0
        if picked and len(sizes.get(node.input[0], ())) == 4:
            yield helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, [node.input[1], None, None, None])


def _without_graph(model: ModelProto) -> bytes:
    """What a model holds besides its graph, its metadata and our functions: versions, and functions of others."""
    bare = ModelProto(ir_version=IR_VERSION)
    bare.opset_import.extend(entry for entry in model.opset_import if entry.domain != DOMAIN)
    bare.functions.extend(f for f in model.functions if f.domain != DOMAIN)
    return bare.SerializeToString()
