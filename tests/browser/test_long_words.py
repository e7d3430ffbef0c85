"""Words 40 % longer, as another language might have them, where the page says most: in lessons, what a teacher sets,
dialogs, and the titles of axes. The page itself is in test_sizes."""

import pytest

from app.state.views import VIEWS
from tests.browser.test_sizes import FAULTS, LENGTHEN, SETTLED, resized

SIZES = ("320x568", "820x1180", "1280x800")

# What is cut off in an open dialog, in words.
CUT = """() => {
    const dialog = document.querySelector("dialog[open]"), cut = new Set();
    const { right } = dialog.getBoundingClientRect();
    if (dialog.scrollWidth > dialog.clientWidth + 1) cut.add("scrolls sideways");
    for (const element of dialog.querySelectorAll("*")) {
        if (!element.checkVisibility() || element.closest("textarea, input, [tabindex]")) continue; // these scroll
        for (const node of element.childNodes) {
            if (node.nodeType !== Node.TEXT_NODE || !node.nodeValue.trim()) continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            const end = Math.max(...[...range.getClientRects()].map((box) => box.right));
            const { overflow } = getComputedStyle(element);
            const clips = overflow !== "visible" && element.scrollWidth > element.clientWidth + 1;
            if (end > right + 1 || clips) cut.add(node.nodeValue.trim());
        }
    }
    return [...cut];
}"""

# Titles of axes that would be longer than their plot.
LONG_TITLES = """() => {
    const pen = document.createElement("canvas").getContext("2d"), long = [];
    for (const plot of Bokeh.documents[0].all_models) {
        if (!plot.outer_width || !plot.left || plot.toolbar === undefined) continue;
        for (const [axes, room] of [[plot.below, plot.outer_width], [plot.left, plot.outer_height]]) {
            for (const axis of axes.filter(({ axis_label }) => axis_label)) {
                pen.font = `${axis.axis_label_text_font_size} Inter`;
                const words = [axis.axis_label].flat().join(" ");
                if (1.4 * pen.measureText(words).width > room) long.push(`${words}: ${room}`);
            }
        }
    }
    return long;
}"""


DRAWER = "for (const each of document.querySelectorAll('.figures, .centre')) each.style.visibility = '%s'"


@pytest.fixture
def longer(shared_tab):
    """A function that lengthens what is on the page; afterwards it is as it was.

    On a tablet the panel is a drawer that lies over the page, as it is meant to: what it covers is out of sight then.
    """
    page = shared_tab.page

    def lengthen():
        if page.viewport_size["width"] == 820:
            page.evaluate(DRAWER % "hidden")
        page.evaluate(LENGTHEN)
        page.evaluate(SETTLED)
        return page

    yield lengthen
    page.evaluate(DRAWER % "")
    page.evaluate("globalThis.shorten?.()")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("id", "stop"), [("pruning", 2), ("bits", 5), ("budget", 6)])
def test_a_stop(shared_tab, longer, size, id, stop):
    resized(shared_tab, size)
    shared_tab.page.evaluate("([id, stop]) => playground.lesson(id, stop)", [id, stop])
    assert longer().evaluate(FAULTS, 24) == []


@pytest.mark.parametrize("size", SIZES)
def test_what_a_teacher_sets(shared_tab, longer, size):
    resized(shared_tab, size)
    shared_tab.set(
        lesson="", stop=1, guess=None, title="Half of a file is enough", text="Make it small. " * 20, class_seed=1,
        task={"model": "digits-mlp", "score": 0.9, "bytes": 20_000, "changed": 3}, hidden=["budget"], locked=["prune"],
    )  # fmt: skip
    assert longer().evaluate(FAULTS, 24) == []
    assert shared_tab.page.locator("#show-all").is_visible()
    shared_tab.set(title="", text="", task=None, hidden=[], locked=[], class_seed=None)


@pytest.mark.parametrize("size", SIZES)
def test_what_opens_over_the_page(shared_tab, longer, size):
    page = resized(shared_tab, size)
    for opened in ("help", "lessons", "room", "share"):
        page.evaluate("id => document.getElementById(id).click()", opened)
        page.evaluate("for (const each of document.querySelectorAll('dialog details')) each.open = true")
        assert longer().evaluate(CUT) == [], opened
        page.evaluate("shorten()")
        page.keyboard.press("Escape")


def test_titles_of_axes(shared_tab):
    for size in SIZES:
        page = resized(shared_tab, size)
        for view in VIEWS:
            shared_tab.set(view=view)
            page.evaluate(SETTLED)
            assert page.evaluate(LONG_TITLES) == [], f"{view} at {size}"
    shared_tab.set(view=VIEWS[0])
