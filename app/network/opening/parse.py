"""Foreign bytes to a checked ONNX model in the opset that we write, or to a sentence on what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import onnx
from google.protobuf.message import DecodeError
from onnx import GraphProto, ModelProto, TensorProto

from app.network.encodings.functions import NAMES, function
from app.network.onnx_graph import all_nodes
from app.network.opening import bounds
from app.network.protobuf import DOMAIN, block
from models.versions import IR_VERSION, OPSET


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
    bounds.check(model)
    _open_sizes(model.graph)
    if not all(isinstance(name, str) for name in _names(model.graph)):
        raise ValueError("this ONNX file is broken: it holds names that are not text")
    try:
        onnx.checker.check_model(model, full_check=True)
    except (UnicodeDecodeError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ValueError(f"this ONNX file is broken: {_where(error)}") from error
    model = _converted(model)
    model.ir_version = IR_VERSION
    _set_apart(model)
    return model


def _open_sizes(graph: GraphProto) -> None:
    """A size of -1 means an open one, as in what PaddlePaddle writes."""
    for entry in (*graph.input, *graph.output, *graph.value_info):
        for size in entry.type.tensor_type.shape.dim:
            if size.dim_value < 0:
                size.ClearField("dim_value")


def _names(graph: GraphProto) -> Iterator[str | bytes]:
    """All names in a graph; protobuf gives bytes where one is not UTF-8."""
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


def _set_apart(model: ModelProto) -> None:
    """Rename the domain of functions that are in ours but are not ours, such as those of another version."""
    claimed = [f for f in model.functions if f.domain == DOMAIN]
    if all(f.name in NAMES and block(25, f.SerializeToString()) == function(f.name) for f in claimed):
        return
    apart = f"{DOMAIN}_"
    while any(f.domain == apart for f in model.functions):
        apart += "_"
    imports = (*model.opset_import, *(entry for f in model.functions for entry in f.opset_import))
    for entry in (*claimed, *all_nodes(model), *imports):
        if entry.domain == DOMAIN:
            entry.domain = apart


def _where(error: Exception) -> str:
    """What is wrong in a file, without the words of the checker: the operator, if it names one."""
    said = str(error)
    operator = re.search(r"op_?type:? ?'?(\w+)", said, re.IGNORECASE) or re.search(r"No Op registered for (\w+)", said)
    name = re.search(r"node name:? ?'?([^)'\"]+)", said, re.IGNORECASE)
    if operator is None:
        return "it does not keep the rules of ONNX; export it anew"
    called = f" called {name[1].strip():.60}" if name and name[1].strip() else ""
    return f"its operator {operator[1]:.40}{called} does not keep the rules of ONNX; export it anew"
