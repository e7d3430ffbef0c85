"""Weights of operators that are not followed: stored compressed, the rest of the recipe left out with a reason."""

import asyncio
from dataclasses import replace

import numpy as np
import onnx
import pytest

from app.network.read import read
from app.pipeline import own_model
from app.pipeline.cache import Memory
from app.pipeline.calibrate import Calibrator
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT
from kernels.asking import Inputs
from models import model as models
from tests.files import hand_files
from tests.made import networks

SEQUENCES = np.random.default_rng(0).standard_normal((6, 12, 8)).astype(np.float32)


def opened(data: bytes) -> str:
    """The id of a model that has been added."""
    model = asyncio.run(own_model.read(NativeRuntime(), data))
    models.add(model)
    return model.id


def result_of(pipeline: Pipeline, model: str, *recipe: dict, **more):
    return asyncio.run(pipeline.result(DEFAULT.merged({"model": model, "recipe": list(recipe), **more})))


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("directions", [1, 2])
def test_a_recurrent_network_is_written_as_it_was_read(kind, directions):
    data = hand_files.recurrent(kind, directions)
    network = read(data)
    assert [layer.op for layer in network.layers] == [kind, kind, "Gemm"]
    assert all(layer.pixels_out == 12 for layer in network.layers[:2]), "each is applied once a step"
    networks.equal_answers(network.write(network.weights).onnx, data, SEQUENCES)


def test_its_weights_take_part_in_what_looks_at_weights_alone():
    pipeline, model = Pipeline(NativeRuntime()), opened(hand_files.recurrent("LSTM"))
    result = result_of(pipeline, model, {"technique": "prune", "sparsity": 0.5}, {"technique": "palettize", "bits": 4})
    assert sum(layer.bytes_after for layer in result.layers) < 0.35 * sum(layer.bytes_before for layer in result.layers)
    assert all(0.4 < layer.sparsity < 0.6 for layer in result.layers[:2])
    left = result_of(pipeline, model, {"technique": "prune", "criterion": "wanda"}, {"technique": "factorize"})
    assert all("Prune left out: what this weight meets is not followed." in layer.note for layer in left.layers[:2])
    assert left.layers[0].stored == "float32"


@pytest.mark.parametrize("opset", [21, 17])
def test_what_onnxruntime_calls_attention_is_stored_and_opens_again(opset):
    """Its weights and the tables of its embedding once stood in the file as they came, without a word."""
    data = hand_files.attention(opset)
    network, pipeline = read(data), Pipeline(NativeRuntime())
    tables = [(layer.name, layer.op) for layer in network.layers if layer.is_table]
    embedding = "EmbedLayerNormalization"
    assert tables == [("words", embedding), ("places", embedding), ("attention", "Attention")]
    x = np.random.default_rng(0).integers(0, 50, (6, 12)).astype(np.int32)
    networks.equal_answers(network.write(network.weights).onnx, data, x)
    steps = {"technique": "structured", "sparsity": 0.25}, {"technique": "quantize", "bits": 4}
    result = result_of(pipeline, opened(data), *steps)
    assert [layer.stored[:4] for layer in result.layers[:3]] == ["int4"] * 3
    assert sum(layer.bytes_after for layer in result.layers) < 0.4 * sum(layer.bytes_before for layer in result.layers)
    plain = onnx.load_model_from_string(result.onnx)
    del plain.metadata_props[:]
    again = asyncio.run(own_model.read(NativeRuntime(), plain.SerializeToString()))
    assert again.decoded == 7 and [layer.name for layer in again.network.layers if layer.is_table] == [*dict(tables)]


def test_what_is_read_behind_a_table_is_read_as_the_table_now_is():
    """Where a tensor is known already, a table that stands before it may have changed all the same."""
    pipeline, id = Pipeline(NativeRuntime()), opened(hand_files.recurrent("LSTM"))
    result_of(pipeline, id)
    base = pipeline.memory.bases[id]
    table = base.weights["lstm1.input"]
    halved = {table.name: replace(table, values=table.values / 2)}
    calibrator = Calibrator(NativeRuntime(), Memory())
    read = [asyncio.run(calibrator.answer(base, base.weights, Inputs("fc", changed))) for changed in ({}, halved)]
    assert np.abs(read[1] - read[0]).max() > 0.05


def test_a_file_with_compressed_tables_opens_as_it_is_and_every_view_draws_it():
    pipeline, model = Pipeline(NativeRuntime()), opened(hand_files.recurrent("GRU", 2))
    made = result_of(pipeline, model, {"technique": "quantize", "bits": 4}, view="network")
    assert "GRU1.input" not in {vertex.layer for vertex in made.flow.wiring} and set(made.flow.said) == {"fc"}
    bare = onnx.load_model_from_string(made.onnx)
    del bare.metadata_props[:]  # it no longer says what it is
    again = result_of(pipeline, opened(bare.SerializeToString()))
    assert {layer.stored for layer in again.layers} == {"as in your file"}
    assert again.compressed.size_bytes == again.baseline.size_bytes


@pytest.mark.parametrize("name, op", [("tokens of int64", "Gather"), ("image to image", "ConvTranspose")])
def test_embeddings_and_transposed_convolutions_are_tables_too(name, op):
    data = next(file.onnx for file in hand_files.files() if file.name == name)
    assert op in [layer.op for layer in read(data).layers]
    result = result_of(Pipeline(NativeRuntime()), opened(data), {"technique": "quantize", "bits": 4})
    table = next(layer for layer in result.layers if layer.op == op)
    assert table.stored.startswith("int4") and table.cost["payload"] < table.before.nbytes / 3
