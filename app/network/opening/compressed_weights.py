"""Weights that a file stores compressed, decoded, so that they can be looked at and compressed further.

In such a file a layer's weight is no initializer, but computed from constants: by DequantizeLinear, Gather, Cast,
Reshape, the functions of `encodings.functions` or those of another tool. The runtime computes it once, here, and an
initializer of float32 takes its place. What computed it is kept: a layer that no step of the recipe touches is written
as it was.

What is left alone: weights that several operators read, and layers that multiply integers in a way that
`integer_operators` does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np
import onnx
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from app.network.layer import RECURRENT, tables
from app.network.onnx_graph import drop_unread, plain, readers
from app.network.opening.integer_operators import to_floats
from app.network.opening.parse import parse
from app.network.protobuf import DOMAIN, FLOAT, INITIALIZER, NODE, block, node
from app.runtime import Runtime

LIMIT = 64_000_000  # bytes that all decoded weights take together: a few constants can spell endless ones
SMALL = 256  # bytes of a constant that is copied where several weights are made with it
RANDOM = {"Bernoulli", "Dropout", "Multinomial", "RandomNormalLike", "RandomUniformLike"}
INTEGER = {
    "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul", "QGemm", "DynamicQuantizeMatMul", "MatMulNBits",
    "MatMulIntegerToFloat",
}  # fmt: skip
"Operators whose weights are integers while they compute; the last four are onnxruntime's own."


@dataclass(frozen=True, eq=False)
class Decoded:
    """A weight that the file computes from constants.

    entries : the constants and nodes that compute it, in order
    values : float32, what they give; the output of the last node
    separable : whether they compute nothing else, so that they can be written again
    """

    entries: tuple[TensorProto | NodeProto, ...]
    values: np.ndarray
    separable: bool

    @property
    def size_bytes(self) -> int:
        """What the entries take in the file."""
        return sum(len(_field(entry)) for entry in self.entries)

    @property
    def data_bytes(self) -> int:
        """What the numbers of the constants take, without names and shapes."""
        return sum(numpy_helper.to_array(entry).nbytes for entry in self.entries if isinstance(entry, TensorProto))

    @property
    def names(self) -> set[str]:
        """The tensors that its nodes read and make."""
        return {name for node in self._nodes for name in (*node.input, *node.output)}

    @property
    def functions(self) -> frozenset[str]:
        """Of `encodings.functions`, that the nodes call."""
        return frozenset(node.op_type for node in self._nodes if node.domain == DOMAIN)

    @property
    def _nodes(self) -> list[NodeProto]:
        return [entry for entry in self.entries if isinstance(entry, NodeProto)]

    def content(self, name: str, *, transposed: str = "") -> bytes:
        """All entries as fields of a graph, of which the last one makes the tensor `name`.

        transposed : the stem of the layer whose operator reads the transposed matrix; "" if it reads what the entries
            compute. Before the Transpose comes a Flatten. It changes nothing, but without it onnxruntime (tried with
            1.20 and 1.30) would transpose the codes instead, and fuse DequantizeLinear with the product into one that
            computes with eight-bit activations, or with wrong numbers
        """
        *entries, last = self.entries
        end = NodeProto()
        end.CopyFrom(last)
        end.output[0] = f"{transposed}.m" if transposed else name
        fields = b"".join(map(_field, (*entries, end)))
        if transposed:
            flat = f"{transposed}.f"
            fields += node("Flatten", (f"{transposed}.m",), flat) + node("Transpose", (flat,), name)
        return fields


Decoder = tuple[int, ...]
"The nodes that compute one tensor from constants: their indices in the graph, ascending."


async def decode(runtime: Runtime, data: bytes) -> tuple[ModelProto, dict[str, Decoded]]:
    """The model in `data` with weights in place of what computes them, and what computed each of these, by its name.

    Raises
    ------
    ValueError
        If it is no ONNX file, or its weights are too large or cannot be computed; a sentence for the person.
    """
    model = parse(data)
    graph = model.graph
    to_floats(graph, {t.name for t in graph.initializer} | _makers(graph).keys())
    makers, count = _makers(graph), readers(graph)
    weights, biases = _wanted(graph, makers, count)
    decoders = {name: _decoder(graph, name, makers) for name in (*weights, *biases)}
    values = await _computed(runtime, model, decoders)
    decoded, gone = {}, set()
    places = {t.name: i for i, t in enumerate(graph.initializer)}
    reader = {name: entry for entry in graph.node for name in entry.input}
    for name, array in values.items():
        entries, separable = _entries(graph, decoders[name], name, count, places)
        new = _weight_name(name, entries) if separable and name in weights else name
        if name in weights:
            decoded[new] = Decoded(_with_names_exchanged(entries, name, new), array, separable)
        graph.initializer.append(numpy_helper.from_array(array, new))
        inputs = reader[name].input  # alone reads it
        inputs[list(inputs).index(name)] = new
        gone.update(decoders[name] if separable else decoders[name][-1:])
    read = {name for i in gone for name in graph.node[i].input}
    for i in sorted(gone, reverse=True):
        del graph.node[i]
    drop_unread(graph)
    count = readers(graph)
    for i in reversed(range(len(graph.initializer))):
        if graph.initializer[i].name in read and not count[graph.initializer[i].name]:
            del graph.initializer[i]
    return model, decoded


def integer_layers(model: ModelProto) -> int:
    """How many layers of a network multiply integers."""
    return sum(entry.op_type in INTEGER for entry in model.graph.node)


def rounds_inputs(model: ModelProto) -> bool:
    """Whether some of what layers read becomes codes and floats again; that of the weights has been decoded."""
    return any(entry.op_type == "DequantizeLinear" for entry in model.graph.node)


# ---- what is computed from constants ---------------------------------------------------------------------------------


def _makers(graph: GraphProto) -> dict[str, int]:
    """For each tensor that is computed from constants alone, always the same: the index of the node that does it."""
    known, makers = {t.name for t in graph.initializer}, {}
    for i, entry in enumerate(graph.node):
        nested = any(a.HasField("g") or a.graphs for a in entry.attribute)
        inputs = [name for name in entry.input if name]
        if not nested and entry.op_type not in RANDOM and (inputs or entry.op_type == "Constant"):
            if known.issuperset(inputs):
                known.update(entry.output)
                makers.update((name, i) for name in entry.output if name)
    return makers


def _wanted(graph: GraphProto, makers: Mapping[str, int], count: Counter) -> tuple[list[str], list[str]]:
    """Weights, and biases, that are computed for one operator alone."""
    weights, biases = [], []
    for entry in graph.node:
        if not entry.output or entry.output[0] in makers:
            continue
        weights += _stored_tables(graph, entry, makers, count)
        if entry.domain or entry.op_type not in ("Gemm", "MatMul", "Conv"):
            continue
        for name, into in zip(entry.input[1:], (weights, biases), strict=False):
            maker = graph.node[makers[name]] if count[name] == 1 and name in makers else None
            if maker is not None and maker.op_type != "Constant" and len(maker.output) == 1:
                into.append(name)
    return weights, biases


def _stored_tables(graph: GraphProto, entry: NodeProto, makers: Mapping[str, int], count: Counter) -> Iterator[str]:
    """The weights of an operator that is not followed; of a recurrent one the matrix before the Reshape."""
    for index in tables(entry):
        name = entry.input[index]
        maker = graph.node[makers[name]] if count[name] == 1 and name in makers else None
        if maker is not None and maker.op_type == "Reshape" and entry.op_type in RECURRENT:
            name = maker.input[0]
            maker = graph.node[makers[name]] if count[name] == 1 and name in makers else None
        if maker is not None and maker.op_type != "Constant" and len(maker.output) == 1:
            yield name


def _decoder(graph: GraphProto, name: str, makers: Mapping[str, int]) -> Decoder:
    """The nodes that compute the tensor `name`."""
    found, needed = set(), [name]
    while needed:
        i = makers.get(needed.pop())
        if i is not None and i not in found:
            found.add(i)
            needed.extend(graph.node[i].input)
    return tuple(sorted(found))


async def _computed(runtime: Runtime, model: ModelProto, decoders: Mapping[str, Decoder]) -> dict[str, np.ndarray]:
    """What the decoders give, of those that give float32 of a size that is known before."""
    indices = sorted({i for decoder in decoders.values() for i in decoder})
    small = ModelProto(ir_version=model.ir_version, opset_import=model.opset_import, functions=model.functions)
    small.graph.name = "weights"
    small.graph.node.extend(model.graph.node[i] for i in indices)
    read = readers(small.graph)
    small.graph.initializer.extend(t for t in model.graph.initializer if read[t.name])
    shapes = {}
    for entry in onnx.shape_inference.infer_shapes(small, data_prop=True).graph.value_info:
        kind = entry.type.tensor_type
        if kind.HasField("shape") and all(d.HasField("dim_value") for d in kind.shape.dim):
            shapes[entry.name] = kind.elem_type, tuple(d.dim_value for d in kind.shape.dim)
    size = 4 * sum(prod(shape) for _, shape in shapes.values())  # what is computed on the way takes memory as well
    if size > LIMIT:
        raise ValueError(f"the weights of this network take {size / 1e6:.0f} MB when they are decoded; "
                         f"in a tab at most {LIMIT / 1e6:.0f} MB will do")  # fmt: skip
    wanted = [name for name in decoders if shapes.get(name, (None,))[0] == FLOAT]
    if not wanted:
        return {}
    # The runtime needs an input to feed, though none of the wanted tensors depends on one.
    fed, out = (_fresh(name, {*read, *(out for entry in small.graph.node for out in entry.output)}) for name in "xy")
    small.graph.node.append(helper.make_node("Identity", [fed], [out]))
    small.graph.input.append(helper.make_tensor_value_info(fed, FLOAT, [1]))
    small.graph.output.append(helper.make_tensor_value_info(out, FLOAT, [1]))
    small.graph.output.extend(helper.make_tensor_value_info(name, FLOAT, shapes[name][1]) for name in wanted)
    _, *arrays = await runtime.trace(small.SerializeToString(), np.zeros(1, np.float32))
    return {name: np.ascontiguousarray(array) for name, array in zip(wanted, arrays, strict=True)}


# ---- what computed a weight ------------------------------------------------------------------------------------------


def _entries(
    graph: GraphProto, decoder: Decoder, name: str, count: Counter, places: Mapping[str, int]
) -> tuple[tuple[TensorProto | NodeProto, ...], bool]:
    """Copies of a decoder's nodes and of the constants they read, and whether nothing else needs what they make.

    Small constants that others read too are copied under another name. `places` has the index of each initializer.
    """
    nodes = [graph.node[i] for i in decoder]
    within = Counter(each for entry in nodes for each in entry.input)
    separable = all(count[out] == within[out] or out == name for entry in nodes for out in entry.output)
    constants, renamed = [], {}
    for tensor in [graph.initializer[i] for i in sorted(places[each] for each in within if each in places)]:
        constants.append(TensorProto())
        constants[-1].CopyFrom(tensor)
        if count[tensor.name] != within[tensor.name]:
            separable = separable and tensor.ByteSize() <= SMALL
            renamed[tensor.name] = constants[-1].name = _fresh(f"{name}.{tensor.name}", count)
    return (*constants, *(_renamed(entry, renamed) for entry in nodes)), separable


def _weight_name(name: str, entries: tuple[TensorProto | NodeProto, ...]) -> str:
    """What to call a decoded weight so that its layer gets the name it had: "fc.weight" if a node makes such a tensor.

    It need not be the last one: behind a weight of ours that a MatMul reads comes Transpose.
    """
    outputs = [entry.output[0] for entry in entries if isinstance(entry, NodeProto)]
    return next((each for each in reversed(outputs) if each.endswith(".weight")), name)


def _with_names_exchanged(
    entries: tuple[TensorProto | NodeProto, ...], one: str, other: str
) -> tuple[TensorProto | NodeProto, ...]:
    """The entries, of whose tensors each of these two has the name of the other."""
    names = {one: other, other: one}
    return tuple(_renamed(entry, names) if isinstance(entry, NodeProto) else entry for entry in entries)


def _renamed(entry: NodeProto, names: Mapping[str, str]) -> NodeProto:
    """A copy of a node without name and comments, that calls tensors as `names` says."""
    bare = plain(entry)
    bare.input[:] = [names.get(each, each) for each in entry.input]
    bare.output[:] = [names.get(each, each) for each in entry.output]
    return bare


def _fresh(name: str, taken: Container[str]) -> str:
    """The name, or a longer one that is not taken."""
    while name in taken:
        name += "_"
    return name


def _field(entry: TensorProto | NodeProto) -> bytes:
    return block(NODE if isinstance(entry, NodeProto) else INITIALIZER, entry.SerializeToString())
