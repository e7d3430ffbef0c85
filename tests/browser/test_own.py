"""A person's own model: loaded through the scripting interface and by dropping files; it never leaves the tab."""

import asyncio
import base64
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from urllib.parse import urlsplit

import numpy as np
import onnx
import onnxruntime
import pytest

from app.pipeline import own_model
from app.pipeline.own_samples import Brought
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from tests.files import hand_files
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
    assert result["metric"] == "signal"
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
    asked = [urlsplit(url) for url in tab.asked[before:]]
    assert [url.path for url in asked if url.scheme == "http" and "/models/own" not in url.path] == [], "what opens it"


@pytest.mark.parametrize(
    ("onnx", "evaluation", "said"),
    [
        (b"this is no network", None, "not an ONNX"),
        (mlp(), b"this is no archive", "holds no samples"),
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


PICTURES = """async (model) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const canvas = new OffscreenCanvas(12, 12);
  canvas.getContext("2d").fillStyle = "rgb(255, 0, 51)";
  canvas.getContext("2d").fillRect(0, 0, 12, 12);
  const picture = await (await canvas.convertToBlob()).arrayBuffer();
  await playground.load(bytes(model), undefined, { files: { "red.png": picture }, prepare: "bytes" });
  return playground.predict(new Array(108).fill(0).map((_, at) => [255, 0, 51][Math.floor(at / 36)]));
}"""


def test_pictures_are_decoded_and_prepared_as_asked(shared_tab):
    both = shared_tab.page.evaluate(PICTURES, base64.b64encode(cnn()).decode())
    result = shared_tab.set(recipe=[])
    assert result["metric"] == "agreement" and result["n"] == 1 and len(both["baseline"]) == 11
    shared_tab.set(view="predictions")
    said = "brought to 6 x 6, colour, channels first; pixels as 0 to 255"
    shared_tab.page.wait_for_selector(f"text={said}", state="attached")


async def natively(file):
    """A file as a model, what is measured of it, and what it says of its first sample."""
    model = await own_model.read(NativeRuntime(), file.onnx, Brought(file.evaluation))
    measured = (await Pipeline(NativeRuntime()).found(model)).measured
    ran = await NativeRuntime().run(model.onnx, model.inputs, beside=model.beside)
    return model, measured, ran.outputs[0]


@pytest.mark.parametrize(
    "name",
    ["tokens of int64", "two inputs, both given, four at a time", "fixed batch of 4", "one logit, labels", "bfloat16"],
)
def test_the_page_feeds_a_network_as_native_onnxruntime_is_fed(shared_tab, name):
    file = next(file for file in hand_files.files() if file.name == name)
    result = load(shared_tab, file.onnx, file.evaluation)
    with ThreadPoolExecutor(1) as pool:  # Playwright has a loop of its own in this thread
        model, native, right = pool.submit(lambda: asyncio.run(natively(file))).result()
    assert (result["task"], result["n"]) == (model.task, len(model.inputs))
    assert result["baseline"]["score"] == pytest.approx(native.score, abs=1e-3)
    ours = np.array(shared_tab.page.evaluate("(x) => playground.predict(x)", model.inputs[0].tolist())["baseline"])
    np.testing.assert_allclose(ours, right, atol=1e-4)


def test_how_a_file_is_fed_is_chosen_in_its_sheet_and_survives_a_worker_that_dies(new_tab):
    tab = new_tab().open()
    octets = {"mimeType": "application/octet-stream"}
    picture = tab.page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(6, 6);
            canvas.getContext("2d").fillStyle = "rgb(255, 0, 51)";
            canvas.getContext("2d").fillRect(0, 0, 6, 6);
            return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())];
        }"""
    )
    files = {"mine.onnx": hand_files.two_inputs(), "red.png": bytes(picture)}
    tab.page.set_input_files("#files", [{"name": name, **octets, "buffer": data} for name, data in files.items()])
    tab.page.wait_for_function("playground.state.model.startsWith('own-')")
    form = "#sheet:popover-open"
    tab.page.wait_for_function("document.querySelector('#sheet [name=size]').value === '6, 6'")
    assert tab.page.input_value(f"{form} [name=pixels]") == "unit"
    assert tab.page.locator(f"{form} [name=input] option").all_text_contents() == ["as usual: x", "x", "row"]
    tab.page.select_option(f"{form} [name=pixels]", "imagenet")
    assert tab.page.input_value(f"{form} [name=mean]") == "0.485, 0.456, 0.406"
    tab.page.fill(f"{form} [name=mean]", "0.5")
    assert tab.page.input_value(f"{form} [name=pixels]") == ""
    tab.page.fill(f"{form} [name=deviation]", "so")
    tab.page.click("text=Read it so")
    tab.page.wait_for_selector("text=prepare.deviation is 'so'; it is one number, or one for each of three channels")
    tab.page.fill(f"{form} [name=deviation]", "0.25")
    tab.page.click("text=Read it so")
    tab.page.wait_for_function("playground.result.prepared.deviation[0] === 0.25")
    told = tab.result["prepared"]
    assert (told["mean"], told["deviation"], told["size"], told["made_up"]) == ([0.5], [0.25], [6, 6], ["row"])
    assert "prepare=mean:0.5,deviation:0.25" in tab.page.url
    state = tab.state
    tab.page.workers[-1].evaluate("setTimeout(() => self.close())")
    tab.page.evaluate("playground.set({}).catch(() => {})")
    tab.page.wait_for_function("document.querySelector('#error').hidden && document.querySelector('#progress').hidden")
    assert tab.state == state and tab.result["prepared"] == told
    tab.page.click("text=Read it so")
    tab.drawn()
    assert tab.state == state, "what is shown is what was done"


def test_a_sheet_tells_what_is_in_a_file_and_the_file_is_kept_if_one_asks(new_tab):
    tab = new_tab().open()
    file = {"name": "mine.onnx", "mimeType": "application/octet-stream", "buffer": mlp(seed=5)}
    tab.page.set_input_files("#files", [file])
    tab.page.wait_for_function("playground.state.model.startsWith('own-')")
    said = tab.page.text_content("#sheet:popover-open")
    assert "mine.onnx" in said and "126" in said and "can be compressed" in said and "2 Gemm" in said
    # What is said of the file would lie over what is said of the recipe.
    verdict = tab.page.locator("[data-root=notes]").get_by_text("too much for this model")
    tab.page.wait_for_selector("#error:not([hidden])")
    assert verdict.count() and not verdict.is_visible()
    id = tab.state["model"]
    tab.page.check("#sheet-keep input")
    tab.page.wait_for_function(
        """async (id) => {
            const own = await (await navigator.storage.getDirectory()).getDirectoryHandle("own");
            return (await own.getDirectoryHandle(id)).getFileHandle("options.json").then(() => true, () => false);
        }""",
        arg=id,
    )
    tab.page.reload()
    tab.page.wait_for_function("(id) => globalThis.playground?.state.model === id", arg=id)
    tab.page.wait_for_selector("#inside", state="visible")
    assert not tab.page.is_visible("#sheet")
    tab.page.click("#inside")
    tab.page.uncheck("#sheet-keep input")
    tab.page.reload()
    tab.page.wait_for_function(f"document.body.textContent.includes('open or drop the files of {id}')")
