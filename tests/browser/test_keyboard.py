"""All twelve lessons as a learner without a mouse does them: one tab, one start, keys alone.

Within the panel the way is walked with Tab, as far as it goes. A control of the recipe is given the focus, and then
moved by its keys; what to move is what a task's known solution has that its start has not.
"""

from app.lessons import LESSONS, lesson_of
from app.lessons.lesson import state_of
from app.screen.controls.technique import options
from app.state.edits import place
from app.state.efforts import EFFORTS
from kernels import TECHNIQUES
from models.model import info

FOCUSED = """() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return [element?.textContent.trim() ?? "", element?.dataset?.act ?? ""];
}"""


class Learner:
    """Someone at the keyboard of a tab."""

    def __init__(self, tab):
        self.tab, self.page = tab, tab.page

    def press(self, key, times=1):
        for _ in range(times):
            self.page.keyboard.press(key)

    def walk(self, words="", act=""):
        """Tab on to what is called so, or does that."""
        passed = []
        for _ in range(40):
            self.press("Tab")
            said, does = self.page.evaluate(FOCUSED)
            if (words and said == words) or (act and does == act):
                return
            passed.append(said)
        raise AssertionError(f"no way by Tab to {words or act}: {passed}")

    def read(self, id, number):
        """Wait for a stop, which has taken the focus along."""
        self.page.wait_for_function(
            "at => playground.state.lesson === at[0] && playground.state.stop === at[1]", arg=[id, number]
        )
        self.tab.drawn()
        self.page.wait_for_function("document.activeElement.id === 'lesson-panel'")

    def guess(self, guess):
        self.walk(act="guess")  # its first answer, or the button behind the slider
        self.press("Enter")
        self.page.wait_for_function("playground.state.guess !== null")
        self.tab.drawn()

    def at(self, selector):
        """A control, opened if it stands behind a button, with the focus."""
        control = self.page.locator(selector).first
        if not control.is_visible():
            for behind in (".ways button", f"{selector.split()[0]} .more button"):
                button = self.page.locator(f"[data-root=recipe] {behind}").first
                if button.get_attribute("aria-expanded") == "false":
                    button.focus()
                    self.press("Enter")
                if control.is_visible():
                    break
        control.focus()
        return control

    def choose(self, selector, called):
        """An entry of a menu by its name, or the end of that, by arrow keys."""
        names = self.at(selector).evaluate("menu => [...menu.options].map(({ text }) => text)")
        self.press("Home")
        self.press("ArrowDown", next(at for at, name in enumerate(names) if name.endswith(called)))
        self.tab.drawn()

    def slide(self, selector, now, value, step):
        self.at(selector)
        steps = round((value - now) / step)
        far, near = divmod(abs(steps), 5)  # a page is five steps
        self.press("PageUp" if steps > 0 else "PageDown", far)
        self.press("ArrowRight" if steps > 0 else "ArrowLeft", near)
        self.tab.drawn()

    def switch(self, technique, on):
        box = self.at(f".technique.{technique} .switch input")
        if box.is_checked() != on:
            self.press("Space")
        self.tab.drawn()

    def move(self, technique, params):
        """Parameters of a technique to where they are to be."""
        declared = TECHNIQUES[technique].parameters
        others = [parameter.name for parameter in declared if not parameter.primary]
        for parameter in declared:
            value = params[parameter.name]
            now = next(step for step in self.tab.state["recipe"] if step["technique"] == technique)[parameter.name]
            if value == now:
                continue
            kind = "select" if parameter.kind == "choice" else "[role=slider]"
            own = ".choice" if parameter.kind == "choice" else ".primary"
            at = own if parameter.primary else f".option >> nth={others.index(parameter.name)} >> "
            selector = f".technique.{technique} {at} {kind}"
            if parameter.kind == "choice":
                self.choose(selector, next(name for name, each in options(parameter).items() if each == value))
            else:
                self.slide(selector, now, value, parameter.step or 1)

    def solve(self, task, start):
        """Do what the solution has that the start has not."""
        solved = state_of(task.solution)
        if solved.effort != start.effort:
            self.choose(".effort select", EFFORTS[solved.effort].name)
        if solved.threshold != start.threshold:
            now = info(start.model).threshold.own if start.threshold is None else start.threshold
            self.slide(".threshold [role=slider]", now, solved.threshold, 0.01)
        for step in start.recipe:
            if place(solved.recipe, step.technique) is None:
                self.switch(step.technique, False)
        for step in solved.recipe:
            if place(start.recipe, step.technique) is None:
                self.switch(step.technique, True)
            self.move(step.technique, dict(step.params))
        for at, step in enumerate(solved.recipe):
            while [each["technique"] for each in self.tab.state["recipe"]].index(step.technique) > at:
                self.at(f".technique.{step.technique} .earlier button")
                self.press("Enter")
                self.tab.drawn()
        for layer in set(solved.skipped) ^ set(start.skipped):
            self.choose(".layer select", layer)
            if layer in solved.skipped:
                self.switch("quantize", False)
            else:
                self.at(".keep input")
                self.press("Space")
                self.tab.drawn()
        for layer, technique, params in solved.overrides:
            self.choose(".layer select", layer)
            primary, now = (
                TECHNIQUES[technique].primary,
                dict(start.params(solved.recipe[place(solved.recipe, technique)], layer)),
            )
            assert params[0][0] == primary.name
            self.slide(
                f".technique.{technique} .primary [role=slider]", now[primary.name], params[0][1], primary.step or 1
            )


def test_all_lessons_by_keyboard(new_tab):
    learner = Learner(new_tab().open())
    tab, page = learner.tab, learner.page
    learner.walk("Lessons")
    learner.press("Enter")
    learner.walk(lesson_of(LESSONS[0]).title)
    learner.press("Enter")
    for id in LESSONS:
        lesson = lesson_of(id)
        for number, stop in enumerate(lesson.stops, start=1):
            learner.read(id, number)
            if stop.guess:
                learner.guess(stop.guess)
            if stop.task:
                learner.solve(stop.task, state_of(stop.state))
                checked = page.evaluate("playground.check()")
                assert checked["done"], f"{id} {number}: {checked['said']}"
                page.locator("#lesson-panel .done").wait_for()
            page.locator("#lesson-panel").focus()  # back from the recipe, as Shift and Tab would lead
            if number < len(lesson.stops):
                learner.walk("Next ›")
            else:
                assert lesson.keep in page.locator("#lesson-panel .keep").inner_text()
                if id == LESSONS[-1]:
                    break
                learner.walk("Next lesson ›")
            learner.press("Enter")
    assert tab.said == []
