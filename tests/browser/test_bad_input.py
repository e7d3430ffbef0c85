"""Bad input ends in a plain sentence; the rest keeps working."""

import shutil

import pytest

from .conftest import LIVE_MS, served, shown


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?model=gpt-9", "there is no model 'gpt-9'"),
        ("?recipe=squash,bits:3;quantize,bits:4", "unknown technique 'squash'"),
        ("?recipe=quantize,bits:99", "choose 1 to 8"),
        ("?keep=fc17", "digits-mlp has no layer 'fc17'"),
        ("?sample=100000", "choose 0 to 359"),
        ("?model=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "there is no model"),
    ],
)
def test_an_odd_link_gives_a_working_page_and_a_note(new_tab, query, said):
    tab = new_tab().open(query)
    assert said in tab.page.locator("#error-text").inner_text()
    assert tab.page.locator("#error img").count() == 0
    assert tab.set(recipe=[{"technique": "quantize", "bits": 4}])["compressed"]["bytes"] > 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recipe": [{"technique": "prune", "sparsity": 2}]}, "sparsity is 2; choose 0 to 0.99"),
        ({"recipe": [{"technique": "prune", "sparsity": "half"}]}, "not a number"),
        ({"recipe": [{"technique": "palettize", "bits": 2.5}]}, "not a whole number"),
        ({"recipe": [{"technique": "fold"}]}, "there is no technique 'fold'"),
        ({"recipe": [{"technique": "prune"}, {"technique": "prune"}]}, "twice"),
        ({"recipe": "prune"}, "recipe is a list"),
        ({"model": 3}, "there is no model"),
        ({"model": ["digits-mlp"]}, "there is no model"),
        ({"view": None}, "there is no view"),
        ({"layers": {"nowhere": {"skip": True}}}, "has no layer 'nowhere'"),
        ({"budget": {"bytes": -1}}, "budget.bytes is -1"),
        ({"colour": "red"}, "has no field 'colour'"),
        ([1, 2], "a change of State is an object"),
        (None, "a change of State is an object"),
    ],
)
def test_set_refuses_in_words_and_changes_nothing(shared_tab, change, said):
    before = shared_tab.state
    refused = "change => playground.set(change).then(() => '', error => error.message)"
    sentence = shared_tab.page.evaluate(refused, change)
    assert said in sentence
    assert shared_tab.state == before
    assert shared_tab.set(recipe=[])["changed"]["count"] == 0


def test_without_webassembly_the_page_says_so(new_tab):
    tab = new_tab()
    tab.page.context.add_init_script("delete globalThis.WebAssembly")
    # Workers do not run init scripts; the page looks before it starts one.
    tab.open(live=False)
    tab.page.wait_for_selector("#error-text >> text=/WebAssembly/")
    shown("no WebAssembly", tab.page.inner_text("#error-text"))
    assert tab.page.locator("[data-root=figures]").is_visible()


def test_without_workers_the_page_says_so(new_tab):
    tab = new_tab()
    tab.page.add_init_script("delete globalThis.Worker")
    tab.open(live=False)
    tab.page.wait_for_selector("#error-text >> text=/cannot run workers/")
    shown("no workers", tab.page.inner_text("#error-text"))
    assert "cannot run workers" in tab.page.evaluate("playground.ready.catch(({ message }) => message)")


def test_without_javascript_the_page_says_so(new_tab):
    tab = new_tab(java_script_enabled=False)
    tab.open(live=False)
    shown("no JavaScript", tab.page.locator("noscript").inner_text())


MISSING = ("shell.js", "worker.js", "boot.js", "pyodide/pyodide.asm.wasm", "ort/ort-wasm-simd-threaded.wasm")


@pytest.mark.parametrize("missing", MISSING)
def test_a_missing_file_is_named_or_explained(dist, new_tab, tmp_path, missing):
    broken = tmp_path / "dist"
    shutil.copytree(dist, broken)
    (broken / missing).unlink()
    with served(broken) as address:
        tab = new_tab(address)
        tab.open(live=False)
        tab.page.wait_for_selector("#error:not([hidden])")
        sentence = tab.page.locator("#error-text").inner_text()
        shown(f"{missing} is missing", sentence)
        ready = "window.playground?.ready.then(() => 'ready', () => 'failed')"
        assert tab.page.evaluate(ready) == (None if missing == "shell.js" else "failed")
    assert len(sentence) > 20 and "Traceback" not in sentence and "undefined" not in sentence
    assert tab.page.locator("[data-root=figures]").is_visible()


def test_a_worker_that_is_stuck_is_told_and_forgotten_once_it_answers(new_tab):
    tab = new_tab().open()
    stuck = "setTimeout(() => { const end = performance.now() + 8000; while (performance.now() < end); })"
    tab.page.workers[0].evaluate(stuck)
    asked = tab.page.evaluate_handle("() => ({ answer: playground.set({ view: 'layers' }) })")
    tab.page.wait_for_selector("#error-text:text('has not answered')", timeout=LIVE_MS)
    shown("what computes is silent for 4 seconds", tab.page.inner_text("#error-text"))
    assert tab.page.locator("#anew").is_visible() and tab.page.locator("#wait").is_visible()
    asked.evaluate("asked => asked.answer")
    tab.page.wait_for_selector("#error", state="hidden", timeout=LIVE_MS)
    assert tab.page.locator("#anew").is_hidden() and tab.state["view"] == "layers"
