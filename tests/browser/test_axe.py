"""Nothing that axe calls serious or critical: at each size, in each view, light and dark, in a lesson, in dialogs."""

import pytest

import build
from app.state.views import VIEWS
from tests.browser.test_sizes import SIZES, resized

# The worst that axe says of the page as it is: the rules, each with its places.
FAULTS = """() => axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.flat().join(" ")).join(", ")}`))"""


@pytest.fixture(scope="module")
def page(shared_tab):
    shared_tab.page.evaluate(build.axe())
    yield shared_tab.page
    shared_tab.page.emulate_media(color_scheme="light")


def faults(page, scheme):
    page.emulate_media(color_scheme=scheme)
    return page.evaluate(FAULTS)


def test_each_size_and_each_view_light_and_dark(shared_tab, page):
    """What axe sees of a view are words: one view at each size, each view in both schemes; all of all take minutes."""
    for at, size in enumerate(SIZES):
        shared_tab.set(view=VIEWS[at % len(VIEWS)])
        resized(shared_tab, size)
        assert faults(page, "dark" if at // len(VIEWS) % 2 else "light") == [], size


@pytest.mark.parametrize("size", ["320x568", "1280x800"])
def test_what_opens_over_the_page(shared_tab, page, size):
    resized(shared_tab, size)
    for scheme, opened in (("light", "help"), ("dark", "lessons")):
        page.evaluate("id => document.getElementById(id).click()", opened)
        assert faults(page, scheme) == [], opened
        page.keyboard.press("Escape")


def test_inputs_of_ones_own(shared_tab, page):
    resized(shared_tab, "1280x800")
    page.click("#own summary")
    for model, kind, scheme in (
        ("spirals", "a point", "light"),
        ("words", "a word", "dark"),
        ("digits-mlp", "a digit", "light"),
    ):
        shared_tab.set(model=model)
        page.locator("[data-root=own-kinds]").get_by_role("button", name=kind).wait_for()
        page.get_by_role("button", name="Find one where they disagree").wait_for()
        assert faults(page, scheme) == [], kind
    page.click("#own summary")


def test_a_lesson_and_more_ways_to_compress(shared_tab, page):
    """One stop asks for a guess, one has a task; a model that breaks has a word to say."""
    resized(shared_tab, "1280x800")
    for stop, scheme in ((1, "light"), (2, "dark")):
        page.evaluate("stop => playground.lesson('bits', stop)", stop)
        assert faults(page, scheme) == [], stop
    shared_tab.set(
        lesson="", stop=1, guess=None, recipe=[{"technique": "prune", "sparsity": 0.5}, {"technique": "factorize"}]
    )
    shared_tab.set(model="digits-mobile", layer="", view=VIEWS[0])
    for options in page.locator("[data-root=recipe] .more:not(.ways) button:visible").all():
        options.click()
    assert faults(page, "light") == []
