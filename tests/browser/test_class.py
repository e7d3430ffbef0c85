"""What a teacher sets and a class hands in: the form in Share, the panel, the nickname, the room with thirty links."""

import csv
from urllib.parse import urlsplit

import pytest

import build
from tests.browser.test_axe import FAULTS as AXE

LIMITS = {"score": 0.9, "bytes": 60_000}
TASK = "task=digits-mlp,score:0.9,size:60000"


@pytest.fixture(scope="module")
def tab(shared_tab):
    shared_tab.page.context.grant_permissions(["clipboard-write", "clipboard-read"])
    return shared_tab


def test_a_teacher_makes_a_link_by_ticking(tab, new_tab):
    page = tab.page
    before = tab.state
    page.click("#share")
    page.click("#authoring summary")
    page.locator("#authoring [data-says=score]", has_text="Accuracy at least, %").wait_for()
    for name, text in (
        ("title", "Half <b>of</b> it"),
        ("text", "Make it small."),
        ("score", "95 %"),
        ("bytes", "50"),
        ("class_seed", "7"),
    ):
        page.fill(f"#authoring [name={name}]", text)
    for box in ("[name=hidden][value=budget]", "[name=hidden][value=quantize]", "[name=locked][value=model]"):
        page.check(f"#authoring {box}")
    page.evaluate(build.axe())
    assert page.evaluate(AXE) == []
    page.click("#authoring form > button")
    page.locator("#authoring [role=status]", has_text="Link copied").wait_for()
    link = page.input_value("#authored")
    page.fill("#authoring [name=score]", "soon")
    page.click("#authoring form > button")
    page.locator("#authoring [role=status]", has_text="no number").wait_for()
    page.keyboard.press("Escape")
    assert tab.state == before

    pupil = new_tab().open(f"?{urlsplit(link).query}#room")
    page = pupil.page
    assert page.locator("#room-dialog").is_visible()
    page.keyboard.press("Escape")
    panel = page.locator("#lesson-panel")
    assert "Half <b>of</b> it" in panel.locator("h3").inner_text() and panel.locator("h3 b").count() == 0
    assert not page.locator("[data-root=budget]").is_visible() and not page.locator(".technique.quantize").is_visible()
    assert page.locator("#model-select").evaluate("place => place.inert")
    panel.locator("#who").fill("Ada")
    page.keyboard.press("Enter")  # gives the task of that name
    panel.locator("[data-act=hand]").wait_for()
    page.wait_for_function("playground.state.who === 'Ada' && playground.state.seed > 0")
    assert "at most" in panel.locator("ul").inner_text()
    page.locator("#show-all").click()
    page.locator(".technique.quantize").wait_for()
    assert page.locator("[data-root=budget]").is_visible() and page.locator("#show-all").is_hidden()
    assert page.evaluate("playground.check()")["done"] is not None
    assert pupil.said == []


def test_a_learner_hands_in_by_keyboard(tab):
    page = tab.page
    tab.set(recipe=[{"technique": "prune", "sparsity": 0.8}], task=LIMITS, view="layers", text="Well then.")
    page.locator("#lesson-panel #who").fill("Ada")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#error-text", has_text="Link copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.endswith(f"?v=1&recipe=prune,sparsity:0.8&{TASK}&who=Ada")
    assert page.evaluate("document.activeElement.closest('#lesson-panel') !== null")


def test_a_room_of_thirty_of_which_five_are_broken(tab):
    page = tab.page
    tab.set(recipe=[{"technique": "prune", "sparsity": 0.5}], task=LIMITS, text="", who="")
    state = tab.state
    fine = [f"{tab.site}?recipe=prune,sparsity:{at / 30:.2f}&{TASK}&who=P{at}" for at in range(5, 30)]
    odd = ("model=gone&who=A", "recipe=squash", "keep=fc17", "lesson=knitting", "who=" + "x" * 30)
    page.click("#lessons")
    page.click("#room")
    page.fill("#room-text", " and ".join([*fine, *(f"{tab.site}?{query}" for query in odd)]))
    page.click("#room-form button")
    page.locator("#room-status", has_text="30 links computed").wait_for()
    assert page.locator("#room-rows tbody tr").count() == 30 and page.locator("#room-rows .fail").count() == 5
    assert page.locator("#room-rows circle").count() == 25
    page.evaluate(build.axe())
    assert page.evaluate(AXE) == []
    with page.expect_download() as saved:
        page.click("#room-save")
    with open(saved.value.path(), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30 and rows[0]["passed"] == "yes"
    page.keyboard.press("Escape")
    assert tab.state == state


def test_a_room_can_be_left_and_says_what_it_cannot_find(tab):
    page = tab.page
    page.click("#lessons")
    page.click("#room")
    page.fill("#room-text", "nothing here")
    page.click("#room-form button")
    page.locator("#room-status", has_text="There is no link").wait_for()
    page.fill("#room-text", " ".join(f"?seed={at}&recipe=repair;prune" for at in range(60)))
    page.click("#room-form button")
    page.locator("#room-cancel").click()
    page.locator("#room-status", has_text="Cancelled").wait_for()
    assert page.locator("#room-progress").is_hidden()
    page.keyboard.press("Escape")
    assert tab.set(recipe=[])["changed"]["count"] == 0


def test_without_storage_a_lesson_and_a_task_work(new_tab):
    tab = new_tab()
    refused = """for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, { get() { throw new DOMException("refused"); } });
    }"""
    tab.page.add_init_script(refused)
    tab.open(f"?recipe=none&{TASK}")
    assert tab.page.evaluate("playground.check()")["done"] is False
    tab.page.evaluate("playground.lesson('pruning', 2)")
    assert "2 of 5" in tab.page.locator("#lesson-panel .where").inner_text()
    assert tab.said == []
