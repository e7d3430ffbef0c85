"""Every model of the zoo in the page: fetched from the same origin when it is first chosen, and live."""

from urllib.parse import urlsplit

import pytest

from app.views import VIEWS
from models import MODELS
from models import model as models

MODEL = "**/models/digits-vit-*.wasm"
MENU = "document.querySelector('[data-root=model]').firstElementChild.shadowRoot.querySelector('select')"
CHOOSE = f"label => {{ const menu = {MENU}; menu.value = label; menu.dispatchEvent(new Event('change')); }}"


def test_every_model_is_live_and_fetched_once(new_tab):
    tab = new_tab().open()
    size = len(tab.model_bytes())
    for _ in range(2):
        for id in MODELS:
            for view in VIEWS:
                result = tab.set(model=id, view=view, recipe=[{"technique": "quantize", "bits": 4}])
            model = models.load(id)
            assert (result["model"], result["n"]) == (id, len(model.labels))
            assert abs(100 * result["baseline"]["score"] - float(model.numbers["accuracy"].split("%")[0])) < 0.3
            assert result["compressed"]["bytes"] < result["baseline"]["bytes"] == len(model.onnx)
            assert result["compressed"]["bytes"] != size and (size := result["compressed"]["bytes"])
            assert (
                result["baseline"]["latency_ms"] * result["n"] < 1000
            )  # the budget is 150; others may be at work here
    urls = [urlsplit(url) for url in tab.asked if not url.startswith(("blob:", "data:"))]
    assert tab.said == [] and {url.netloc for url in urls} == {urlsplit(tab.site).netloc}
    fetched = [url.path.rpartition("/models/")[2].rpartition("-")[0] for url in urls if "/models/" in url.path]
    assert sorted(fetched) == sorted(set(MODELS) - {"digits-mlp"})


def test_a_link_to_a_model_opens_it(new_tab):
    tab = new_tab().open("?v=1&model=cancer&recipe=prune,sparsity:0.9")
    assert tab.result["model"] == "cancer" and tab.result["n"] == 340 and tab.said == []


@pytest.mark.parametrize("way", ["missing", "no network"])
def test_a_model_that_cannot_be_fetched_is_named_and_the_next_try_works(new_tab, way):
    tab = new_tab().open()
    before = tab.result
    refuse = (lambda route: route.fulfill(status=404)) if way == "missing" else (lambda route: route.abort())
    tab.page.route(MODEL, refuse)
    tab.page.evaluate(CHOOSE, models.words("digits-vit").label)
    tab.page.wait_for_selector("#error-text >> text=/could not be fetched/")
    tab.drawn()
    assert tab.state["model"] == "digits-mlp" and tab.result["compressed"]["bytes"] == before["compressed"]["bytes"]
    refused = "playground.set({model: 'digits-vit'}).then(() => '', error => error.message)"
    assert "could not be fetched" in tab.page.evaluate(refused)
    tab.page.unroute(MODEL)
    tab.page.evaluate(CHOOSE, models.words("digits-vit").label)
    tab.page.wait_for_function("playground.result.model === 'digits-vit'")
    assert tab.page.is_hidden("#error")


def test_a_slow_fetch_shows_its_progress_and_can_be_cancelled(new_tab):
    tab = new_tab().open()
    held = []
    tab.page.route(MODEL, lambda route: held.append(route))  # answered when the test says so
    tab.page.evaluate(CHOOSE, models.words("digits-vit").label)
    tab.page.wait_for_selector("#progress-text >> text=/Fetching the model/")
    about = tab.page.evaluate("document.querySelector('[data-root=about]').firstElementChild.shadowRoot.textContent")
    assert "97.8 %, 82.1 kB uncompressed" in about
    tab.page.click("#cancel")
    tab.page.wait_for_function("playground.state.model === 'digits-mlp'")
    tab.page.wait_for_selector("#progress", state="hidden")
    held[0].continue_()
    assert tab.set(model="digits-vit")["n"] == 360
    assert len(held) == 1
