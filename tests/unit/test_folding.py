"""Stored weights are unpacked when a session is made, never again at each run: the time shown is that of the model."""

import onnx
import onnxruntime
import pytest

from app import graph
from models import MODELS
from models import model as models
from tests.techniques import run

RECIPES = {
    "mask": {"prune": {"sparsity": 0.6}},
    "gaps": {"prune": {"sparsity": 0.97}},
    "planes": {"quantize": {"bits": 3}},
    "integers": {"quantize": {"bits": 4, "granularity": "per_block", "scheme": "asymmetric"}},
    "table": {"palettize": {"bits": 2}},
    "tables": {"palettize": {"bits": 4, "granularity": "per_grouped_channel"}},
    "mask and table": {"prune": {"sparsity": 0.6}, "palettize": {"bits": 5}},
    "gaps and integer table": {"prune": {"sparsity": 0.95}, "palettize": {"bits": 4}, "quantize": {"bits": 8}},
    "half": {"quantize": {"dtype": "fp16"}},
}


@pytest.mark.parametrize("id", MODELS)
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_only_the_model_is_left_to_run(id, recipe, tmp_path):
    data = models.load(id).onnx
    before, network = operators(data, tmp_path), graph.read(data)
    weights = network.weights
    for technique, params in recipe.items():
        weights = run(technique, weights, params, network.couplings)
    assert operators(network.write(weights).onnx, tmp_path) == before


def operators(data: bytes, folder) -> list[str]:
    """The operators that a session runs once it is made as the page makes it."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(folder / "optimized.onnx")
    options.log_severity_level = 4
    onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return [node.op_type for node in onnx.load(folder / "optimized.onnx").graph.node]
