"""Models in which not every sample goes all the way, in the page: what goes on, what it costs, and its slider."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT

STATES = [
    ("digits-early-exit", 0.5, []),
    ("digits-early-exit", 0.1, [{"technique": "activations"}]),  # nothing goes on, to layers that multiply integers
    ("digits-early-exit", None, [{"technique": "structured", "sparsity": 0.4}, {"technique": "repair"}]),
    ("digits-gate", 0.9, [{"technique": "quantize", "bits": 4}]),
    ("digits-gate", 1.0, []),
]


def natively(change):
    """The Result without a browser, in a thread of its own: Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        work = Pipeline(NativeRuntime()).result(DEFAULT.merged(change))
        return thread.submit(asyncio.run, work).result().to_json()


@pytest.mark.parametrize("model, threshold, recipe", STATES)
def test_the_page_finds_what_is_found_natively(shared_tab, model, threshold, recipe):
    change = {"model": model, "threshold": threshold, "recipe": recipe}
    native, page = natively(change), shared_tab.set(**change)
    for file in ("baseline", "compressed"):
        for name in ("share", "macs"):
            assert page[file]["dynamic"][name] == pytest.approx(native[file]["dynamic"][name], rel=0.03, abs=0.006)
        assert page[file]["score"] == pytest.approx(native[file]["score"], abs=0.006)


def test_the_slider_of_the_threshold_moves_what_goes_on_and_the_link(new_tab):
    tab = new_tab().open("?v=1&model=digits-early-exit&recipe=none&threshold=0.6")
    before = tab.result["compressed"]
    handle = tab.page.locator("[data-root=recipe] .threshold .noUi-handle")
    handle.focus()
    tab.page.keyboard.press("ArrowLeft")
    tab.page.wait_for_function("playground.state.threshold === 0.59")
    tab.page.wait_for_function("location.search.includes('threshold=0.59')")
    tab.page.keyboard.press("Home")
    tab.page.wait_for_function("playground.state.threshold === 0.1")
    tab.drawn()
    after = tab.result["compressed"]
    assert before["dynamic"]["share"] > after["dynamic"]["share"] == 0
    assert before["dynamic"]["macs"] > after["dynamic"]["macs"]
    tab.set(model="digits-mlp")
    assert tab.state["threshold"] is None and handle.is_hidden() and tab.said == []
