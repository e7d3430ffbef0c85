"""Where a network decides which samples go on, in any file; what the models of the zoo decide is in their tests."""

import asyncio

import numpy as np
import onnx
import pytest

from app.network.read import read
from app.pipeline.own_model import OwnModel
from app.pipeline.own_model import read as read_own
from app.runtime.native import NativeRuntime
from tests.made import networks


def test_a_network_of_somebody_else_may_be_dynamic():
    own = asyncio.run(read_own(NativeRuntime(), networks.dynamic()))
    assert isinstance(own, OwnModel) and own.network.decision.behind == {"conv2", "exit2"}
    assert read(networks.cnn()).decision is None


@pytest.mark.parametrize("threshold", [None, 0.2])
def test_the_threshold_is_a_constant_of_the_written_file(threshold):
    network = read(networks.dynamic(threshold=0.75))
    assert network.decision.threshold == 0.75 and network.decision.tensor == "threshold"
    file = onnx.load_model_from_string(network.write(network.weights, threshold=threshold).onnx)
    (limit,) = (t for t in file.graph.initializer if t.name == "threshold")
    assert onnx.numpy_helper.to_array(limit) == np.float32(threshold or 0.75)
