"""Small networks for tests, and what the tests ask about a written file."""

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper


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


def model(nodes, tensors, x_shape, y_shape, *, opset=21):
    """A model with input x and output y, as bytes."""
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, x_shape)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, y_shape)
    graph = helper.make_graph(nodes, "net", [x], [y], tensors)
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
