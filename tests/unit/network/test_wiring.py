"""Which layer reads what: chains, branches and where they meet, and what is watched of a file."""

import pytest

from app.network.read import read
from models import MODELS
from models.model import load


def drawn(id):
    """What each vertex reads: by the names of layers, or operators where branches meet."""
    wiring = read(load(id).onnx).wiring
    names = [vertex.layer or vertex.op for vertex in wiring]
    return {names[i]: [names[j] for j in vertex.sources] for i, vertex in enumerate(wiring)}, wiring


def test_a_chain():
    reads, wiring = drawn("digits-cnn")
    assert list(reads) == ["input", "conv1", "conv2", "fc1", "fc2", "output"]
    assert [vertex.sources for vertex in wiring] == [(), (0,), (1,), (2,), (3,), (4,)]
    assert wiring[2].tensor == "relu2.out"  # what it says is behind its Relu


def test_a_shortcut_meets_what_it_leads_around():
    _, wiring = drawn("digits-resnet")
    at = {vertex.layer: i for i, vertex in enumerate(wiring)}
    meeting = wiring[at["block2.conv1"]].sources[0]
    assert wiring[meeting].op == "Add" and wiring[meeting].tensor == "relu1.out"
    assert wiring[meeting].sources == (at["conv"], at["block1.conv2"])
    assert wiring[at["block1.conv2"]].tensor == "block1.bn2.out"  # the Relu belongs to the sum


def test_attention_parts_and_meets():
    reads, _ = drawn("digits-vit")
    assert reads["block1.attention.q"] == reads["block1.attention.k"] == reads["block1.attention.v"] == ["patches"]
    assert reads["block1.attention.proj"] == ["MatMul"]


def test_an_early_exit_branches_off():
    reads, _ = drawn("digits-early-exit")
    assert reads["exit1"] == reads["conv2"] == ["conv1"]
    assert reads["ScatterND"] == ["exit1", "exit2"] and reads["output"] == ["ScatterND"]


@pytest.mark.parametrize("id", MODELS)
def test_every_layer_of_every_model_is_reached_from_the_input(id):
    network = read(load(id).onnx)
    wiring = network.wiring
    assert [vertex.layer for vertex in wiring if vertex.layer] == [layer.name for layer in network.layers]
    assert all(vertex.sources for vertex in wiring[1:])
    assert all(j < i for i, vertex in enumerate(wiring) for j in vertex.sources)
