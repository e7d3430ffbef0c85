"""The device view, the weight that is followed and free axes, in a browser: by keyboard, live, and in the link."""

import json

import pytest

VIEW = "[data-root=view-{}] >> css="


@pytest.fixture(autouse=True)
def start(shared_tab):
    usual = {"device": "phone", "rate": "always", "weight": "", "x": "size", "y": "score"}
    shared_tab.set(model="digits-mlp", recipe=[{"technique": "quantize", "bits": 4}], view="device", **usual)


def answer(tab):
    tab.drawn()
    return tab.page.inner_text("[data-root=view-text] >> css=p")


def test_a_device_is_chosen_and_a_number_of_it_changed_by_keyboard(shared_tab):
    tab, page = shared_tab, shared_tab.page
    assert "on a phone a run takes" in answer(tab)
    page.select_option(VIEW.format("device") + "select >> nth=0", label="watch")
    page.wait_for_function("playground.state.device === 'watch'")
    assert "on a watch a run takes" in answer(tab)
    fields = page.locator(VIEW.format("device") + "input")
    assert not fields.first.is_visible(), "nothing more for who does not ask"
    page.locator(VIEW.format("device") + "button:text-is('numbers')").focus()
    page.keyboard.press("Enter")
    fields.last.fill("0")
    page.keyboard.press("Enter")
    page.wait_for_function("playground.state.device === 'watch,battery:0'")
    assert "there is no battery" in answer(tab) and "device=watch,battery:0" in page.evaluate("location.search")
    page.locator(VIEW.format("device") + "button:text-is('Reset all')").click()
    page.wait_for_function("playground.state.device === 'watch'")
    page.locator(VIEW.format("device") + "button:text-is('numbers')").click()


def test_a_weight_is_followed_live_from_the_plot_and_by_keys(shared_tab):
    tab, page = shared_tab, shared_tab.page
    tab.set(view="weights", weight="fc1:99")
    assert "code" in page.inner_text(VIEW.format("weights") + "ol")
    before = page.inner_text(VIEW.format("weights") + "ol")
    tab.set(recipe=[{"technique": "quantize", "bits": 2}])
    tab.drawn()
    assert page.inner_text(VIEW.format("weights") + "ol") != before
    page.locator(VIEW.format("weights") + "button:text-is('larger ›')").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("!['', 'fc1:99'].includes(playground.state.weight)")
    box = page.locator(VIEW.format("weights") + "canvas").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.8)
    page.wait_for_function("playground.state.weight.startsWith('fc3:')")


def test_axes_are_chosen_at_their_menus_and_all_that_was_tried_is_saved_and_taken_back(shared_tab, tmp_path):
    tab, page = shared_tab, shared_tab.page
    tab.set(view="tradeoff")
    page.select_option(VIEW.format("tradeoff") + "select >> nth=1", label="bits per weight")
    page.select_option(VIEW.format("tradeoff") + "select >> nth=0", label="divergence")
    page.wait_for_function("playground.state.x === 'bits' && playground.state.y === 'divergence'")
    assert "bits and " in answer(tab) and "x=bits&y=divergence" in page.evaluate("location.search")
    page.evaluate("playground.annotate(null, { name: '<img src=x onerror=\"window.hit=1\">' })")
    page.click("[data-root=table-toggle] >> css=button")
    with page.expect_download() as saved:
        page.click("[data-history=json]")
    rows = json.loads(saved.value.path().read_text(encoding="utf-8"))["experiments"]
    assert rows[-1]["link"] == page.evaluate("playground.history.at(-1).link") and 2 < rows[-1]["facts"]["bits"] < 5
    for build, said in (("other", "another version"), (None, f"{len(rows)} experiments taken from the file")):
        file = tmp_path / "history.json"
        text = saved.value.path().read_text(encoding="utf-8")
        file.write_text(json.dumps({**json.loads(text), "build": build}) if build else text, encoding="utf-8")
        page.set_input_files("#files", file)
        page.wait_for_selector(f"#error-text >> text=/{said}/")
    page.click("#error-close")
    page.click("[data-root=table-toggle] >> css=button")
    assert page.evaluate("window.hit") is None
