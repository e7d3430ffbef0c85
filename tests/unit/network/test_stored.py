"""What a file is spent on: every byte is counted once, and where it says."""

import asyncio

import numpy as np
import onnx
import pytest

from app.network.protobuf import PARTS
from app.network.read import read
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state.choices import Step
from app.state.state import State
from kernels.storage.entropy import bound
from kernels.weight import Float
from models import MODELS
from models import model as models
from tests.techniques import run

RECIPES = {
    "nothing": (),
    "bf16": (("quantize", {"dtype": "bf16"}),),
    "fp8": (("prune", {"sparsity": 0.8}), ("quantize", {"dtype": "fp8"})),
    "double": (("quantize", {"bits": 4, "granularity": "per_block", "block_size": 16, "scales": "int8"}),),
    "hqq": (("quantize", {"bits": 3, "range": "hqq", "granularity": "per_block"}),),
    "mask": (("prune", {"sparsity": 0.6}), ("palettize", {"bits": 3})),
    "gaps": (("prune", {"sparsity": 0.95}), ("quantize", {"bits": 8})),
    "little": (("prune", {"sparsity": 0.99}),),
}


def stored(id, recipe):
    """The weights of a model after a recipe, and the file written with them."""
    network = read(models.load(id).onnx)
    weights = network.weights
    for technique, params in recipe:
        weights = run(technique, weights, params, network.channel_groups)
    return weights, network.write(weights, {"recipe": "said"})


@pytest.mark.parametrize("id", MODELS)
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_parts_of_layers_and_overhead_add_up_to_the_file(id, recipe):
    weights, written = stored(id, recipe)
    layers = written.stored.values()
    assert sum(n for layer in layers for n in layer.cost.values()) + sum(written.overhead.values()) == len(written.onnx)
    assert all(list(layer.cost) == [*PARTS, "bias", "graph"] and min(layer.cost.values()) >= 0 for layer in layers)
    file = onnx.load_model_from_string(written.onnx)
    assert (written.overhead["functions"] > 0) == bool(file.functions) and written.overhead["metadata"] > 0
    for weight, layer in zip(weights, layers, strict=True):
        sparse = any(word in layer.label for word in ("mask", "gaps", "COO"))
        assert (layer.cost["places"] > 0) == sparse
        assert (layer.cost["tables"] > 0) == ("palette" in layer.label)
        assert (layer.cost["scales"] > 0) == (not isinstance(weight.form, Float) and "palette" not in layer.label)
        assert layer.cost["bias"] == (0 if weight.bias is None else 4 * len(weight.bias))
        if not sparse and isinstance(weight.form, Float):
            assert layer.cost["payload"] == weight.values.size * weight.form.bits / 8
        if not layer.label.startswith("gaps"):  # steps can profit from runs
            assert bound(weight) <= layer.cost["payload"] + layer.cost["places"] + 0.5


def test_a_result_says_what_its_file_is_spent_on():
    recipe = (Step.of("prune", sparsity=0.9), Step.of("palettize", bits=2))
    result = asyncio.run(Pipeline(NativeRuntime()).result(State(model="digits-mlp", recipe=recipe)))
    said = result.to_json()
    assert sum(said["cost"].values()) == said["compressed"]["bytes"] == len(result.onnx)
    assert {"payload", "tables", "places", "functions", "metadata", "rest"} <= said["cost"].keys()
    for layer in said["layers"]:
        assert sum(layer["cost"].values()) == layer["bytes_after"]
        assert 0 < layer["entropy_bytes"] < layer["bytes_after"]
        assert layer["macs"] == np.prod(layer["shape"])
