"""Writes a trained PyTorch network as a small, clean ONNX file, and its samples beside it. Used by train.py files only.

The graph is built by hand: one node per layer, named like the layer (``fc1``), with initializers ``fc1.weight`` and
``fc1.bias``. torch.onnx.export gives the same answers with more nodes and longer names, and a reader of this playground
should be able to recognise the network in the file.
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

OPSET, IR_VERSION = 21, 10  # the first with int4; onnx 1.23 would write 28 and 14, which onnxruntime 1.30 refuses


def write_model(path, network, sample_shape):
    """Write a Sequential with named layers: input ``x`` (N, *sample_shape), output ``y`` = logits (N, classes)."""
    nodes, initializers, x = [], [], "x"
    *_, last = (name for name, _ in network.named_children())
    for name, layer in network.named_children():
        y = "y" if name == last else f"{name}.out"
        named = layer.named_parameters(prefix=name)  # fc1.weight, fc1.bias
        parameters = [numpy_helper.from_array(p.detach().numpy(), full_name) for full_name, p in named]
        op, attributes = _operator(layer)
        nodes.append(helper.make_node(op, [x, *(p.name for p in parameters)], [y], name=name, **attributes))
        initializers += parameters
        x = y
    classes = initializers[-1].dims[0]
    graph = helper.make_graph(
        nodes,
        path.parent.name,
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *sample_shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", classes])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())


def _operator(layer):
    """The ONNX operator and attributes of one PyTorch layer."""
    match layer:
        case nn.Linear():
            return "Gemm", {"transB": 1}  # weight (C_out, C_in), as PyTorch stores it
        case nn.Conv2d():
            return "Conv", {"kernel_shape": layer.kernel_size, "pads": layer.padding * 2}
        case nn.MaxPool2d():
            return "MaxPool", {"kernel_shape": [layer.kernel_size] * 2, "strides": [layer.stride] * 2}
        case nn.ReLU():
            return "Relu", {}
        case nn.Flatten():
            return "Flatten", {"axis": 1}
    raise TypeError(f"{type(layer).__name__} has no ONNX counterpart here; add it to _operator")


def write_samples(folder, evaluation, training, *, calibration=256, seed=0):
    """Write evaluation.npz from (inputs, labels), and calibration.npz from a seeded draw of the training inputs."""
    inputs, labels = evaluation
    chosen = np.random.default_rng(seed).choice(len(training), calibration, replace=False)
    np.savez_compressed(folder / "evaluation.npz", inputs=inputs.astype(np.float32), labels=labels.astype(np.int64))
    np.savez_compressed(folder / "calibration.npz", inputs=training[chosen].astype(np.float32))
