"""Layers of a file that multiply integers, as layers that multiply floats on the same grids.

MatMulInteger, ConvInteger, QLinearMatMul, QLinearConv, and onnxruntime's own QGemm and MatMulIntegerToFloat compute
with codes. Here codes become floats just before the operator (DequantizeLinear), so that its weights can be decoded and
compressed, and what it puts out becomes codes again where it was codes (QuantizeLinear). The answers stay, but for the
last bits of sums.

What is left alone: operators whose weights are no constants, and those whose scales do not stand where
onnxruntime.quantization and this program write them.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np
from onnx import GraphProto, NodeProto, helper, numpy_helper

from app.network.onnx_graph import attribute_of, drop_unread, readers

_FLOAT = {"ConvInteger": "Conv", "MatMulInteger": "MatMul", "QLinearConv": "Conv", "QLinearMatMul": "MatMul",
          "QGemm": "Gemm", "MatMulIntegerToFloat": "MatMul"}  # fmt: skip
"For each operator that multiplies integers the one that multiplies floats."
_SCALES = {"QuantizeLinear": 1, "QLinearConv": 6, "QLinearMatMul": 6, "QGemm": 7}
"For each operator that puts out codes the index of their scale among its inputs."
_OWN = frozenset(("QGemm", "MatMulIntegerToFloat"))
_MOVES = frozenset("Clip Flatten Identity MaxPool Reshape Squeeze Transpose Unsqueeze".split())


def to_floats(graph: GraphProto, constant: Container[str]) -> None:
    """Let the layers of a graph multiply floats; changes it in place.

    constant : the tensors that are computed from constants alone
    """
    work = _Conversion(graph, constant)
    for entry in graph.node:
        if entry.domain != ("com.microsoft" if entry.op_type in _OWN else "") or not entry.output:
            continue
        if entry.op_type in ("MatMulInteger", "ConvInteger"):
            work.convert_sums(entry)
        elif entry.op_type == "MatMulIntegerToFloat":
            work.convert_scaled(entry)
        elif entry.op_type in _FLOAT and len(entry.input) >= 6:
            work.convert_rounded(entry)
    nodes = [new for entry in graph.node for new in work.replaced.get("".join(entry.output[:1]), [entry])]
    before = readers(graph)
    del graph.node[:]
    graph.node.extend(nodes)
    drop_unread(graph)
    now = readers(graph)
    for i in reversed(range(len(graph.initializer))):
        if before[graph.initializer[i].name] and not now[graph.initializer[i].name]:
            del graph.initializer[i]


class _Conversion:
    """A graph by names, and the nodes that are to take the place of others.

    replaced : by the first output of a node, the nodes that come instead

    Constants that are new are added to the graph at once.
    """

    def __init__(self, graph: GraphProto, constant: Container[str]):
        self.replaced: dict[str, list[NodeProto]] = {}
        self._graph, self._constant, self._count = graph, constant, readers(graph)
        self._tensors = {t.name: t for t in graph.initializer}
        self._makers = {name: entry for entry in graph.node for name in entry.output if name}
        self._taken = {*self._count, *self._makers, *self._tensors}

    def convert_rounded(self, entry: NodeProto) -> None:
        """Replace an operator that puts out codes, or floats if it is a QGemm that has no scale for them."""
        a, a_scale, a_zero, b, b_scale, b_zero, *rest = entry.input
        bias, grid = (rest[0], rest[1:]) if entry.op_type == "QGemm" and rest else ("".join(rest[2:]), rest[:2])
        known = [self._values(name) for name in (a_scale, b_scale, *([bias] if bias else []))]
        if b not in self._constant or any(values is None for values in known):
            return
        first = entry.op_type == "QLinearConv" or bool(attribute_of(entry, "transB", 0))
        more = [known[2] * (known[0].astype(np.float64) * known[1])] if bias else []
        output = self._fresh(f"{entry.output[0]}_wide") if any(grid) else entry.output[0]
        new = self._product(entry, (a, a_scale, a_zero), (b, known[1], b_zero), first, more, output)
        if any(grid):
            new.append(helper.make_node("QuantizeLinear", [output, *grid], entry.output))
        self.replaced[entry.output[0]] = new

    def convert_scaled(self, entry: NodeProto) -> None:
        """Replace a matrix product that scales its sums and adds a bias to them."""
        a, b, a_scale, b_scale, a_zero, b_zero, bias = (*entry.input, "", "", "")[:7]
        scale = self._values(b_scale)
        if b not in self._constant or scale is None:
            return
        output = self._fresh(f"{entry.output[0]}_product") if bias else entry.output[0]
        new = self._product(entry, (a, a_scale, a_zero), (b, scale, b_zero), False, [], output)
        if bias:
            new.append(helper.make_node("Add", [output, bias], entry.output))
        self.replaced[entry.output[0]] = new

    def convert_sums(self, entry: NodeProto) -> None:
        """Replace an operator that sums products of codes, and the Cast and Mul that make floats of the sums."""
        a, b, a_zero, b_zero = (*entry.input, "", "")[:4]
        cast = self._reader(entry.output[0], "Cast")
        scaled = cast and self._reader(cast.output[0], "Mul")
        if not scaled or b not in self._constant:
            return
        a_scale, b_scale = self._scales(a, _other(scaled, cast.output[0]))
        if b_scale is None:
            return
        last, more, convolution = scaled, [], entry.op_type == "ConvInteger"
        added = self._reader(scaled.output[0], "Add") if convolution else None
        bias = self._per_channel(_other(added, scaled.output[0])) if added else None
        if bias is not None:
            last, more = added, [bias]
        new = self._product(entry, (a, a_scale, a_zero), (b, b_scale, b_zero), convolution, more, last.output[0])
        self.replaced.update({each.output[0]: [] for each in (entry, cast, scaled)} | {last.output[0]: new})

    def _product(self, entry: NodeProto, codes, weight, first: bool, bias: list[np.ndarray], output: str):
        """The nodes of an operator that multiplies floats.

        codes : what it reads, the name of their scale, that of their zero point, or ""
        weight : the name of its codes, their scales, the name of their zero point, or ""
        first : whether its output channels stand along the first axis, not the last
        bias : nothing, or one array
        """
        name, scale, zero = weight
        scale = scale.reshape(-1) if scale.size > 1 else scale.reshape(())
        grid = [self._stored(f"{name}_scale", scale)]
        if zero:  # as many as there are scales
            grid.append(self._stored(f"{name}_zero", np.broadcast_to(self._values(zero).reshape(-1), scale.shape)
                                     if scale.ndim else self._values(zero).reshape(())))  # fmt: skip
        axis = {"axis": 0 if first else 1} if scale.ndim else {}
        floats, decoded = self._fresh(f"{codes[0]}_floats"), self._fresh(name.removesuffix("_quantized"))
        inputs = [floats, decoded, *(self._stored(f"{name}_bias", values.astype(np.float32)) for values in bias)]
        product = helper.make_node(_FLOAT[entry.op_type], inputs, [output], name=entry.name)
        product.attribute.extend(entry.attribute)
        return [
            helper.make_node("DequantizeLinear", [each for each in codes if each], [floats]),
            helper.make_node("DequantizeLinear", [name, *grid], [decoded], **axis),
            product,
        ]

    def _scales(self, codes: str, factor: str) -> tuple[str, np.ndarray | None]:
        """The name of the scale of codes, and the scale of the weights they meet; `factor` is the product of both."""
        maker = self._makers.get(codes)
        while maker is not None and maker.op_type in _MOVES:
            maker = self._makers.get(maker.input[0])
        if maker is None:
            return "", None
        if maker.op_type == "DynamicQuantizeLinear":
            product, scale = self._makers.get(factor), maker.output[1]
            found = product is not None and product.op_type == "Mul" and scale in product.input
            return scale, self._values(_other(product, scale)) if found else None
        index = _SCALES.get(maker.op_type, len(maker.input))
        scale = maker.input[index] if index < len(maker.input) else ""
        both, of_codes = self._values(factor), self._values(scale)
        return scale, None if both is None or of_codes is None else both / of_codes

    def _per_channel(self, name: str) -> np.ndarray | None:
        """The numbers that are added to the channels of a convolution, if `name` is a constant with one for each."""
        maker = self._makers.get(name)
        values = self._values(maker.input[0] if maker is not None and maker.op_type == "Reshape" else name)
        return values.reshape(-1) if values is not None and 1 < values.size == max(values.shape) else None

    def _reader(self, name: str, op: str) -> NodeProto | None:
        """The only operator that reads a tensor, if it is of this kind."""
        found = [entry for entry in self._graph.node if name in entry.input and entry.op_type == op]
        return found[0] if found and self._count[name] == 1 else None

    def _values(self, name: str) -> np.ndarray | None:
        """A constant that stands in the file."""
        return numpy_helper.to_array(self._tensors[name]) if name in self._tensors else None

    def _stored(self, name: str, values: np.ndarray) -> str:
        """Add a constant; its name."""
        name = self._fresh(name)
        self._graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _fresh(self, name: str) -> str:
        """The name, or a longer one that is not taken."""
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def _other(entry: NodeProto, name: str) -> str:
    """The input of a node that is not this one."""
    return next((each for each in entry.input if each != name), name)
