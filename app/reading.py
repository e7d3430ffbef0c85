"""Foreign bytes to an ONNX model in the one form that `graph` works on.

Whatever the file says, afterwards it is opset 21 and IR version 10, its weights are initializers, they are not inputs
at the same time, and a matrix product with a constant matrix is a `Gemm(transB=1)` whose weight is (C_out, C_in).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import onnx
from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 21, 10


def parse(data: bytes) -> ModelProto:
    """The model in `data`, checked and brought to that form.

    Raises
    ------
    ValueError
        A sentence for the person whose file it is.
    """
    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise ValueError("this is not an ONNX file, or only a part of one") from error
    if not model.graph.node:
        raise ValueError("this is not an ONNX file, or one without a network in it")
    if any(t.data_location == TensorProto.EXTERNAL for t in model.graph.initializer):
        raise ValueError("the weights of this network are in a second file; export it with the weights inside")
    if not all(isinstance(name, str) for name in _names(model.graph)):
        raise ValueError("this ONNX file is broken: it holds names that are not text")
    try:
        onnx.checker.check_model(model, full_check=True)
    except (UnicodeDecodeError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ValueError(f"this ONNX file is broken: {_first_line(error)}") from error
    model = _converted(model)
    graph = model.graph
    weights = {t.name for t in graph.initializer}
    _keep(graph.input, lambda entry: entry.name not in weights)
    _constants_to_initializers(graph)
    _products_to_gemm(model)
    model.ir_version = IR_VERSION
    return model


def readers(graph: GraphProto) -> Counter:
    """How many inputs read each tensor, those of nested graphs and the outputs of the graph included."""
    count = Counter(entry.name for entry in graph.output)
    for node in graph.node:
        count.update(node.input)
        for attribute in node.attribute:
            for nested in (*attribute.graphs, *([attribute.g] if attribute.HasField("g") else [])):
                count.update(readers(nested))
    return count


def _names(graph: GraphProto) -> Iterator[str | bytes]:
    """What the parts of a graph are called; protobuf gives bytes where that is not UTF-8."""
    yield graph.name
    yield from (entry.name for entry in (*graph.input, *graph.output, *graph.initializer))
    for node in graph.node:
        yield from (node.name, node.op_type, *node.input, *node.output)


def _converted(model: ModelProto) -> ModelProto:
    version = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), OPSET)
    if version == OPSET:
        return model
    try:
        return onnx.version_converter.convert_version(model, OPSET)
    except (RuntimeError, onnx.version_converter.ConvertError) as error:
        raise ValueError(
            f"this network uses version {version} of the ONNX operators, which cannot be brought to version {OPSET}; "
            f"export it with opset_version={OPSET}"
        ) from error


def _constants_to_initializers(graph: GraphProto) -> None:
    """Constant nodes that hold a tensor become initializers, as weights are in some exports."""
    constant = [n for n in graph.node if n.op_type == "Constant" and n.attribute and n.attribute[0].name == "value"]
    for node in constant:
        tensor = graph.initializer.add()
        tensor.CopyFrom(node.attribute[0].t)
        tensor.name = node.output[0]
        graph.node.remove(node)


def _products_to_gemm(model: ModelProto) -> None:
    """Gemm and MatMul with a constant float32 matrix on the right become Gemm(transB=1)."""
    graph, count = model.graph, readers(model.graph)
    tensors = {t.name: t for t in graph.initializer}
    ranks = _ranks(model) if any(node.op_type == "MatMul" for node in graph.node) else {}
    for node in list(graph.node):
        matrix = tensors.get(node.input[1]) if node.op_type in ("Gemm", "MatMul") else None
        if matrix is None or matrix.data_type != TensorProto.FLOAT or len(matrix.dims) != 2 or count[matrix.name] != 1:
            continue
        if node.op_type == "MatMul":
            if ranks.get(node.input[0]) != 2:
                continue
            node.op_type = "Gemm"
            _take_bias(graph, node, tensors, count)
        elif any(a.name == "transB" and a.i for a in node.attribute):
            continue
        matrix.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(matrix).T.copy(), matrix.name))
        _keep(node.attribute, lambda a: a.name != "transB")
        node.attribute.append(helper.make_attribute("transB", 1))


def _take_bias(graph: GraphProto, node: NodeProto, tensors: dict[str, TensorProto], count: Counter) -> None:
    """Put an Add of a constant vector right behind `node` into it."""
    if count[node.output[0]] != 1:
        return
    for add in graph.node:
        if add.op_type == "Add" and node.output[0] in add.input:
            bias = tensors.get(next((name for name in add.input if name != node.output[0]), ""))
            if bias is not None and list(bias.dims) == [tensors[node.input[1]].dims[1]]:
                node.input.append(bias.name)
                node.output[0] = add.output[0]
                graph.node.remove(add)
            return


def _ranks(model: ModelProto) -> dict[str, int]:
    graph = onnx.shape_inference.infer_shapes(model).graph
    entries = (*graph.input, *graph.value_info, *graph.output)
    return {e.name: len(e.type.tensor_type.shape.dim) for e in entries if e.type.tensor_type.HasField("shape")}


def _keep(entries, wanted) -> None:
    """Remove from a repeated field what is not wanted."""
    for index in reversed(range(len(entries))):
        if not wanted(entries[index]):
            del entries[index]


def _first_line(error: Exception) -> str:
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return line if len(line) <= 200 else line[:197] + "..."
