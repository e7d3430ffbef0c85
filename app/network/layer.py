"""The layers of a graph: the operators that own a weight, found in one file and written into another.

A weight stands as (C_out, C_in, *K) in every written file: `Gemm(transB=1)` and Conv read it as it is, and for MatMul
the decoded matrix is transposed, once, when a session is made.

What a layer multiplies for one sample is said in `work`; layers that multiply integers have operators of their own, see
`integer`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from onnx import AttributeProto, GraphProto, NodeProto, TensorProto, numpy_helper

from app.network.batch_norm import Folded
from app.network.onnx_graph import Sizes, attribute_of, keep_only, plain
from app.network.protobuf import FLOAT, INITIALIZER, NODE, attribute, block, node, tensor_head
from kernels.calibrated.patches import Window
from kernels.weight import Float, LowRank, Weight
from models import counting

TABLES = {"Gather": (0,), "ConvTranspose": (1,), "LSTM": (1, 2), "GRU": (1, 2), "RNN": (1, 2), "Attention": (1,),
          "EmbedLayerNormalization": (2, 3, 4)}  # fmt: skip
"""Operators whose weights are stored compressed, but which are not followed: what they multiply with what is not known
here. For each the indices of its weights."""
OF_ONNXRUNTIME = frozenset(("Attention", "EmbedLayerNormalization"))  # of these; ONNX has an Attention without weights
RECURRENT = frozenset(("LSTM", "GRU", "RNN"))
IN_TWO = re.compile(r"\.(inner|outer)\.")  # stands behind the name of a layer that is factorized
STORED = "Stored compressed; what it reads is not followed, so no technique that looks at that takes part."
FOLDED = "The batch normalization behind it has become part of it."


@dataclass(frozen=True, eq=False)
class Layer:
    """One operator that owns a weight.

    name : unique; what comes before ".weight" in the name of the weight, or the name of the node
    stem : a number, which with a point and a letter or two behind it names the tensors that are new in a written file,
        for each name stands there twice at least
    op : "Gemm", "MatMul" (of sequences) or "Conv"; or one of `TABLES`, see `is_table`
    shape : (C_out, C_in, *K) of the weight in the file that was read
    size_bytes : what nodes, weight and bias took there
    weight, bias : names of the tensors; the bias is new if the layer has none, None if it is not the layer's alone
    input, output : names of the tensors that go in and come out
    window : how the kernel of a convolution moves; None for a matrix product
    pixels_in, pixels_out : how many pixels, or tokens, of one sample come in and out; 1 for a single row of numbers,
        None where the file leaves it open. The weight is applied once for each that comes out
    message : the operator without its bias and its groups, as a NodeProto; b"" for a table
    """

    name: str
    stem: str
    op: str
    shape: tuple[int, ...]
    size_bytes: int
    weight: str
    bias: str | None
    input: str
    output: str
    window: Window | None
    pixels_in: int | None
    pixels_out: int | None
    message: bytes

    @property
    def is_table(self) -> bool:
        """Whether it is a weight alone, which an operator reads that is not followed: it has no input and no output."""
        return self.op in TABLES

    def as_written(self, weight: Weight) -> Weight:
        """The weight as the file holds it, called by the stem of its tensors; the floats of a MatMul are transposed."""
        weight = replace(weight, name=self.stem)
        if not self._transposed(weight):
            return weight
        return replace(weight, values=weight.values.T, mask=None if weight.mask is None else weight.mask.T)

    def operator(self, weight: Weight) -> bytes:
        """The bias, if there is one, and the nodes that compute with the decoded weight, as fields of a graph."""
        if weight.bias is None:
            bias = b""
        else:
            bias = tensor_head(self.bias, FLOAT, weight.bias.shape, weight.bias.nbytes)
            bias += weight.bias.astype("<f4").tobytes()
        if self.is_table:
            return b""
        if self.op == "MatMul":
            return bias + self._product(weight)
        more = b"" if weight.bias is None else block(1, self.bias)
        more += attribute("group", weight.groups) if weight.groups != 1 else b""
        return bias + block(NODE, self.message + more)

    def halves(self, weight: Weight) -> tuple[tuple[Layer, Weight], ...]:
        """The layers that this one is written as, each with its weight: itself, or two in a row if it is factorized."""
        if not isinstance(weight.form, LowRank):
            return ((self, weight),)
        inner, outer = weight.form.inner, weight.form.outer
        between = f"{self.stem}i.y"
        first, last = NodeProto.FromString(self.message), NodeProto.FromString(self.message)
        unscaled = [a for a in first.attribute if a.name not in ("alpha", "beta")]  # only the second Gemm scales
        first = _node(first, unscaled, inner.name, (self.input, f"{inner.name}.weight"), between)
        window = [] if self.op == "Conv" else last.attribute
        last = _node(last, window, outer.name, (between, f"{outer.name}.weight", *last.input[2:]), self.output)
        ones = (1,) * len(inner.values.shape[2:])
        return (
            (replace(self, name=inner.name, stem=f"{self.stem}i", weight=f"{inner.name}.weight", bias=None,
                     output=between, message=first.SerializeToString()), inner),
            (replace(self, name=outer.name, stem=f"{self.stem}o", weight=f"{outer.name}.weight", input=between,
                     pixels_in=self.pixels_out, window=self.window and Window(ones, ones, (0, 0) * len(ones), ones),
                     message=last.SerializeToString()), outer),
        )  # fmt: skip

    def _transposed(self, weight: Weight) -> bool:
        """Whether the file holds the transposed matrix, (C_in, C_out)."""
        return self.op == "MatMul" and isinstance(weight.form, Float)

    def _product(self, weight: Weight) -> bytes:
        """MatMul and the Add of the bias."""
        nodes, matrix = b"", self.weight
        if not self._transposed(weight):
            matrix = f"{self.stem}.m"
            nodes += node("Transpose", (self.weight,), matrix)
        product = self.output if weight.bias is None else f"{self.stem}.p"
        nodes += node("MatMul", (self.input, matrix), product, name=self.name)
        return nodes if weight.bias is None else nodes + node("Add", (product, self.bias), self.output)


def split(
    graph: GraphProto,
    count: Mapping[str, int],
    folded: Mapping[str, Folded],
    sizes: Sizes,
    decoders: Mapping[str, Collection[str]],
) -> Iterator[tuple[Layer, Weight] | tuple[NodeProto, None]]:
    """The nodes in order; those that own a weight as layers, with this weight.

    count : how many inputs read each tensor
    folded : what has become part of these weights
    sizes : of tensors whose first axis is that of the samples
    decoders : for each weight that was decoded, the tensors on the way to it
    """
    constants, biases, heads = _Constants(graph, count), set(), defaultdict(set)
    for tensor in count:
        heads[tensor.rpartition(".")[0].partition(".")[0]].add(tensor)
    in_two = {tensor[: found.start()] for tensor in count for found in IN_TWO.finditer(tensor)}
    names, recurrent = set(in_two), _recurrent(graph)
    for entry in graph.node:
        if entry.output and entry.output[0] in biases:
            continue
        for index, op in _tables(entry, recurrent):
            table = constants.owned(entry.input[index])
            if table is not None and len(table.dims) >= 2 and 0 not in table.dims:
                name = _free(table.name.removesuffix(".weight"), names)
                stem = _stem(len(names) - len(in_two), set(decoders.get(table.name, ())), heads)
                names.add(name)
                yield _table(name, stem, op, table, recurrent.get(entry.output[0]), sizes)
        weight = constants.owned(entry.input[1]) if _is_layer(entry) else None
        if weight is None or (len(weight.dims) < 3 if entry.op_type == "Conv" else len(weight.dims) != 2):
            yield entry, None
            continue
        values, nodes = _values(weight), [entry]
        given = entry.input[2] if len(entry.input) > 2 else ""
        if entry.op_type == "MatMul":
            values = np.ascontiguousarray(values.T)
            add, given = constants.bias_behind(entry, len(values))
            if add is not None:
                nodes.append(add)
                biases.add(add.output[0])
        bias, output = constants.vector(given, len(values)), nodes[-1].output[0]
        name, window = _name(entry, names), _window(entry, values.shape[2:])
        again = {each for each, end in ((given, ".b"), (entry.output[0], ".p")) if each.endswith(end)}
        stem = _stem(len(names) - len(in_two), again.union(decoders.get(weight.name, ())), heads)
        names.add(name)
        size = _size([*nodes, weight, *([] if bias is None else [bias])])
        size += folded[weight.name].size_bytes if weight.name in folded else 0
        yield (
            Layer(
                name, stem, entry.op_type, values.shape, size, weight.name,
                bias.name if bias is not None else None if given else f"{stem}.b",
                entry.input[0], output, window, _pixels(entry, entry.input[0], sizes), _pixels(entry, output, sizes),
                _message(entry, name, foreign_bias=given if bias is None else ""),
            ),
            Weight(
                name, values, bias=None if bias is None else _values(bias), groups=window.groups if window else 1,
                notes=(FOLDED,) if weight.name in folded else (),
            ),
        )  # fmt: skip


def tables(entry: NodeProto) -> tuple[int, ...]:
    """Which inputs of a node are weights of an operator of `TABLES`."""
    domains = ("com.microsoft",) if entry.op_type in OF_ONNXRUNTIME else ("", "ai.onnx")
    return tuple(i for i in TABLES.get(entry.op_type, ()) if entry.domain in domains and i < len(entry.input))


def _tables(entry: NodeProto, recurrent: Mapping[str, tuple[str, str]]) -> list[tuple[int, str]]:
    """Which inputs of a node are tables, and of which operator.

    Those of a recurrent one are read by the Reshape before it, see `opening.recurrent`.
    """
    if not entry.output:
        return []
    if entry.op_type == "Reshape" and entry.output[0] in recurrent:
        return [(0, recurrent[entry.output[0]][0])]
    if entry.op_type == "Gather" and attribute_of(entry, "axis", 0):
        return []
    return [] if entry.op_type in RECURRENT else [(i, entry.op_type) for i in tables(entry)]


def _recurrent(graph: GraphProto) -> dict[str, tuple[str, str]]:
    """For the weights of recurrent operators: the operator, and what it reads."""
    return {
        name: (entry.op_type, entry.input[0])
        for entry in graph.node
        if entry.op_type in RECURRENT
        for name in entry.input[1:3]
    }


def _table(
    name: str, stem: str, op: str, table: TensorProto, read: tuple[str, str] | None, sizes: Sizes
) -> tuple[Layer, Weight]:
    """A weight that is stored, and no more. That of a recurrent operator is applied once for each step."""
    steps = sizes[read[1]][0] if read and sizes.get(read[1]) else None
    steps = steps if isinstance(steps, int) else None
    values = _values(table)
    layer = Layer(
        name, stem, op, values.shape, _size([table]), table.name, None, table.name, "", None, steps, steps, b""
    )
    return layer, Weight(name, values, notes=(STORED,))


class _Constants:
    """The constants of a graph that can be the weight or the bias of a layer: one input alone reads them."""

    def __init__(self, graph: GraphProto, count: Mapping[str, int]):
        self._tensors, self._count = {t.name: t for t in graph.initializer}, count
        self._adds = {name: n for n in graph.node if n.op_type == "Add" for name in n.input}

    def owned(self, name: str) -> TensorProto | None:
        """The float32 constant of that name, if there is one that one input alone reads."""
        tensor = self._tensors.get(name)
        return tensor if tensor is not None and tensor.data_type == FLOAT and self._count[name] == 1 else None

    def vector(self, name: str, channels: int) -> TensorProto | None:
        """The same, if it has one number for each channel."""
        tensor = self.owned(name)
        return tensor if tensor is not None and list(tensor.dims) == [channels] else None

    def bias_behind(self, entry: NodeProto, channels: int) -> tuple[NodeProto, str] | tuple[None, str]:
        """The Add of a bias that alone reads what a MatMul makes, and the name of the bias."""
        output = entry.output[0]
        add = self._adds.get(output) if self._count[output] == 1 else None
        name = next((name for name in add.input if name != output), "") if add is not None else ""
        return (add, name) if self.vector(name, channels) is not None else (None, "")


def _is_layer(entry: NodeProto) -> bool:
    """Whether the second input of a node is its weight, in a form that is understood."""
    flags = {a.name: a.i for a in entry.attribute}
    if entry.domain not in ("", "ai.onnx") or len(entry.input) < 2:
        return False
    if entry.op_type == "Conv":
        return not any(a.name == "auto_pad" and a.s not in (b"", b"NOTSET") for a in entry.attribute)
    return entry.op_type == "MatMul" or entry.op_type == "Gemm" and flags.get("transB") and not flags.get("transA")


def _window(entry: NodeProto, kernel: tuple[int, ...]) -> Window | None:
    """The window of a convolution, defaults filled in; None for a matrix product."""
    if entry.op_type != "Conv":
        return None
    n = len(kernel)
    strides, pads, dilations = (
        tuple(attribute_of(entry, name, default))
        for name, default in (("strides", (1,) * n), ("pads", (0,) * 2 * n), ("dilations", (1,) * n))
    )
    return Window(kernel, strides, pads, dilations, attribute_of(entry, "group", 1))


def _pixels(entry: NodeProto, tensor: str, sizes: Sizes) -> int | None:
    """How many pixels, or tokens, of one sample a tensor holds that an operator reads or makes, if that is known."""
    return counting.pixels(entry.op_type, sizes[tensor]) if tensor in sizes else None


def _name(entry: NodeProto, taken: set[str]) -> str:
    """A name for a layer whose halves, if it is ever factorized, have weights with new names.

    taken : the names of other layers, and those that tensors have as of a layer in two
    """
    weight = entry.input[1]
    return _free(weight.removesuffix(".weight") if weight.endswith(".weight") else entry.name or weight, taken)


def _free(name: str, taken: set[str]) -> str:
    """The name, or a longer one that is not taken."""
    while name in taken:
        name += "_"
    return name


def _stem(number: int, own: set[str], heads: Mapping[str, set[str]]) -> str:
    """A stem for new tensors that no other begins with, but those that go when these are written.

    own : the names of those
    heads : the names of all tensors by what stands before their first point
    """
    stem = str(number)
    while any(heads.get(head, set()) - own for head in (stem, f"{stem}i", f"{stem}o")):
        stem += "_"
    return stem


def _node(
    entry: NodeProto, attributes: Iterable[AttributeProto], name: str, inputs: tuple[str, ...], output: str
) -> NodeProto:
    """A node with the same operator between other tensors."""
    return NodeProto(op_type=entry.op_type, attribute=attributes, name=name, input=inputs, output=[output])


def _values(tensor: TensorProto) -> np.ndarray:
    """The numbers of a tensor: float32. Raises ValueError if some are not finite."""
    values = numpy_helper.to_array(tensor).astype(np.float32)
    if not np.isfinite(values).all():
        raise ValueError(f"{tensor.name!r:.60} holds numbers that are not finite")
    return values


def _size(entries: list[NodeProto | TensorProto]) -> int:
    """What these took in the file that was read."""
    return sum(
        len(block(NODE if isinstance(entry, NodeProto) else INITIALIZER, entry.SerializeToString()))
        for entry in entries
    )


def _message(entry: NodeProto, name: str, foreign_bias: str) -> bytes:
    """A node under this name, without its groups and its bias, which `Layer.operator` adds.

    foreign_bias : the name of a bias that is not the layer's alone, and so stays as it is; "" if there is none
    """
    bare = plain(entry)
    bare.name = name
    del bare.input[2:]
    bare.input.extend([foreign_bias] if foreign_bias else [])
    keep_only(bare.attribute, lambda a: a.name != "group")
    return bare.SerializeToString()
