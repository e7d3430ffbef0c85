"""By hand what Keras, PaddlePaddle, torch, skl2onnx and others write, node by node: cheap, and needs none of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.files.file import File
from tests.made import networks
from tests.made.networks import Net, mlp

OPSETS = (7, 8, 10, 12, 14, 16, 18, 19, 20, 22, 23)


def files() -> Iterator[File]:
    """Needs onnx alone."""
    rng = np.random.default_rng(0)
    rows, classes = rng.standard_normal((60, 13)).astype(np.float32), np.arange(60) % 5
    for opset in OPSETS:
        yield File(f"opset {opset}", _opset(opset), rows, classes)
    yield File("labels one-hot", mlp(), rows, np.eye(5)[classes])
    yield File("labels in a column of floats", mlp(), rows, classes[:, None] * 1.0)
    yield File("one logit, labels", mlp((13, 7, 1)), rows, classes % 2)
    yield File("one number, a quantity", mlp((13, 7, 1)), rows, rng.standard_normal(60))
    yield File("three numbers, quantities", mlp((13, 7, 3)), rows, rng.standard_normal((60, 3)))
    yield File("paddle: sizes of -1", _edited(networks.cnn(), _negative))
    yield File("skl2onnx: classes as in a list", _listed())
    yield File("zipmap", _zipmap(), rows, classes)
    yield File("torch dynamo: allowzero", _allowzero())
    yield File("keras: pictures with channels last", _channels_last())
    yield File("keras: dense on a sequence", _sequence_dense())
    for kind in ("LSTM", "GRU", "RNN"):
        yield File(f"{kind.lower()}", recurrent(kind))
        yield File(f"{kind.lower()}, both ways", recurrent(kind, 2))
    yield File("onnxruntime's attention", attention())
    yield File("onnxruntime's attention, opset 17", attention(opset=17))
    for kind in (TensorProto.INT64, TensorProto.INT32, TensorProto.UINT8):
        yield File(f"tokens of {TensorProto.DataType.Name(kind).lower()}", tokens(kind))
    yield File("pictures of bytes", _bytes())
    yield File("two inputs", two_inputs())
    pictures, beside = rng.standard_normal((22, 3, 6, 6)).astype(np.float32), {"row": rng.standard_normal((22, 4))}
    yield File("two inputs, both given", two_inputs(), pictures, np.arange(22) % 5, beside=beside)
    yield File("two inputs, both given, four at a time", two_inputs(4), pictures, np.arange(22) % 5, beside=beside)
    yield File("a mask beside tokens", _masked())
    yield File("two outputs", two_outputs())
    yield File("fixed batch of 4", _fixed(4), rows, classes)
    yield File("open width, with samples", _open(), rng.standard_normal((60, 4)).astype(np.float32))
    yield File("open width, without", _open(), refused="give an evaluation set")
    yield File("image to image", _autoencoder())
    yield File("a class for each pixel", segmentation())
    maps = rng.integers(0, 4, (22, 8, 8))
    pictures = rng.standard_normal((22, 3, 8, 8)).astype(np.float32)
    yield File("a class for each pixel, labels", segmentation(), pictures, maps)
    yield File("a mask, labels", segmentation(1), pictures, maps > 1)
    yield File("doubles", _retyped(mlp(), TensorProto.DOUBLE), rows, classes)
    yield File("half precision", _retyped(mlp(), TensorProto.FLOAT16), rows, classes)
    yield File("bfloat16", _retyped(mlp(), TensorProto.BFLOAT16), rows, classes)
    yield File("weights behind a name that two layers share", _shared())
    yield File("only additions", _additions(), refused="nothing to compress")
    yield File("words as input", _strings(), refused="text")
    yield File("weights in a second file", external()[0], rows, classes, others=external()[1])
    yield File("weights in a second file that is not there", external()[0], refused="mlp.bin")
    yield File("part of a file", mlp()[:100], refused="not an ONNX file")


def _edited(data: bytes, edit) -> bytes:
    model = onnx.load_model_from_string(data)
    edit(model)
    return model.SerializeToString()


def _opset(opset: int) -> bytes:
    if opset == 23:
        return _edited(mlp(opset=23), lambda model: setattr(model, "ir_version", 11))
    if opset > 8:
        return _edited(mlp(opset=opset), lambda model: setattr(model, "ir_version", 8))

    def as_inputs(model):
        """Before IR version 4 constants were inputs, too."""
        model.ir_version = 3
        for tensor in model.graph.initializer:
            model.graph.input.append(helper.make_tensor_value_info(tensor.name, 1, tensor.dims))

    return _edited(mlp(opset=opset), as_inputs)


def _negative(model) -> None:
    for entry in (*model.graph.input, *model.graph.output):
        entry.type.tensor_type.shape.dim[0].dim_value = -1


def _listed() -> bytes:
    """Labels that end in a Reshape to [-1] of a tensor whose shape nobody knows."""
    net = Net()
    scores = net.node("Softmax", net.gemm("fc2", net.node("Relu", net.gemm("fc1", "x", 13, 7)), 7, 5))
    best = net.node("ArgMax", scores, axis=1)
    names = net.constant("classes", np.arange(5, dtype=np.int32))
    picked = net.node("ArrayFeatureExtractor", names, best, domain="ai.onnx.ml")
    cast = net.node("Cast", picked, to=TensorProto.INT64)
    label = net.reshape(cast, -1)
    nodes = [*net.nodes, helper.make_node("Identity", [scores], ["probabilities"])]
    nodes[nodes.index(next(n for n in nodes if label in n.output))].output[0] = "label"
    x = helper.make_tensor_value_info("x", 1, [None, 13])
    outputs = [helper.make_tensor_value_info("label", TensorProto.INT64, [None]),
               helper.make_tensor_value_info("probabilities", 1, [None, 5])]  # fmt: skip
    graph = helper.make_graph(nodes, "g", [x], outputs, net.tensors)
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("ai.onnx.ml", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def _zipmap() -> bytes:
    def edit(model):
        model.graph.node.append(
            helper.make_node("ZipMap", ["y"], ["z"], domain="ai.onnx.ml", classlabels_int64s=range(5))
        )
        key, value = TensorProto.INT64, helper.make_tensor_type_proto(1, [])
        kind = helper.make_sequence_type_proto(helper.make_map_type_proto(key, value))
        model.graph.output[0].CopyFrom(helper.make_value_info("z", kind))
        model.opset_import.append(helper.make_opsetid("ai.onnx.ml", 1))

    return _edited(mlp(), edit)


def _allowzero() -> bytes:
    net = Net()
    x = net.node("Relu", net.conv("conv1", "x", 3, 8))
    x = net.node("Relu", net.conv("conv2", x, 8, 8))
    shape = net.node("Concat", net.node("Shape", "x", start=0, end=1), net.constant("rest", np.array([288])), axis=0)
    net.gemm("fc", net.node("Reshape", x, shape, allowzero=1), 288, 5)
    return net.bytes(["N", 3, 6, 6], ["N", 5])


def _channels_last() -> bytes:
    """Pictures (n, height, width, channels), as tf2onnx writes a Keras model."""
    net = Net()
    x = net.node("Transpose", "x", perm=[0, 3, 1, 2])
    x = net.node("Relu", net.conv("conv", x, 3, 8, auto_pad="SAME_UPPER", strides=[2, 2]))
    x = net.node("Transpose", net.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]), perm=[0, 2, 3, 1])
    net.node("Softmax", net.linear("dense", net.reshape(x, -1, 128), 128, 5))
    return net.bytes(["N", 16, 16, 3], ["N", 5])


def _sequence_dense() -> bytes:
    net = Net()
    x = net.node("Relu", net.linear("dense1", "x", 8, 16))
    x = net.node("ReduceMean", x, net.constant("axes", np.array([1])), keepdims=0)
    net.linear("dense2", x, 16, 5)
    return net.bytes(["N", 12, 8], ["N", 5])


def recurrent(kind: str, directions: int = 1) -> bytes:
    """A recurrent layer of 8 to 16 numbers, as torch and tf2onnx write it, and a dense one on its last state."""
    net, gates = Net(), {"LSTM": 4, "GRU": 3, "RNN": 1}[kind]
    x = net.node("Transpose", "x", perm=[1, 0, 2])
    weights = [net.tensor(f"{kind}.W", directions, gates * 16, 8), net.tensor(f"{kind}.R", directions, gates * 16, 16),
               net.tensor(f"{kind}.B", directions, 2 * gates * 16)]  # fmt: skip
    more = {"direction": "bidirectional"} if directions == 2 else {}
    node = net.node(kind, x, *weights, hidden_size=16, **more)
    net.nodes[-1].output.append(f"{node}.last")
    net.nodes[-1].output[0] = ""
    x = net.node("Transpose", f"{node}.last", perm=[1, 0, 2])
    net.gemm("fc", net.reshape(x, -1, 16 * directions), 16 * directions, 5)
    return net.bytes(["N", 12, 8], ["N", 5])


def attention(opset: int = 21) -> bytes:
    """A layer of a transformer as onnxruntime's optimizer writes it: operators of its own own most of the weights."""
    net, own = Net(), {"domain": "com.microsoft"}
    tables = [net.tensor("words", 50, 16), net.tensor("places", 12, 16), "", *net_norm(net, "first")]
    x = net.node("EmbedLayerNormalization", "x", "", *tables, **own)
    net.nodes[-1].output.append(f"{x}.mask")
    weights = net.tensor("attention.weight", 16, 48), net.tensor("attention.bias", 48)
    y = net.linear("out", net.node("Attention", x, *weights, num_heads=2, **own), 16, 16)
    x = net.node("SkipLayerNormalization", y, x, *net_norm(net, "second"), **own)
    y = net.linear("down", net.node("Gelu", net.linear("up", x, 16, 32), **own), 32, 16)
    x = net.node("LayerNormalization", net.node("Add", y, x), *net_norm(net, "third"), axis=-1)
    axes = {"axes": [1]} if opset < 18 else {}
    net.gemm(
        "fc",
        net.node("ReduceMean", x, *([] if axes else [net.constant("axes", np.array([1]))]), keepdims=0, **axes),
        16,
        5,
    )

    def edit(model):
        _typed(model.graph.input[0], TensorProto.INT32)
        model.opset_import[0].version = opset
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))

    return _edited(net.bytes(["N", 12], ["N", 5]), edit)


def net_norm(net: Net, name: str) -> tuple[str, str]:
    """Scale and bias of a normalization."""
    return net.tensor(f"{name}.scale", 16), net.tensor(f"{name}.bias", 16)


def tokens(kind: int) -> bytes:
    """Twelve tokens, an embedding of them, its mean and a dense layer."""
    net = Net()
    index = "x" if kind != TensorProto.UINT8 else net.node("Cast", "x", to=TensorProto.INT64)
    x = net.node("Gather", net.tensor("embedding", 50, 16), index)
    net.gemm("fc", net.node("ReduceMean", x, net.constant("axes", np.array([1])), keepdims=0), 16, 5)
    return _edited(net.bytes(["N", 12], ["N", 5]), lambda model: _typed(model.graph.input[0], kind))


def _typed(entry, kind: int) -> None:
    entry.type.tensor_type.elem_type = kind


def _bytes() -> bytes:
    net = Net()
    x = net.node("Mul", net.node("Cast", "x", to=TensorProto.FLOAT), net.constant("scale", np.float32(1 / 255)))
    net.gemm("fc", net.node("Flatten", net.conv("conv", x, 3, 4)), 144, 5)
    return _edited(net.bytes(["N", 3, 6, 6], ["N", 5]), lambda model: _typed(model.graph.input[0], TensorProto.UINT8))


def two_inputs(batch: int | None = None) -> bytes:
    """A picture, and a row of four numbers beside it; so many at a time, or as many as one likes."""
    net = Net()
    picture = net.node("Flatten", net.node("Relu", net.conv("conv", "x", 3, 4)))
    net.gemm("fc", net.node("Concat", picture, "row", axis=1), 148, 5)
    count = batch or "N"
    more = helper.make_tensor_value_info("row", 1, [count, 4])
    return _edited(net.bytes([count, 3, 6, 6], [count, 5]), lambda model: model.graph.input.append(more))


def _masked() -> bytes:
    net = Net()
    x = net.node("Gather", net.tensor("embedding", 50, 16), "x")
    mask = net.node("Unsqueeze", net.node("Cast", "mask", to=1), net.constant("last", np.array([2])))
    x = net.node("ReduceMean", net.node("Mul", x, mask), net.constant("axes", np.array([1])), keepdims=0)
    net.gemm("fc", x, 16, 5)

    def edit(model):
        _typed(model.graph.input[0], TensorProto.INT64)
        model.graph.input.append(helper.make_tensor_value_info("mask", TensorProto.INT64, ["N", "T"]))

    return _edited(net.bytes(["N", "T"], ["N", 5]), edit)


def two_outputs() -> bytes:
    """A row of five numbers, and what the layer before says, a row of seven."""

    def edit(model):
        name = model.graph.node[0].output[0]
        model.graph.output.append(helper.make_tensor_value_info(name, 1, ["N", 7]))

    return _edited(mlp(), edit)


def _fixed(batch: int) -> bytes:
    def edit(model):
        for entry in (*model.graph.input, *model.graph.output):
            entry.type.tensor_type.shape.dim[0].dim_value = batch

    return _edited(mlp(), edit)


def _open() -> bytes:
    net = Net()
    net.gemm("fc2", net.node("Relu", net.gemm("fc", "x", 4, 16)), 16, 3)
    return net.bytes(["N", "M"], ["N", 3])


def _autoencoder() -> bytes:
    net = Net()
    x = net.node("Relu", net.conv("down", "x", 1, 8, strides=[2, 2]))
    net.node("ConvTranspose", x, net.tensor("up.weight", 8, 1, 2, 2), net.tensor("up.bias", 1), strides=[2, 2])
    return net.bytes(["N", 1, 12, 12], ["N", 1, 12, 12])


def segmentation(classes: int = 4, last: bool = False) -> bytes:
    """A score for each class of each pixel; `last` if classes are the last axis."""
    net = Net()
    y = net.conv("b", net.node("Relu", net.conv("a", "x", 3, 8)), 8, classes, 1, pads=[0] * 4)
    if last:
        net.node("Transpose", y, perm=[0, 2, 3, 1])
    return net.bytes(["N", 3, 8, 8], ["N", 8, 8, classes] if last else ["N", classes, 8, 8])


def _retyped(data: bytes, kind: int) -> bytes:
    """The same network in numbers of another kind."""

    def edit(model):
        for entry in (*model.graph.input, *model.graph.output):
            _typed(entry, kind)
        for i, tensor in enumerate(model.graph.initializer):
            values = onnx.numpy_helper.to_array(tensor).astype(helper.tensor_dtype_to_np_dtype(kind))
            model.graph.initializer[i].CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))

    return _edited(data, edit)


def _shared() -> bytes:
    net = Net()
    x = net.node("Relu", net.gemm("fc1", "x", 13, 13))
    x = net.node("Relu", net.node("Gemm", x, "fc1.weight", "fc1.bias", transB=1))
    net.gemm("fc2", x, 13, 5)
    return net.bytes(["N", 13], ["N", 5])


def _additions() -> bytes:
    net = Net()
    net.node("Add", "x", net.tensor("bias", 5))
    return net.bytes(["N", 5], ["N", 5])


def _strings() -> bytes:
    net = Net()
    net.gemm("fc", net.node("Cast", "x", to=1), 13, 5)
    return _edited(net.bytes(["N", 13], ["N", 5]), lambda model: _typed(model.graph.input[0], TensorProto.STRING))


def external() -> tuple[bytes, dict[str, bytes]]:
    """A network whose large weights are in a second file, and that file by its name."""
    data, other = onnx.load_model_from_string(mlp((13, 64, 5))), b""
    for tensor in data.graph.initializer:
        if len(tensor.raw_data) > 1000:
            place = {"location": "mlp.bin", "offset": len(other), "length": len(tensor.raw_data)}
            other += tensor.raw_data
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in place.items():
                tensor.external_data.add(key=key, value=str(value))
    return data.SerializeToString(), {"mlp.bin": other}
