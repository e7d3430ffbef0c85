"""Inputs of a person's own: a digit brought to the form of the data set, a point, a word; the very files answer."""

import math

import numpy as np
import pytest
from playwright.sync_api import expect

from models import model as models

from .conftest import LIVE_MS

BASELINE, COMPRESSED = (f"#own .verdicts p:has(i.{name}) b" for name in ("baseline", "compressed"))


def says(tab, what, answer):
    """Wait until a model says so; the words stand in a shadow tree."""
    expect(tab.page.locator(what)).to_have_text(answer, timeout=LIVE_MS)


def opened(tab, model, kind=None, recipe=()):
    """The panel of a model, with one kind of input."""
    tab.set(model=model, recipe=list(recipe))
    if tab.page.locator("#own[open]").count() == 0:
        tab.page.click("#own summary")
    if kind:
        tab.page.locator("[data-root=own-kinds]").get_by_role("button", name=kind, exact=True).click()
    return tab.page.locator("#pad")


@pytest.fixture
def canvas(shared_tab):
    opened(shared_tab, "digits-mlp", "a digit")
    shared_tab.page.click("#pad-clear")
    return shared_tab.page.locator("#pad canvas")


def draw(page, canvas, points):
    """Press, follow the points, each from 0 to 1, and let go."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place)
    page.mouse.up()


def test_blocks_of_dots_are_counted_as_in_the_data_set(shared_tab):
    samples = models.load("digits-mlp").inputs[:20].reshape(-1, 8, 8)
    order = np.random.default_rng(0).permutation(16).reshape(4, 4)
    dots = (order < 16 * np.kron(samples, np.ones((4, 4))).reshape(-1, 8, 4, 8, 4).swapaxes(2, 3)).swapaxes(2, 3)
    script = "async rows => { const {counted} = await import('./pad.js'); return rows.map(counted); }"
    counted = shared_tab.page.evaluate(script, dots.reshape(-1, 1024).astype(int).tolist())
    np.testing.assert_array_equal(np.float32(counted), samples.reshape(-1, 64))


@pytest.mark.parametrize(
    ("digit", "points"),
    [
        ("0", [(0.5 + 0.22 * math.sin(t / 5), 0.5 - 0.35 * math.cos(t / 5)) for t in range(33)]),
        ("1", [(0.5, 0.1 + k / 20) for k in range(16)]),
        ("2", [(0.25, 0.25), (0.4, 0.1), (0.65, 0.15), (0.68, 0.35), (0.45, 0.65), (0.22, 0.9), (0.75, 0.9)]),
    ],
)
def test_a_digit_that_is_drawn_is_known(shared_tab, canvas, digit, points):
    draw(shared_tab.page, canvas, points)
    says(shared_tab, BASELINE, digit)  # of half a digit it said another


def test_both_answer_anew_when_the_recipe_changes_and_as_predict_does(shared_tab, canvas):
    page = shared_tab.page
    draw(page, canvas, [(0.5, 0.1 + k / 20) for k in range(16)])
    for what in (BASELINE, COMPRESSED):
        says(shared_tab, what, "1")
    shared_tab.set(recipe=[{"technique": "prune", "sparsity": 0.99}])
    script = """async () => {
      const { numbers } = await import("./pad.js");
      const { baseline, compressed } = await playground.predict(numbers([[[0.5, 0.1], [0.5, 0.85]]]));
      return [baseline, compressed].map((outputs) => String(outputs.indexOf(Math.max(...outputs))));
    }"""
    old, new = page.evaluate(script)
    assert old == "1" != new, "nothing is left of this network"
    says(shared_tab, COMPRESSED, new)


def test_it_can_be_drawn_by_keyboard(shared_tab, canvas):
    shared_tab.page.locator("#pad").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "Space", *["ArrowDown"] * 9, "Space"):
        shared_tab.page.keyboard.press(key)
    says(shared_tab, BASELINE, "1")


def test_a_point_follows_pointer_and_keys_and_both_answer_as_predict_does(shared_tab):
    pad, page = opened(shared_tab, "spirals", "a point", [{"technique": "prune", "sparsity": 0.8}]), shared_tab.page
    draw(page, pad, [(0.5, 0.5), (0.6, 0.3), (0.75, 0.25)])
    slider = page.locator("[data-root=own-settings]").get_by_role("slider")
    expect(slider.first).to_have_attribute("aria-valuetext", "0.55", timeout=LIVE_MS)
    pad.focus()
    page.keyboard.press("ArrowLeft")
    expect(slider.first).to_have_attribute("aria-valuetext", "0.51", timeout=LIVE_MS)
    outputs = page.evaluate("playground.predict({x: 0.51, y: 0.55})")
    for what, name in ((BASELINE, "baseline"), (COMPRESSED, "compressed")):
        says(shared_tab, what, models.load("spirals").classes[int(np.argmax(outputs[name]))])


def test_held_shows_the_baseline_and_escape_closes(shared_tab):
    pad, page = opened(shared_tab, "tracker"), shared_tab.page
    expect(page.locator(COMPRESSED)).to_be_visible(timeout=LIVE_MS)
    pad.focus()
    page.keyboard.down("b")
    expect(page.locator(COMPRESSED)).to_have_count(0, timeout=LIVE_MS)
    page.keyboard.up("b")
    expect(page.locator(COMPRESSED)).to_be_visible(timeout=LIVE_MS)
    page.keyboard.press("Escape")
    assert page.locator("#own[open]").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "Try your own"


def test_what_is_typed_is_written_on(shared_tab):
    opened(shared_tab, "words", recipe=[{"technique": "quantize", "bits": 3}])
    page = shared_tab.page
    page.locator("[data-root=own-kinds]").get_by_role("textbox").press_sequentially("pre")
    written = page.evaluate("playground.predict({text: 'pre'})")["written"]
    lines = page.locator("[data-root=own-picture] .written")
    expect(lines).to_have_text(written, timeout=LIVE_MS)


def test_one_where_they_disagree_is_found_and_shown(shared_tab):
    opened(shared_tab, "digits-mlp", recipe=[{"technique": "prune", "sparsity": 0.95}])
    page = shared_tab.page
    page.get_by_role("button", name="Find one where they disagree").click()
    expect(page.get_by_text("They disagree.")).to_be_visible(timeout=LIVE_MS)
    baseline, compressed = (page.locator(what).text_content() for what in (BASELINE, COMPRESSED))
    assert baseline != compressed


def test_what_is_no_input_is_refused_in_words(shared_tab):
    shared_tab.set(model="spirals", recipe=[])
    script = "async input => { try { await playground.predict(input); } catch (error) { return error.message; } }"
    for input, said in (
        ({"z": 1}, "it has x, y"),
        ({"x": "left"}, "x is a number"),
        ({"input": "drawn"}, "choose point"),
    ):
        assert said in shared_tab.page.evaluate(script, input)
