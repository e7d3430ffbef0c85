"""A digit of one's own: brought to the form of the data set, and answered by the very files."""

import math

import numpy as np
import pytest

from models import model as models

from .conftest import LIVE_MS

BASELINE, COMPRESSED = (f"#draw [data-says={name}] b" for name in ("baseline", "compressed"))
SAYS = "([what, digit]) => document.querySelector(what).textContent === digit"


@pytest.fixture
def canvas(shared_tab):
    shared_tab.set(model="digits-mlp", recipe=[])
    if not shared_tab.page.locator("#draw canvas").is_visible():
        shared_tab.page.click("#draw summary")
    shared_tab.page.click("#draw button")
    return shared_tab.page.locator("#draw canvas")


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
    script = "async rows => { const {counted} = await import('./drawing.js'); return rows.map(counted); }"
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
    shared_tab.page.wait_for_function(SAYS, arg=[BASELINE, digit], timeout=LIVE_MS)  # of half a digit it said another


def test_both_answer_anew_when_the_recipe_changes_and_as_predict_does(shared_tab, canvas):
    page = shared_tab.page
    draw(page, canvas, [(0.5, 0.1 + k / 20) for k in range(16)])
    for what in (BASELINE, COMPRESSED):
        page.wait_for_function(SAYS, arg=[what, "1"], timeout=LIVE_MS)
    shared_tab.set(recipe=[{"technique": "prune", "sparsity": 0.99}])
    script = """async () => {
      const { numbers } = await import("./drawing.js");
      const { baseline, compressed } = await playground.predict(numbers([[[0.5, 0.1], [0.5, 0.85]]]));
      return [baseline, compressed].map((outputs) => String(outputs.indexOf(Math.max(...outputs))));
    }"""
    old, new = page.evaluate(script)
    assert old == "1" != new, "nothing is left of this network"
    page.wait_for_function(SAYS, arg=[COMPRESSED, new], timeout=LIVE_MS)


def test_it_can_be_drawn_by_keyboard(shared_tab, canvas):
    canvas.focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "Space", *["ArrowDown"] * 9, "Space"):
        shared_tab.page.keyboard.press(key)
    shared_tab.page.wait_for_function(SAYS, arg=[BASELINE, "1"], timeout=LIVE_MS)


def test_other_models_offer_no_digits(shared_tab):
    shared_tab.set(model="spirals", recipe=[])
    assert shared_tab.page.locator("#draw").is_hidden()
    shared_tab.set(model="digits-cnn", recipe=[])
    assert shared_tab.page.locator("#draw").is_visible()
