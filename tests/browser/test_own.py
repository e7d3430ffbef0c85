"""A person's own model: loaded through the scripting interface and by dropping files; it never leaves the tab."""

import base64
from io import BytesIO
from urllib.parse import urlsplit

import numpy as np
import onnx
import onnxruntime
import pytest

from tests.made.networks import cnn, mlp

LOAD = """async ([model, evaluation]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  try {
    return await playground.load(bytes(model), evaluation ? bytes(evaluation) : undefined);
  } catch (error) {
    return error.message;
  }
}"""


def load(tab, onnx: bytes, evaluation: bytes | None = None):
    """The Result of `playground.load`, or its refusal."""
    return tab.page.evaluate(LOAD, [data and base64.b64encode(data).decode() for data in (onnx, evaluation)])


def npz(**arrays) -> bytes:
    file = BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


@pytest.fixture(scope="module")
def labelled():
    rng = np.random.default_rng(3)
    return {"inputs": rng.standard_normal((50, 13)).astype(np.float32), "labels": rng.integers(0, 5, 50)}


def test_its_numbers_are_those_of_its_file(shared_tab, labelled):
    load(shared_tab, mlp(), npz(**labelled))
    result = shared_tab.set(recipe=[{"technique": "palettize", "bits": 2}])
    assert result["n"] == 50 and result["metric"] == "accuracy"
    session = onnxruntime.InferenceSession(shared_tab.model_bytes(), providers=["CPUExecutionProvider"])
    answers = session.run(None, {"x": labelled["inputs"]})[0].argmax(1)
    assert result["compressed"]["score"] == pytest.approx(np.mean(answers == labelled["labels"]))


def test_every_view_draws_it(shared_tab):
    result = load(shared_tab, cnn())
    assert result["metric"] == "agreement"
    for view in ("tradeoff", "predictions", "layers", "weights"):
        shared_tab.set(view=view, recipe=[{"technique": "quantize", "bits": 2}])
    assert "Your model" in shared_tab.page.evaluate(
        "document.querySelector('[data-root=model]').firstElementChild.shadowRoot.textContent"
    )


def test_dropped_files_are_opened_and_nothing_is_sent(new_tab, labelled):
    tab = new_tab().open()
    before = len(tab.asked)
    files = [base64.b64encode(data).decode() for data in (mlp(), npz(**labelled))]
    tab.page.evaluate(
        """([model, evaluation]) => {
            const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([bytes(model)], "mine.onnx"));
            dataTransfer.items.add(new File([bytes(evaluation)], "mine.npz"));
            document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        files,
    )
    tab.page.wait_for_function("playground.state.model.startsWith('own-')")
    tab.drawn()
    assert tab.result["n"] == 50
    assert [url for url in tab.asked[before:] if urlsplit(url).scheme == "http"] == []


@pytest.mark.parametrize(
    ("onnx", "evaluation", "said"),
    [
        (b"this is no network", None, "not an ONNX"),
        (mlp(), b"this is no archive", "is not an .npz file"),
        (mlp(), npz(inputs=np.zeros((4, 7), np.float32)), "inputs have shape (4, 7)"),
    ],
)
def test_a_bad_file_is_refused_in_words_and_the_state_stays(shared_tab, onnx, evaluation, said):
    shared_tab.set(model="spirals")
    assert said in load(shared_tab, onnx, evaluation)
    assert shared_tab.state["model"] == "spirals"
    assert shared_tab.set(recipe=[])["n"] == 600


def test_a_downloaded_file_opens_as_what_it_is(shared_tab):
    recipe = [{"technique": "prune", "sparsity": 0.6}, {"technique": "quantize", "bits": 4}]
    made = shared_tab.set(model="digits-cnn", recipe=recipe, layers={"fc2": {"skip": True}})
    state, file = shared_tab.state, shared_tab.model_bytes()
    shared_tab.set(model="spirals", recipe=[], layers={})
    opened = load(shared_tab, file)
    assert shared_tab.state == state
    assert opened["compressed"]["score"] == made["compressed"]["score"] and opened["compressed"]["bytes"] == len(file)
    assert "This file is digits-cnn with: prune 60 %" in shared_tab.page.text_content("body")


def test_a_compressed_file_of_another_kind_can_be_compressed_further(shared_tab):
    shared_tab.set(model="digits-mlp", recipe=[{"technique": "palettize", "bits": 4}], layers={})
    other = onnx.load_model_from_string(shared_tab.model_bytes())
    del other.metadata_props[:]  # it no longer says what it is
    opened = load(shared_tab, other.SerializeToString())
    assert opened["baseline"]["bytes"] == opened["compressed"]["bytes"] == len(other.SerializeToString())
    assert {layer["stored"] for layer in opened["layers"]} == {"as in your file"}
    smaller = shared_tab.set(recipe=[{"technique": "quantize", "bits": 2}])
    assert smaller["compressed"]["bytes"] < opened["baseline"]["bytes"]
