"""A file that Download saved, opened again: the State it came from, and no other."""

import asyncio
import json

import onnx
import pytest

from app.pipeline import reopen
from app.pipeline.pipeline import Pipeline
from app.pipeline.watch import Watch
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT
from tests.made import networks

PIPELINE = Pipeline(NativeRuntime())


def saved(**change) -> tuple[dict, bytes]:
    """What a State gives: the State as JSON, and the file."""
    result = asyncio.run(PIPELINE.result(DEFAULT.merged({"model": "spirals", **change})))
    return result.state.to_json(), result.onnx


def opened(onnx: bytes, watch: Watch = Watch()):  # noqa: B008 - a frozen value
    return asyncio.run(reopen.recipe(Pipeline(NativeRuntime()), onnx, watch))


def saying(text: str) -> bytes:
    """A file whose metadata say this of its recipe."""
    file = onnx.load_model_from_string(networks.mlp())
    onnx.helper.set_model_props(file, {"recipe": text})
    return file.SerializeToString()


@pytest.mark.parametrize(
    "change",
    [
        {"recipe": [{"technique": "quantize", "bits": 3}]},
        {"recipe": [{"technique": "quantize"}, {"technique": "activations"}]},
        {"recipe": [{"technique": "factorize", "keep": 0.6, "by": "rank"}, {"technique": "palettize", "bits": 4}]},
        {"recipe": [{"technique": "prune", "criterion": "random"}], "seed": 7},
        {"recipe": [{"technique": "prune"}, {"technique": "quantize", "bits": 4}],
         "layers": {"fc1": {"skip": True}, "fc2": {"quantize": {"bits": 6}, "prune": False}}},
    ],
)  # fmt: skip
def test_the_state_comes_back(change):
    state, file = saved(**change)
    networks.check(file)
    assert DEFAULT.merged(opened(file)).to_json() == state


def test_another_file_that_says_the_same_is_not_taken_for_it():
    _, file = saved()
    other = onnx.load_model_from_string(file)
    other.graph.initializer[0].raw_data = bytes(len(other.graph.initializer[0].raw_data))
    assert opened(other.SerializeToString()) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "{", "[" * 90_000, "1" * 5000, '{"model": "<b>", "recipe": []}',
        '{"model": ["digits-mlp"], "recipe": {}}', '{"model": "spirals", "recipe": [{"technique": "melt"}]}',
        '{"model": "spirals", "recipe": [{"technique": "prune", "sparsity": "much"}]}',
        '{"model": "spirals", "recipe": [], "layers": {"nowhere": {"skip": true}}}',
        '{"model": "spirals", "recipe": [], "seed": 1e400}', json.dumps({"model": "spirals", "recipe": "x" * 200_000}),
    ],
)  # fmt: skip
def test_what_is_no_recipe_of_ours_is_none(text):
    assert opened(saying(text)) is None


def test_what_is_no_file_is_none():
    assert opened(b"no file") is None


def test_a_recipe_that_takes_too_long_is_given_up(monkeypatch):
    _, file = saved(recipe=[{"technique": "repair", "effort": "thorough"}, {"technique": "quantize", "bits": 4}])
    monkeypatch.setattr(reopen, "PATIENCE", -1)
    assert opened(file) is None
