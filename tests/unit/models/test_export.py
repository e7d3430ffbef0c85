"""A trained network is written as a file that gives its answers, layer by layer under its own names."""

import numpy as np
import onnx
import pytest

from tests.made.networks import run

torch = pytest.importorskip("torch")  # only to train models, and to test that
from torch import nn  # noqa: E402

from models import export  # noqa: E402
from models.blocks import Attention, Residual, TokenLinear, TokenMean, Tokens  # noqa: E402

PICTURES = np.random.default_rng(1).standard_normal((4, 3, 8, 8)).astype(np.float32)


def convolutional():
    torch.manual_seed(0)
    network = nn.Sequential()
    network.add_module("conv1", nn.Conv2d(3, 5, 3, padding=1, stride=2))
    network.add_module("norm1", nn.BatchNorm2d(5))
    network.add_module("relu1", nn.ReLU())
    network.add_module("deep", nn.Conv2d(5, 5, 3, padding=1, groups=5))
    network.add_module("pool", nn.MaxPool2d(2))
    network.add_module("mean", nn.AdaptiveAvgPool2d(1))
    network.add_module("flat", nn.Flatten())
    network.add_module("fc", nn.Linear(5, 7))
    with torch.no_grad():
        network.norm1.running_mean.uniform_(-1, 1)
        network.norm1.running_var.uniform_(0.5, 2)
    return network


def answers(network):
    with torch.no_grad():
        return network.eval()(torch.from_numpy(PICTURES)).numpy()


@pytest.fixture
def written(tmp_path):
    def write(network):
        path = tmp_path / "model.onnx"
        export.write_model(path, network, PICTURES.shape[1:])
        return path.read_bytes()

    return write


def test_the_file_gives_the_answers_of_the_network_under_its_names(written):
    network = convolutional()
    data = written(network)
    np.testing.assert_allclose(run(data, PICTURES)[0], answers(network), rtol=1e-4, atol=1e-5)
    graph = onnx.load_model_from_string(data).graph
    assert [node.name for node in graph.node] == [name for name, _ in network.named_children()]
    assert {"conv1.weight", "conv1.bias", "fc.weight", "fc.bias"} <= {tensor.name for tensor in graph.initializer}


def test_attention_and_its_residual_stream_give_the_same_answers(written):
    torch.manual_seed(0)
    network = nn.Sequential()
    network.add_module("patch", nn.Conv2d(3, 12, 2, stride=2))
    network.add_module("tokens", Tokens(16, 12))
    network.add_module("attention", Attention(12, 3))
    network.add_module("token", TokenLinear(12, 6))
    network.add_module("mean", TokenMean())
    np.testing.assert_allclose(run(written(network), PICTURES)[0], answers(network), rtol=1e-4, atol=1e-5)


def test_a_block_around_which_there_is_a_way_gives_the_same_answers(written):
    torch.manual_seed(0)
    around = nn.Sequential()
    around.add_module("short", nn.Conv2d(3, 5, 1))
    layers = nn.Sequential()
    layers.add_module("conv", nn.Conv2d(3, 5, 3, padding=1))
    network = nn.Sequential()
    network.add_module("block", Residual(layers, around))
    np.testing.assert_allclose(run(written(network), PICTURES)[0], answers(network), rtol=1e-4, atol=1e-5)


def test_a_folded_normalization_changes_no_answer():
    network = convolutional()
    folded = export.fold(network)
    assert "norm1" not in dict(folded.named_children()) and len(folded) == len(network) - 1
    np.testing.assert_allclose(answers(folded), answers(network), rtol=1e-4, atol=1e-5)


def test_a_layer_without_a_counterpart_is_refused_in_words(written):
    with pytest.raises(TypeError, match="GELU has no ONNX counterpart here"):
        written(nn.Sequential(nn.GELU()))


def test_samples_to_calibrate_with_are_drawn_from_those_of_training(tmp_path):
    training = np.arange(600, dtype=np.float64).reshape(300, 2)
    export.write_samples(tmp_path, (training[:5], np.arange(5.0)), training, calibration=20)
    with np.load(tmp_path / "calibration.npz") as stored:
        drawn = stored["inputs"]
    assert drawn.shape == (20, 2) and drawn.dtype == np.float32 and set(drawn[:, 0]) <= set(training[:, 0])
    assert len(set(drawn[:, 0])) == 20, "none of them twice"
    with np.load(tmp_path / "evaluation.npz") as stored:
        assert stored["labels"].dtype == np.float32, "quantities, as they were"
