"""Small networks for tests, and what the tests ask about a written file."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from app.network.read import read
from kernels.channel_group import Member
from kernels.storage.distortion import in_place
from kernels.technique import Skipped
from tests import techniques


def mlp(widths=(13, 7, 5), *, seed=0, trans_b=1, opset=21):
    """Gemm layers fc1, fc2, ... of these widths with Relu between, as bytes."""
    rng, nodes, tensors, x = np.random.default_rng(seed), [], [], "x"
    for n, (columns, rows) in enumerate(zip(widths, widths[1:], strict=False), start=1):
        last = n == len(widths) - 1
        weight = rng.standard_normal((rows, columns)).astype(np.float32)
        tensors.append(numpy_helper.from_array(weight if trans_b else weight.T.copy(), f"fc{n}.weight"))
        tensors.append(numpy_helper.from_array(rng.standard_normal(rows).astype(np.float32), f"fc{n}.bias"))
        y = "y" if last else f"fc{n}.out"
        nodes.append(helper.make_node("Gemm", [x, f"fc{n}.weight", f"fc{n}.bias"], [y], name=f"fc{n}", transB=trans_b))
        if not last:
            nodes.append(helper.make_node("Relu", [y], [f"relu{n}.out"]))
        x = f"relu{n}.out"
    return model(nodes, tensors, ["N", widths[0]], ["N", widths[-1]], opset=opset)


def cnn(channels=(3, 5, 7), classes=11, *, seed=0):
    """Conv 3x3, Relu, MaxPool, Conv 3x3, Relu, Flatten, Gemm for pictures of 6 x 6, as bytes."""
    rng, (first, second, third) = np.random.default_rng(seed), channels
    shapes = {"conv1": (second, first, 3, 3), "conv2": (third, second, 3, 3), "fc": (classes, third * 9)}
    tensors = []
    for name, shape in shapes.items():
        tensors.append(numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), f"{name}.weight"))
        tensors.append(numpy_helper.from_array(rng.standard_normal(shape[0]).astype(np.float32), f"{name}.bias"))
    nodes = [
        helper.make_node("Conv", ["x", "conv1.weight", "conv1.bias"], ["a"], name="conv1", pads=[1] * 4),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["c", "conv2.weight", "conv2.bias"], ["d"], name="conv2", pads=[1] * 4),
        helper.make_node("Relu", ["d"], ["e"]),
        helper.make_node("Flatten", ["e"], ["f"]),
        helper.make_node("Gemm", ["f", "fc.weight", "fc.bias"], ["y"], name="fc", transB=1),
    ]
    return model(nodes, tensors, ["N", first, 6, 6], ["N", classes])


def tensor(name, *shape):
    """A constant of noise, the same for the same name and shape."""
    rng = np.random.default_rng([*name.encode(), *shape])
    return numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), name)


class Net:
    """A network node by node: every method adds one and gives the name of its output."""

    def __init__(self, seed=0):
        self.rng, self.nodes, self.tensors = np.random.default_rng(seed), [], []

    def tensor(self, name, *shape):
        return self.constant(name, self.rng.standard_normal(shape).astype(np.float32))

    def constant(self, name, values):
        self.tensors.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, op, *inputs, **attributes):
        name = attributes.pop("name", f"{op.lower()}{len(self.nodes)}")
        self.nodes.append(helper.make_node(op, inputs, [f"{name}.out"], name=name, **attributes))
        return f"{name}.out"

    def conv(self, name, x, c_in, c_out, kernel=3, *, bias=True, **more):
        shape = (c_out, c_in // more.get("group", 1), kernel, kernel)
        parameters = [self.tensor(f"{name}.weight", *shape), *([self.tensor(f"{name}.bias", c_out)] if bias else [])]
        padding = {} if "auto_pad" in more else {"pads": [kernel // 2] * 4}
        return self.node("Conv", x, *parameters, name=name, **padding | more)

    def gemm(self, name, x, c_in, c_out):
        parameters = self.tensor(f"{name}.weight", c_out, c_in), self.tensor(f"{name}.bias", c_out)
        return self.node("Gemm", x, *parameters, name=name, transB=1)

    def linear(self, name, x, c_in, c_out):
        """A layer of sequences: MatMul and Add."""
        product = self.node("MatMul", x, self.tensor(f"{name}.weight", c_in, c_out), name=name)
        return self.node("Add", product, self.tensor(f"{name}.bias", c_out))

    def norm(self, name, x, channels):
        scale, shift, mean = (self.tensor(f"{name}.{word}", channels) for word in ("scale", "shift", "mean"))
        variance = self.constant(f"{name}.var", self.rng.uniform(0.5, 2, channels).astype(np.float32))
        return self.node("BatchNormalization", x, scale, shift, mean, variance, name=name)

    def layer_norm(self, name, x, width):
        vectors = self.tensor(f"{name}.scale", width), self.tensor(f"{name}.shift", width)
        return self.node("LayerNormalization", x, *vectors)

    def reshape(self, x, *target):
        return self.node("Reshape", x, self.constant(f"shape{len(self.nodes)}", np.array(target)))

    def bytes(self, x_shape, y_shape, more=()):
        """The file; what the last node gives is the output, before those in `more`."""
        self.nodes[-1].output[0] = "y"
        return model(self.nodes, self.tensors, x_shape, y_shape, more)


def residual():
    """Pictures of 6 x 6 through a stem, a block around which they go unchanged, and one with a projection."""
    net = Net()
    x = net.node("Relu", net.norm("norm1", net.conv("stem", "x", 3, 5, bias=False), 5))
    y = net.node("Relu", net.norm("norm2", net.conv("conv1", x, 5, 7, bias=False), 7))
    x = net.node("Relu", net.node("Add", x, net.conv("conv2", y, 7, 5)))
    y = net.node("Relu", net.conv("conv3", x, 5, 11, strides=[2, 2]))
    around = net.norm("norm3", net.conv("short", x, 5, 13, 1, strides=[2, 2]), 13)
    x = net.node("Relu", net.node("Add", net.conv("conv4", y, 11, 13), around))
    x = net.node("Flatten", net.node("GlobalAveragePool", x))
    net.gemm("fc", x, 13, 3)
    return net.bytes(["N", 3, 6, 6], ["N", 3])


def separable():
    """Depthwise and pointwise convolutions, one of them with two outputs for each input; a gate for every channel."""
    net = Net()
    limits = net.constant("low", np.float32(0)), net.constant("high", np.float32(6))
    x = net.node("Clip", net.conv("stem", "x", 3, 7), *limits)
    x = net.node("Relu", net.conv("deep1", x, 7, 7, group=7))
    x = net.node("Relu", net.conv("point1", x, 7, 5, 1))
    x = net.node("Relu", net.conv("deep2", x, 5, 10, group=5, auto_pad="SAME_UPPER", strides=[2, 2]))
    x = net.conv("point2", x, 10, 11, 1)
    y = net.node("Relu", net.conv("squeeze", net.node("GlobalAveragePool", x), 11, 4, 1))
    x = net.node("Mul", x, net.node("Sigmoid", net.conv("excite", y, 4, 11, 1)))
    x = net.node("Mul", x, net.tensor("gain", 11, 1, 1))
    axes = net.constant("axes", np.array([2, 3]))
    net.gemm("fc", net.node("ReduceMean", x, axes, keepdims=0), 11, 3)
    return net.bytes(["N", 3, 6, 6], ["N", 3])


def dense():
    """Channels one behind the other, those of the input among them, and a batch normalization of them all."""
    net = Net()
    a = net.node("Relu", net.conv("a", "x", 3, 5))
    both = net.node("Concat", a, "x", axis=1)
    b = net.node("Relu", net.conv("b", both, 8, 7))
    all_ = net.node("Concat", a, "x", b, axis=1)
    x = net.node("Relu", net.norm("norm", all_, 15))
    x = net.node("LeakyRelu", net.conv("c", net.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2]), 15, 4))
    net.gemm("fc", net.reshape(x, -1, 36), 36, 3)
    return net.bytes(["N", 3, 6, 6], ["N", 3])


def transformer(*, written_out=False):
    """Patches of 6 x 6 pictures with positions, one block of attention with two heads and an MLP, the mean of all.

    written_out : say every size in the targets of Reshape, as some exporters do
    """
    net, d, heads, tokens = Net(), 12, 2, 9
    split, joined = (
        ((-1, tokens, heads, d // heads), (-1, tokens, d)) if written_out else ((0, 0, heads, -1), (0, 0, -1))
    )
    x = net.reshape(net.conv("patch", "x", 3, d, 2, pads=[0] * 4, strides=[2, 2]), 0, d, -1)
    x = net.node("Add", net.node("Transpose", x, perm=[0, 2, 1]), net.tensor("position", tokens, d))
    y = net.layer_norm("norm1", x, d)
    q, k, v = (net.reshape(net.linear(name, y, d, d), *split) for name in "qkv")
    q, k = net.node("Transpose", q, perm=[0, 2, 1, 3]), net.node("Transpose", k, perm=[0, 2, 3, 1])
    scores = net.node("MatMul", q, k)
    weights = net.node("Softmax", net.node("Mul", scores, net.constant("scale", np.float32(0.1))), axis=-1)
    mixed = net.node("MatMul", weights, net.node("Transpose", v, perm=[0, 2, 1, 3]))
    flat = net.reshape(net.node("Transpose", mixed, perm=[0, 2, 1, 3]), *joined)
    x = net.node("Add", x, net.linear("proj", flat, d, d))
    y = net.node("Gelu", net.linear("fc1", net.layer_norm("norm2", x, d), d, 17))
    x = net.node("Add", x, net.linear("fc2", y, 17, d))
    x = net.node("ReduceMean", net.layer_norm("norm3", x, d), net.constant("axes", np.array([1])), keepdims=0)
    net.gemm("head", x, d, 3)
    return net.bytes(["N", 3, 6, 6], ["N", 3])


def dynamic(threshold=0.993):
    """Pictures of 6 x 6 that leave through a first exit where it is surer of one of 3 classes than the threshold."""
    net = Net()
    x = net.node("Relu", net.conv("conv1", "x", 3, 5))
    early = net.gemm("exit1", net.node("Flatten", net.node("GlobalAveragePool", x)), 5, 3)
    surest = net.node("ReduceMax", net.node("Softmax", early), net.constant("axes", np.array([1])), keepdims=0)
    net.node("Less", surest, net.constant("threshold", np.float32(threshold)), name="decide")
    net.nodes[-1].output[0] = "went_on"
    y = net.node("Relu", net.conv("conv2", net.node("Compress", x, "went_on", axis=0), 5, 7))
    late = net.gemm("exit2", net.node("Flatten", net.node("GlobalMaxPool", y)), 7, 3)
    places = net.node("Transpose", net.node("NonZero", "went_on"), perm=[1, 0])
    net.node("ScatterND", early, places, late)
    return net.bytes(["N", 3, 6, 6], ["N", 3], [helper.make_tensor_value_info("went_on", TensorProto.BOOL, ["N"])])


def model(nodes, tensors, x_shape, y_shape, more=(), *, opset=21):
    """A model with input x and output y, as bytes."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, x_shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, y_shape)
    graph = helper.make_graph(nodes, "net", [x], [y, *more], tensors)
    opsets = [helper.make_opsetid("", opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()


def run(data, x, *, optimize=True, outputs=None):
    """Outputs of the file in onnxruntime, with default options or without any optimization."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if not optimize:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"]).run(outputs, {"x": x})


def decoded(data, shapes, x, *, optimize=True):
    """The weights that onnxruntime decodes, by tensor name; `shapes` names the tensors and their shapes."""
    file = onnx.load_model_from_string(data)
    stored = {t.name: numpy_helper.to_array(t) for t in file.graph.initializer if t.name in shapes}
    made = [name for name in shapes if name not in stored]
    for name in made:
        file.graph.output.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]))
    wanted = [*made, file.graph.output[0].name]
    return stored | dict(zip(wanted, run(file.SerializeToString(), x, optimize=optimize, outputs=wanted), strict=True))


def check(data):
    """The file passes the checks of onnx, shape inference included."""
    onnx.checker.check_model(onnx.load_model_from_string(data), full_check=True)


def same_answers(data, other, x):
    """Both files give the same, to float32 accuracy of their largest answer."""
    right = run(other, x)[0]
    np.testing.assert_allclose(run(data, x)[0], right, rtol=0, atol=1e-5 * (1 + np.abs(right).max()))


def equal_answers(data, other, x):
    """Both files give the same, to float32 accuracy of each answer."""
    np.testing.assert_allclose(run(data, x)[0], run(other, x)[0], rtol=1e-5, atol=1e-5)


def applied(network, *steps):
    """The weights after these (technique, parameters); those that a technique skips as they were."""
    weights = network.weights
    for technique, params in steps:
        results = techniques.run(technique, weights, params, network.channel_groups)
        weights = [old if isinstance(new, Skipped) else new for old, new in zip(weights, results, strict=True)]
    return weights


def removed(network, **params):
    """The weights after structured pruning; those it skips as they were."""
    return applied(network, ("structured", params))


def members(*names):
    """A member of a channel group for each of these layers: all its rows, or all its columns."""
    return tuple(map(Member, names))


def going_groups(data):
    """The channel groups of a file whose channels can go."""
    return [group for group in read(data).channel_groups if not group.stays]


def start():
    """A network that begins with a layer, "a", and what this makes: pictures of 5 channels."""
    net = Net()
    return net, net.conv("a", "x", 3, 5)


def chain(net, x, channels=5):
    """The network that begins with `start` and ends with two more layers, "b" and "fc", which read `x`."""
    y = net.node("Flatten", net.node("GlobalAveragePool", net.conv("b", x, channels, 7)))
    net.gemm("fc", y, 7, 3)
    return read(net.bytes(["N", 3, 6, 6], ["N", 3]))


def zeroed(network, weights):
    """The weights in the shapes of the original, with zeros where channels are gone."""
    restored = []
    for weight, original in zip(weights, network.weights, strict=True):
        rows = slice(None) if weight.kept_out is None else weight.kept_out
        bias = None if original.bias is None else np.zeros_like(original.bias)
        if bias is not None:
            bias[rows] = weight.bias
        restored.append(replace(original, values=in_place(weight, original.values.shape), bias=bias))
    return restored


OF_PICTURES = {
    "plain": cnn(),
    "residual": residual(),
    "separable": separable(),
    "dense": dense(),
    "dynamic": dynamic(),
    "transformer": transformer(),
    "transformer in numbers": transformer(written_out=True),
}
"Networks of every kind for pictures of 3 x 6 x 6, as bytes."
PICTURES = np.random.default_rng(0).standard_normal((4, 3, 6, 6)).astype(np.float32)
ROWS = np.random.default_rng(3).standard_normal((4, 13)).astype(np.float32)
"What these networks, and an `mlp` of 13 inputs, are asked."
