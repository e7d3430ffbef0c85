"""The panel of a lesson, or of what a teacher has set: the text, a guess, what was measured, the task, and the way on.

Plain HTML of State and Result; what is pressed in it carries `data-act`, which `static/lessons.js` tells Python.
"""

from __future__ import annotations

from html import escape

from bokeh.models import Div, InlineStyleSheet

from app.lessons import LESSONS, lesson_of, stop_of
from app.lessons.assigned import asked_of
from app.lessons.glossary import GLOSSARY, marked
from app.results.result import Result
from app.results.scene import Scene
from app.screen import styles
from app.screen.controls.widgets import put
from app.state.choices import Assignment
from app.state.reading import LETTERS
from app.state.state import State
from app.state.variation import varied

NOWHERE = "<span></span>"  # so that each button stays in its place

Place = tuple[str, int, Assignment | None]
"""A lesson and one of its stops, or what a teacher asks for."""


class LessonPanel:
    """The right column while a lesson is open, or a teacher has something to say.

    It keeps, as long as the tab, which tasks were done and what was measured beside each guess: a person goes on from
    there, and the State of that moment is gone.
    """

    def __init__(self):
        sheet = InlineStyleSheet(css=styles.LESSON)
        self._asked, self._told = (Div(stylesheets=[sheet], sizing_mode="stretch_width", margin=0) for _ in range(2))
        self.roots = {"lesson": self._asked, "lesson-told": self._told}
        self._measured: dict[tuple[Place, float], str] = {}
        self._done: set[Place] = set()
        self._place: Place | None = None

    def show(self, state: State, scene: Scene) -> None:
        """Show the stop of a State, or what a teacher says."""
        put(self._asked, text=asked_html(state) if state.is_guided else "")
        if self._place != (place := _place(state)):  # nothing is said of it before its Result is there
            self._place = place
            put(self._told, text=way_html(state) if state.is_guided else "")
        self.draw(state, scene)

    def draw(self, state: State, scene: Scene) -> None:
        """Judge the Result on screen; while a slider is dragged, or the baseline held, all stays as it was."""
        rests = scene.result.compressed.zipped_bytes is not None and scene.is_chosen
        if not state.is_guided:
            put(self._told, text="")
        elif rests and _is_of(state, scene):
            said = self._said(state, scene) if state.lesson else self._judged(state, scene.result)
            put(self._told, text=f'<div role="status">{said}</div>{way_html(state)}' if said else way_html(state))

    def _said(self, state: State, scene: Scene) -> str:
        """What was guessed, reached and seen; spoken when it changes, which it does only when the person rests."""
        try:
            lesson, stop = lesson_of(state.lesson), stop_of(state.lesson, state.stop)
        except ValueError:
            return ""
        place, result, parts = _place(state), scene.result, []
        if stop.guess and state.guess is not None:
            if said := stop.guessed(state.guess, result):
                self._measured[place, state.guess] = said
            said = self._measured.get((place, state.guess), f"Your guess: {stop.guess.written(state.guess)}.")
            parts.append(f'<p class="guessed">{escape(said)}</p>')
        parts.append(self._judged(state, result))
        answered = not stop.guess or state.guess is not None
        if answered:
            parts.append(f'<p class="seen">{escape(stop.saw(result))}</p>')
        if state.stop == len(lesson.stops) and (place in self._done if stop.task else answered):
            parts.append(f'<p class="keep"><b>To keep</b> {escape(lesson.keep)}</p>')
        return "".join(parts)

    def _judged(self, state: State, result: Result) -> str:
        """The goals of the task, if there is one, and whether all have been met at once."""
        asked, place = asked_of(state), _place(state)
        if asked is None:
            return ""
        judged = asked.judged(result)
        self._done |= {place} if judged.done else set()
        done = '<p class="done">Done. Go on, or do better still.</p>' if place in self._done else ""
        return f"<ul>{''.join(_goal(*each) for each in judged.goals)}</ul>{done}"


def asked_html(state: State) -> str:
    """Where one is, the text, and the question; words of the glossary open their line."""
    if not state.lesson:
        return _assigned_html(state)
    try:
        lesson, stop = lesson_of(state.lesson), stop_of(state.lesson, state.stop)
    except ValueError as error:
        return f"<h3>Not here</h3><p>{escape(str(error))}. The link may be of a newer version of the playground.</p>"
    return (
        f'<p class="where">{escape(lesson.title)}<span>{state.stop} of {len(lesson.stops)}</span></p>'
        f"<h3>{escape(stop.title)}</h3><p>{with_words(stop.text)}</p>"
        f"{_question(stop) if stop.guess and state.guess is None else ''}{_hand_in(state) if stop.task else ''}"
    )


def _assigned_html(state: State) -> str:
    """What a teacher says: a title, a text, and where a nickname is written. All of it is text, never markup."""
    text = f"<p><bdi>{escape(state.text)}</bdi></p>" if state.text else ""
    title = escape(state.title or ("A task" if state.task else "For you"))
    return f"<h3><bdi>{title}</bdi></h3>{text}{_hand_in(state) if state.task else ''}"


def _hand_in(state: State) -> str:
    """The field for a nickname and the button that copies the link to hand in; a class may need the name first."""
    first = state.class_seed is not None and state.task and not state.who
    label = "Nickname: it gives you a task of your own" if first else "Hand it in, with a nickname if you like"
    button = _button("Get my task", "name") if first else _button("Copy link", "hand")
    return (
        f'<fieldset class="hand"><label for="who">{label}</label><input id="who" type="text" autocomplete="off" '
        f'maxlength="{LETTERS["nickname"]}" value="{escape(state.who)}">{button}</fieldset>'
    )


def _place(state: State) -> Place:
    return state.lesson, state.stop, varied(state)


def way_html(state: State) -> str:
    """The buttons that lead on: past the last stop to the next lesson."""
    if not state.lesson:
        return f'<nav class="way">{_button("Close", "close")}</nav>'
    try:
        stop_of(state.lesson, state.stop)
    except ValueError:
        return f'<nav class="way">{_button("Close", "close")}</nav>'
    count, at = len(lesson_of(state.lesson).stops), LESSONS.index(state.lesson)
    back = _to("‹ Back", state.lesson, state.stop - 1) if state.stop > 1 else NOWHERE
    if state.stop < count:
        on = _to("Next ›", state.lesson, state.stop + 1)
    else:
        on = _to("Next lesson ›", LESSONS[at + 1], 1) if at + 1 < len(LESSONS) else NOWHERE
    again = _to("Start over", state.lesson, state.stop)
    return f'<nav class="way" aria-label="Lesson">{back}{on}{again}{_button("Close", "close")}</nav>'


def with_words(text: str) -> str:
    """A text as HTML: words of the glossary are buttons that open their line, other marked ones are names."""

    def word(term: str, shown: str) -> str:
        meaning = GLOSSARY.get(term, GLOSSARY.get(term.lower()))
        if meaning is None:
            return f"<b>{shown}</b>"
        at = f"word-{term.lower().replace(' ', '-')}"
        return (
            f'<button type="button" class="word" popovertarget="{at}">{shown}</button>'
            f'<span popover id="{at}"><b>{term}</b> {escape(meaning)}</span>'
        )

    return marked(escape(text, quote=False), word)


def _is_of(state: State, scene: Scene) -> bool:
    """Whether the Result on screen is that of the State, and not of the one before it."""
    return state.compression == scene.result.state.compression


def _question(stop) -> str:
    """The question of a guess: a few buttons, or a slider that begins in the middle, where it says nothing."""
    guess = stop.guess
    if guess.answers:
        buttons = "".join(_button(answer, "guess", value=at) for at, answer in enumerate(guess.answers))
        return f"<fieldset><legend>{escape(guess.question)}</legend>{buttons}</fieldset>"
    middle = guess.low + guess.step * round((guess.high - guess.low) / guess.step / 2)
    return (
        f'<fieldset><label for="guess">{escape(guess.question)}</label><output>{escape(guess.written(middle))}</output>'
        f'<input type="range" id="guess" min="{guess.low:g}" max="{guess.high:g}" step="{guess.step:g}" '
        f'value="{middle:g}" data-unit="{escape(guess.unit)}">{_button("That is my guess", "guess")}</fieldset>'
    )


def _goal(words: str, met: bool, now: str) -> str:
    sign, said = ("✓", "reached") if met else ("○", "not yet")
    now = f" <small>{escape(now)}</small>" if now else ""
    return (
        f'<li class="{"met" if met else "unmet"}"><i aria-hidden="true">{sign}</i><span>{escape(words)}{now}'
        f'<span class="spoken">, {said}</span></span></li>'
    )


def _to(label: str, id: str, number: int) -> str:
    return _button(label, "stop", lesson=id, stop=number)


def _button(label: str, act: str, **data) -> str:
    more = "".join(f' data-{name}="{escape(str(value))}"' for name, value in data.items())
    return f'<button type="button" data-act="{act}"{more}>{escape(label)}</button>'
