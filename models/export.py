"""Writes a trained PyTorch network as a small, clean ONNX file, with its samples and card. Used by train.py files only.

The graph is built by hand: one node per layer, named like the layer (``fc1``, ``block1.conv1``), with initializers
``fc1.weight`` and ``fc1.bias``. torch.onnx.export gives the same answers with more nodes and longer names, and a reader
of this playground should be able to recognise the network in the file.
"""

from collections import OrderedDict

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from models import card
from models.blocks import Attention, Residual, TokenLinear, TokenMean, Tokens
from models.versions import IR_VERSION, OPSET


def write_all(folder, network, held_out, training):
    """Write what a model folder needs of a trained Sequential: its ONNX file, its samples, the numbers on its card.

    held_out : (inputs, labels) to be evaluated with
    training : inputs to calibrate with; see ``write_samples``
    """
    write_model(folder / "model.onnx", network, training.shape[1:])
    write_samples(folder, held_out, training)
    print(card.update(folder))


def write_model(path, network, sample_shape):
    """Write a Sequential with named layers: input ``x`` (N, *sample_shape), output ``y``, e.g. logits (N, classes)."""
    parts = Graph()
    parts.layer("", network.eval(), "x")
    with torch.no_grad():
        output_shape = network(torch.zeros(1, *sample_shape)).shape[1:]
    parts.write(path, sample_shape, output_shape)


class Graph:
    """Nodes and initializers of a network, collected layer by layer in the order of computation."""

    def __init__(self):
        self.nodes, self.initializers = [], []

    def layer(self, name, layer, x):
        """Add a PyTorch layer that reads tensor ``x``; returns the name of its output."""
        match layer:
            case nn.Sequential():
                for child, part in layer.named_children():
                    x = self.layer(f"{name}.{child}".lstrip("."), part, x)
                return x
            case Residual():
                y = self.layer(name, layer.layers, x)
                return self.node("Add", f"{name}.add", y, self.layer(f"{name}.shortcut", layer.shortcut, x))
            case Tokens():
                x = self.node("Reshape", f"{name}.reshape", x, self.constant(f"{name}.shape", [0, 0, -1]))
                x = self.node("Transpose", f"{name}.transpose", x, perm=[0, 2, 1])
                return self.node("Add", name, x, self.initializer(f"{name}.position", layer.position))
            case TokenMean():
                return self.node("ReduceMean", name, x, self.constant(f"{name}.axes", [1]), keepdims=0)
            case TokenLinear():
                product = self.node("MatMul", name, x, self.initializer(f"{name}.weight", layer.weight.T))
                if layer.bias is None:
                    return product
                return self.node("Add", f"{name}.add", product, self.initializer(f"{name}.bias", layer.bias))
            case Attention():
                return self.attention(name, layer, x)
        op, attributes = _operator(layer)
        named = layer.state_dict().items()  # without dimensions: the batches that a BatchNorm2d has counted
        parameters = [self.initializer(f"{name}.{part}", p) for part, p in named if p.dim()]
        return self.node(op, name, x, *parameters, **attributes)

    def attention(self, name, layer, x):
        """Add an Attention; its shapes say 0 and -1 where a size is open or may become smaller."""
        normal = self.layer(f"{name}.norm", layer.norm, x)
        split = self.constant(f"{name}.split", [0, 0, layer.heads, -1])
        heads = {}
        for part, perm in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):  # k comes transposed
            flat = self.layer(f"{name}.{part}", getattr(layer, part), normal)
            apart = self.node("Reshape", f"{name}.{part}.heads", flat, split)
            heads[part] = self.node("Transpose", f"{name}.{part}.transpose", apart, perm=perm)
        scores = self.node("MatMul", f"{name}.scores", heads["q"], heads["k"])
        scaled = self.node("Mul", f"{name}.scale", scores, self.constant(f"{name}.factor", np.float32(layer.scale)))
        weights = self.node("Softmax", f"{name}.softmax", scaled, axis=-1)
        gathered = self.node("MatMul", f"{name}.gather", weights, heads["v"])
        together = self.node("Transpose", f"{name}.transpose", gathered, perm=[0, 2, 1, 3])
        flat = self.node("Reshape", f"{name}.reshape", together, self.constant(f"{name}.join", [0, 0, -1]))
        return self.node("Add", f"{name}.add", self.layer(f"{name}.proj", layer.proj, flat), x)

    def write(self, path, sample_shape, output_shape, more=()):
        """Write what has been added: input ``x`` (N, *sample_shape), output ``y`` (N, *output_shape) of the last node.

        more : further outputs, as ValueInfoProtos
        """
        self.nodes[-1].output[0] = "y"
        graph = helper.make_graph(
            self.nodes,
            path.parent.name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", *sample_shape])],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", *output_shape]), *more],
            self.initializers,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString())

    def node(self, op, name, *inputs, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [f"{name}.out"], name=name, **attributes))
        return f"{name}.out"

    def initializer(self, name, values):
        self.initializers.append(numpy_helper.from_array(values.detach().numpy().copy(), name))
        return name

    def constant(self, name, values):
        """Numbers that are part of the structure and not learned, as a node: initializers are the parameters."""
        tensor = numpy_helper.from_array(np.asarray(values), name)
        self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        return name


def _operator(layer):
    """The ONNX operator and attributes of one PyTorch layer."""
    match layer:
        case nn.Linear():
            return "Gemm", {"transB": 1}  # weight (C_out, C_in), as PyTorch stores it
        case nn.Conv2d():
            more = {"strides": layer.stride, "group": layer.groups}  # said only where they are not 1
            more = {key: value for key, value in more.items() if value not in (1, (1, 1))}
            return "Conv", {"kernel_shape": layer.kernel_size, "pads": layer.padding * 2} | more
        case nn.BatchNorm2d():
            return "BatchNormalization", {"epsilon": layer.eps}
        case nn.LayerNorm():
            return "LayerNormalization", {"axis": -1, "epsilon": layer.eps}
        case nn.MaxPool2d():
            return "MaxPool", {"kernel_shape": [layer.kernel_size] * 2, "strides": [layer.stride] * 2}
        case nn.AdaptiveAvgPool2d(output_size=1):
            return "GlobalAveragePool", {}
        case nn.ReLU():
            return "Relu", {}
        case nn.Flatten():
            return "Flatten", {"axis": 1}
        case nn.Softmax():
            return "Softmax", {"axis": layer.dim}
    raise TypeError(f"{type(layer).__name__} has no ONNX counterpart here; add it to _operator")


def fold(network):
    """A Sequential in which every BatchNorm2d has become part of the Conv2d before it."""
    folded, before = {}, None
    for name, layer in network.eval().named_children():
        if isinstance(layer, nn.BatchNorm2d):
            folded[before] = nn.utils.fusion.fuse_conv_bn_eval(folded[before], layer)
        else:
            folded[name], before = layer, name
    return nn.Sequential(OrderedDict(folded))


def write_samples(folder, evaluation, training, *, calibration=256, seed=0):
    """Write evaluation.npz from (inputs, labels), and calibration.npz from a seeded draw of the training inputs.

    Labels that are classes are written as int64, those that are quantities, such as a position, as float32.
    """
    inputs, labels = evaluation
    chosen = np.random.default_rng(seed).choice(len(training), min(calibration, len(training)), replace=False)
    labels = labels.astype(np.float32 if labels.dtype.kind == "f" else np.int64)
    np.savez_compressed(folder / "evaluation.npz", inputs=inputs.astype(np.float32), labels=labels)
    np.savez_compressed(folder / "calibration.npz", inputs=training[chosen].astype(np.float32))
