"""Lessons in the page: the list, a stop by keyboard, a guess, a task, the link, and what a script may ask."""

import pytest

LESSONS = 13


@pytest.fixture(scope="module")
def tab(shared_tab):
    return shared_tab


def opened(tab, id, stop):
    tab.page.evaluate("([id, stop]) => playground.lesson(id, stop)", [id, stop])


def panel(tab) -> str:
    """What stands in the panel, which is drawn in shadow trees."""
    return " ".join(tab.page.locator("#lesson-panel :is(h3, p, li)").all_inner_texts())


def test_the_list_opens_a_lesson_by_keyboard(tab):
    page = tab.page
    page.locator("#lessons").focus()
    page.keyboard.press("Enter")
    assert page.locator("#lessons-list[open] li").count() == LESSONS
    page.locator("a[data-lesson=pruning]").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("playground.state.lesson === 'pruning'")
    page.locator("#lesson-panel [data-act=stop]", has_text="Next").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("playground.state.stop === 2")
    assert not page.locator("#sample-panel").is_visible() and "stop=2" in page.evaluate("location.search")


def test_a_guess_is_made_by_keyboard_and_stands_beside_what_was_measured(tab):
    page = tab.page
    opened(tab, "pruning", 2)
    slider = page.locator("#lesson-panel input")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.locator("#lesson-panel output").inner_text() == "3 answers"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_function("playground.state.guess === 3")
    tab.drawn()
    count = tab.result["changed"]["count"]
    assert f"Your guess: 3 answers. Measured: {count} answers." in panel(tab)
    assert tab.result["compressed"]["bytes"] == len(tab.model_bytes())


def test_a_task_is_judged_on_the_result(tab):
    opened(tab, "pruning", 5)
    assert tab.page.evaluate("playground.check()")["done"] is False
    tab.set(recipe=[{"technique": "prune", "sparsity": 0.85}])
    assert tab.page.evaluate("playground.check()")["done"] is True
    tab.page.locator("#lesson-panel .keep").wait_for()
    assert "Done." in panel(tab)


def test_a_stop_points_at_what_it_is_about(tab):
    opened(tab, "pruning", 3)
    lit = "name => getComputedStyle(document.documentElement).getPropertyValue(`--lit-${name}`)"
    assert tab.page.evaluate(lit, "prune") and not tab.page.evaluate(lit, "budget")


def test_scripts_are_told_what_lessons_there_are(tab):
    lessons = tab.page.evaluate("playground.lessons")
    assert len(lessons) == LESSONS and lessons[0]["id"] == "first-steps" and len(lessons[0]["stops"]) == 3
    refused = tab.page.evaluate("playground.lesson('knitting').catch(error => error.message)")
    assert "there is no lesson 'knitting'" in refused


def test_closing_gives_the_samples_back(tab):
    opened(tab, "bits", 1)
    tab.page.locator("#lesson-panel [data-act=close]").click()
    tab.page.wait_for_function("playground.state.lesson === ''")
    assert tab.page.locator("#sample-panel").is_visible() and "lesson" not in tab.page.evaluate("location.search")


def test_a_link_opens_a_stop_and_a_wrong_one_says_so(new_tab):
    tab = new_tab().open("?lesson=sharing&stop=3")
    assert tab.state["recipe"][0]["technique"] == "quantize" and "A grid or a palette?" in panel(tab)
    other = new_tab().open("?lesson=knitting&model=cancer")
    assert other.state["lesson"] == "" and other.state["model"] == "cancer"
    assert "newer version" in other.page.locator("#error-text").inner_text()
    assert tab.said == other.said == []
