"""What is on screen is what is downloaded: every number again, from the file, in native onnxruntime."""

import json
import zlib

import numpy as np
import onnx
import onnxruntime
import pytest

from app.state.state import DEFAULT
from app.tasks import TASKS
from models import MODELS
from models import model as models
from models.metrics import METRICS

RECIPES = [
    [],
    [{"technique": "prune", "sparsity": 0.6}],
    [{"technique": "structured", "sparsity": 0.3}],
    [{"technique": "palettize", "bits": 3}],
    [{"technique": "quantize", "bits": 2, "scheme": "asymmetric"}],
    [{"technique": "quantize", "bits": 4, "granularity": "per_block", "block_size": 32}],
    [{"technique": "quantize", "dtype": "fp16"}],
    [{"technique": "prune", "sparsity": 0.9}, {"technique": "palettize", "bits": 4}],
    [{"technique": "prune"}, {"technique": "palettize", "bits": 2}, {"technique": "quantize", "bits": 8}],
    [{"technique": "prune", "sparsity": 0.7}, {"technique": "quantize", "bits": 5}],
]


def natively(onnx_bytes: bytes, inputs: np.ndarray) -> np.ndarray:
    """The outputs of plain onnxruntime with its default options, as a person who downloads the file would run it."""
    session = onnxruntime.InferenceSession(onnx_bytes, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: inputs})[0]


@pytest.mark.parametrize("id", MODELS)
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: "+".join(s["technique"] for s in recipe) or "nothing")
def test_every_number_is_that_of_the_file(shared_tab, id, recipe):
    result = shared_tab.set(model=id, recipe=recipe)
    data, model = shared_tab.model_bytes(), models.load(id)
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    after, before = natively(data, model.inputs), natively(model.onnx, model.inputs)
    shown = result["compressed"]
    assert shown["bytes"] == len(data)
    assert shown["bytes_zipped"] == len(zlib.compress(data, 6))
    assert sum(layer["bytes_after"] for layer in result["layers"]) <= len(data)
    if model.task != "classification":
        return outputs_are_close(result, model, after, before)
    answers, before, labels = after.argmax(1), before.argmax(1), model.labels
    assert shown["score"] == pytest.approx(np.mean(answers == labels), abs=1e-9)
    assert result["baseline"]["score"] == pytest.approx(np.mean(before == labels), abs=1e-9)
    assert result["changed"]["indices"] == np.flatnonzero(answers != before).tolist()
    assert result["changed"]["broken"] == int(np.sum((answers != before) & (before == labels)))
    assert result["changed"]["fixed"] == int(np.sum((answers != before) & (answers == labels)))


def outputs_are_close(result, model, after, before):
    """A quantity is the same but for the last bits, by which an answer near the edge may come to lie beyond it."""
    metric, task = METRICS[model.metric], TASKS[model.task]
    for name, outputs in (("compressed", after), ("baseline", before)):
        score = metric.of(metric.values(outputs, model.labels, model.row))
        assert result[name]["score"] == pytest.approx(score, rel=1e-4), name
    changed = task.changed(task.answers(before), task.answers(after), model.labels)
    assert len(set(changed.indices.tolist()) ^ set(result["changed"]["indices"])) <= 2


def test_download_saves_those_bytes(shared_tab):
    shared_tab.set(model="digits-mlp", recipe=[{"technique": "quantize", "bits": 3}])
    with shared_tab.page.expect_download() as download:
        shared_tab.page.click("#download")
    assert download.value.suggested_filename == "digits-mlp-compressed.onnx"
    saved = download.value.path().read_bytes()
    assert saved == shared_tab.model_bytes()
    recipe = json.loads({p.key: p.value for p in onnx.load_from_string(saved).metadata_props}["recipe"])
    assert DEFAULT.merged({"recipe": recipe["recipe"]}).to_json()["recipe"] == shared_tab.state["recipe"]


def test_the_figures_on_screen_are_those_of_the_result(shared_tab):
    result = shared_tab.set(model="digits-mlp", recipe=[{"technique": "prune", "sparsity": 0.8}])
    text = shared_tab.page.evaluate(
        "document.querySelector('[data-root=figures]').firstElementChild.shadowRoot.textContent"
    )
    new = result["compressed"]
    assert f"{100 * new['score']:.1f}" in text
    assert f"{new['bytes'] / 1000:.1f}" in text
    assert f"{result['changed']['count']} of {result['n']}" in " ".join(text.split())


def test_a_kept_layer_keeps_its_weights(shared_tab):
    recipe = [{"technique": "quantize", "bits": 2}]
    result = shared_tab.set(model="digits-mlp", recipe=recipe, layers={"fc3": {"skip": True}})
    by_name = {layer["name"]: layer for layer in result["layers"]}
    assert by_name["fc3"]["sqnr_db"] is None and by_name["fc1"]["sqnr_db"] is not None
    shared_tab.set(layers={})
