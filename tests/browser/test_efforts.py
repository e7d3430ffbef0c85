"""The effort switch: the recipe stays, weights come when they are first needed, and the answers come back."""

from app.state.efforts import EFFORTS

PACK = "**/models/digits-cnn/efforts-*.wasm"
LINK = "?v=1&model=digits-cnn&recipe=quantize,bits:2"
MENU = "select:visible:has(option:text-is('$$ fine-tuned'))"


def test_the_answers_come_back_as_the_effort_grows(new_tab):
    tab = new_tab().open(LINK)
    scores, sizes = [], []
    for effort, words in EFFORTS.items():
        if effort != "post_training":
            tab.page.select_option(MENU, label=f"{words.cost} {words.name}")
            tab.page.wait_for_function("effort => playground.state.effort === effort", arg=effort)
            tab.drawn()
        scores.append(tab.result["compressed"]["score"])
        sizes.append(tab.result["compressed"]["bytes"])
    assert scores[0] < 0.5 < 0.85 < scores[1] < 0.95 < 0.98 < scores[2]
    assert min(sizes) > 0.7 * max(sizes) and tab.result["notes"] == []
    assert [step["technique"] for step in tab.state["recipe"]] == ["quantize"]
    assert tab.page.url.endswith(f"{LINK}&effort=compression_aware") and tab.said == []
    assert sum("/efforts-" in url for url in tab.asked) == 1
    assert tab.set(recipe=[{"technique": "quantize", "bits": 3}])["notes"][0].startswith(
        "There are no compression-aware"
    )
    tab.set(model="digits-mlp")
    assert tab.state["effort"] == "post_training" and tab.page.locator(MENU).count() == 0


def test_weights_that_cannot_be_fetched_are_named_and_the_next_try_works(new_tab):
    tab = new_tab().open(LINK)
    tab.page.route(PACK, lambda route: route.abort())
    refused = "playground.set({effort: 'fine_tuned'}).then(() => '', error => error.message)"
    tab.page.evaluate(refused)
    tab.page.wait_for_selector("#error-text >> text=/The trained weights of Digits: small CNN could not be fetched/")
    assert tab.state["effort"] == "post_training"
    tab.page.unroute(PACK)
    assert tab.set(effort="fine_tuned")["compressed"]["score"] > 0.85
