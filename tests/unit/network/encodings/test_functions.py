"""Functions that unpack weights hold what is needed, and run when a session is made, never again at each run.

That holds for a session with default options, anywhere, as well as for those of the page, which fold more.
"""

import onnx
import onnxruntime
import pytest

from app.network.encodings import functions
from app.network.protobuf import DOMAIN
from app.network.read import read
from models import MODELS
from models import model as models
from models.versions import OPSET
from tests.techniques import run


def test_functions_say_what_is_needed_and_nothing_else():
    for name in functions.NAMES:
        (function,) = onnx.load_model_from_string(functions.function(name)).functions
        assert function.name == name and 100 < len(functions.function(name)) < 560
        made = {output for node in function.node for output in node.output}
        read = {tensor for node in function.node for tensor in node.input} | set(function.output)
        assert read <= made | set(function.input) and made <= read  # nothing is missing, nothing is left over


@pytest.mark.parametrize("name", functions.NAMES)
def test_a_text_is_read_as_onnx_reads_it_but_for_empty_names(name):
    text = f'<domain: "{DOMAIN}", opset_import: ["" : {OPSET}]> {name} {functions._TEXT[name]}'
    expected = onnx.parser.parse_function(text)
    expected.opset_import[0].ClearField("domain")
    for node in expected.node:
        node.ClearField("domain")
        for attribute in node.attribute:
            if attribute.HasField("t"):
                attribute.t.ClearField("name")
    assert functions.parsed(name, functions._TEXT[name]) == expected


RECIPES = {
    "mask": {"prune": {"sparsity": 0.6}},
    "gaps": {"prune": {"sparsity": 0.97}},
    "planes": {"quantize": {"bits": 3}},
    "integers": {"quantize": {"bits": 4, "granularity": "per_block", "scheme": "asymmetric"}},
    "table": {"palettize": {"bits": 2}},
    "tables": {"palettize": {"bits": 4, "granularity": "per_grouped_channel"}},
    "mask and table": {"prune": {"sparsity": 0.6}, "palettize": {"bits": 5}},
    "gaps and integer table": {"prune": {"sparsity": 0.95}, "palettize": {"bits": 4}, "quantize": {"bits": 8}},
    "vectors": {"palettize": {"bits": 5, "cluster_dim": 4}},
    "tables of vectors, fp16, scales": {
        "palettize": {
            "cluster_dim": 2,
            "granularity": "per_grouped_channel",
            "lut_dtype": "fp16",
            "per_channel_scale": "yes",
        },
    },
    "mask and vectors": {"prune": {"sparsity": 0.6}, "palettize": {"cluster_dim": 2, "lut_dtype": "int8"}},
    "half": {"quantize": {"dtype": "fp16"}},
    "bf16": {"quantize": {"dtype": "bf16"}},
    "fp8": {"quantize": {"dtype": "fp8", "scales": "int8", "granularity": "per_block"}},
    "mask and fp8": {"prune": {"sparsity": 0.6}, "quantize": {"dtype": "fp8", "granularity": "per_block"}},
    "int16": {"quantize": {"dtype": "int16", "scales": "fp16"}},
    "scales of scales": {"quantize": {"bits": 4, "granularity": "per_block", "block_size": 16, "scales": "int8"}},
    "real zero point": {"quantize": {"bits": 4, "granularity": "per_block", "range": "hqq"}},
    "positions": {"prune": {"sparsity": 0.99}},
}


@pytest.mark.parametrize("id", MODELS)
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_only_the_model_is_left_to_run(id, recipe, tmp_path):
    data = models.load(id).onnx
    before, network = operators(data, tmp_path), read(data)
    weights = network.weights
    for technique, params in recipe.items():
        weights = run(technique, weights, params, network.channel_groups)
    assert operators(network.write(weights).onnx, tmp_path) == before


def operators(data: bytes, folder) -> list[str]:
    """The operators that a session with default options runs once it is made."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(folder / "optimized.onnx")
    options.log_severity_level = 4
    onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return [node.op_type for node in onnx.load(folder / "optimized.onnx").graph.node]
