"""Writes networks in which not every sample goes all the way; see `models.dynamic`. Used by train.py files only."""

import onnx
import torch
from onnx import helper

from models.dynamic import WENT_ON
from models.export import Graph


class Routes(Graph):
    """A graph whose samples part: all pass its first layers, and some the others."""

    def decide(self, probabilities, threshold):
        """Samples go on whose highest probability, of shape (N, classes), is below the threshold."""
        surest = self.node("ReduceMax", "surest", probabilities, self.constant("surest.axes", [1]), keepdims=0)
        limit = self.initializer(f"{WENT_ON}.threshold", torch.tensor(threshold))
        self.nodes.append(helper.make_node("Less", [surest, limit], [WENT_ON], name=WENT_ON))

    def going_on(self, x):
        """The samples of tensor ``x`` that go on; the name of that tensor, as for the other methods."""
        return self.node("Compress", "going_on", x, WENT_ON, axis=0)

    def together(self, early, late):
        """Answers ``early`` of all samples, in which those that went on have their ``late`` ones instead."""
        places = self.node("Transpose", "places", self.node("NonZero", "places.nonzero", WENT_ON), perm=[1, 0])
        return self.node("ScatterND", "together", early, places, late)

    def model(self, name, model, x):
        """Add a whole ONNX model that reads tensor ``x``, its names behind ``name``."""
        graph = onnx.compose.add_prefix(model, f"{name}.").graph
        for node in graph.node:
            node.input[:] = [x if tensor == graph.input[0].name else tensor for tensor in node.input]
        self.nodes += graph.node
        self.initializers += graph.initializer
        return graph.output[0].name

    def write(self, path, sample_shape, output_shape):
        """See `Graph.write`; with the second output."""
        went_on = helper.make_tensor_value_info(WENT_ON, onnx.TensorProto.BOOL, ["N"])
        super().write(path, sample_shape, output_shape, [went_on])
