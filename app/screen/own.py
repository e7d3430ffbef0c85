"""An input of the person's own, in the right column: what can be tried, its picture, what both models say, its sliders.

The places are there from the start and empty; the rest is made when somebody first tries something. What a pointer does
on the picture is the business of `static/pad.js`.
"""

from __future__ import annotations

import asyncio
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.models import Button, Column, Div, InlineStyleSheet, PrintfTickFormatter, Slider, TextInput, UIElement

from app.results.attempt import Attempted, Setting
from app.results.scene import Scene
from app.screen.controls.widgets import put
from app.screen.pictures import PICTURES
from app.screen.sample import likely_html
from app.store import Store
from app.tasks import TASKS
from models.metrics import METRICS

if TYPE_CHECKING:  # no other use: the page starts without it
    from app.screen.views.few import Few

CSS = """
:host(.own) .bk-input-group { display: grid; grid-template-columns: minmax(0, 1fr); }
:host(.own) .bk-slider-title {
  display: flex; height: 20px; font-size: var(--s1); line-height: 20px; color: var(--muted); text-align: left;
}
:host(.own) .bk-slider-value { margin-left: auto; font-size: var(--s2); }
:host(.own) label { font-size: var(--s1); color: var(--muted); }
:host(.own) input.bk-input {
  height: 34px; padding: 0 8px; font: inherit; font-size: var(--s2); color: var(--ink); background: var(--surface);
  border: 1px solid var(--line); border-radius: 6px;
}
@media (pointer: coarse) { :host(.own) input.bk-input { height: 44px; } }
"""


class OwnInput:
    """The places and the widgets of one document.

    Parameters
    ----------
    store : is told what is tried
    words : the style of pictures and words of a sample
    """

    def __init__(self, store: Store, words: InlineStyleSheet):
        self._store = store
        self._picture, self._answers = (
            Div(stylesheets=[words], sizing_mode="stretch_width", margin=0, disable_math=True) for _ in range(2)
        )
        self._kinds, self._settings = (Column(sizing_mode="stretch_width", spacing=0, margin=0) for _ in range(2))
        self.roots: dict[str, UIElement] = {
            "own-kinds": self._kinds, "own-picture": self._picture, "own-answers": self._answers,
            "own-settings": self._settings,
        }  # fmt: skip
        self._widgets: _Widgets | None = None

    def draw(self, scene: Scene) -> None:
        """Show what is tried; what is there stays, closed, when nothing is."""
        attempted = scene.attempted
        if attempted is None:
            return
        if self._widgets is None:
            self._widgets = _Widgets(self._store, self._kinds, self._settings)
        self._widgets.show(attempted)
        put(self._picture, text=picture_html(attempted, scene.held))
        put(self._answers, text=answers_html(attempted, scene.held))


class _Widgets:
    """The kinds of input that a model takes, above the picture; the sliders and buttons of one of them, below it."""

    def __init__(self, store: Store, above: Column, below: Column):
        from app.screen import styles
        from app.screen.views.few import Few, sheet

        self._store, self._above, self._below = store, above, below
        self._sheet, buttons = InlineStyleSheet(css=styles.CONTROLS + CSS), InlineStyleSheet(css=styles.BUTTONS)
        self.kinds: Few = Few(lambda kind: store.attempt({"input": kind}), "what to try", sheet())
        self._shown: tuple = ()
        self._sliders: dict[str, Slider] = {}
        self._text = TextInput(title="beginning of a word", css_classes=["own"], stylesheets=[self._sheet], margin=0,
                               max_length=24, sizing_mode="stretch_width")  # fmt: skip
        self._text.on_change("value_input", self._moved("text"))
        self._quiet = False  # while it is Python that moves them
        self._tasks: set[asyncio.Task] = set()
        self._reset, self._this, self._any = (
            Button(label=label, stylesheets=[buttons], margin=(4, 0, 0, 0), sizing_mode="stretch_width")
            for label in ("As it was", "Change this one until they disagree", "Find one where they disagree")
        )
        self._reset.on_click(lambda: store.attempt({"input": self._shown[0]}))
        self._this.on_click(lambda: self._find(everywhere=False))
        self._any.on_click(lambda: self._find(everywhere=True))

    def show(self, attempted: Attempted) -> None:
        """Move the widgets to what is tried."""
        from app.tasks.inputs import inputs_of

        self.kinds.show({each.id: each.label for each in inputs_of(attempted.result.model)}, attempted.attempt.input)
        ranges = attempted.attempt.input, *((each.id, each.low, each.high) for each in attempted.settings)
        if ranges != self._shown:
            self._shown = ranges
            moved = [each for each in attempted.settings if each.label]
            self._sliders = {each.id: self._slider(each, attempted.values[each.id]) for each in moved}
            typed = [self._text] if "text" in attempted.values else []
            self._above.children = [self.kinds.root, *typed]
            more = [self._reset] if self._sliders else []
            more += [self._this] if attempted.attempt.input == "perturbed" else []
            self._below.children = [*self._sliders.values(), *more, self._any]
        self._quiet = True
        for name, slider in self._sliders.items():
            put(slider, value=attempted.values[name])
        self._quiet = False

    def _slider(self, setting: Setting, value: float) -> Slider:
        digits = 0 if setting.step >= 1 else 1 if setting.step >= 0.1 else 2
        slider = Slider(
            title=setting.label, start=setting.low, end=setting.high, step=setting.step, value=value, margin=0,
            format=PrintfTickFormatter(format=f"%.{digits}f"), css_classes=["own"], stylesheets=[self._sheet],
            sizing_mode="stretch_width",
        )  # fmt: skip
        slider.on_change("value", self._moved(setting.id))
        return slider

    def _moved(self, name: str) -> Any:
        def moved(attr: str, old: Any, new: Any) -> None:
            if not self._quiet:
                self._store.attempt({name: new})

        return moved

    def _find(self, everywhere: bool) -> None:
        task = asyncio.get_running_loop().create_task(self._store.find(everywhere))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def picture_html(attempted: Attempted, held: bool) -> str:
    """The input as HTML, in the picture of its kind; nothing where it is a pen that draws it."""
    return "" if attempted.pad == "ink" else PICTURES[attempted.result.model.picture].tried(attempted, held)


def answers_html(attempted: Attempted, held: bool) -> str:
    """What to do, what the search has found, and what both models say, as HTML."""
    from app.tasks.inputs import INPUTS

    lines = [f'<p class="hint">{escape(INPUTS[attempted.attempt.input].hint)}</p>']
    if attempted.attempt.said:
        lines.append(f"<p><b>{escape(attempted.attempt.said)}</b></p>")
    if attempted.pad == "ink" and not attempted.samples.any():  # nothing is drawn yet
        return "".join(lines)
    if attempted.result.model.classes:
        lines.append(likely_html(attempted.result.model.classes, *(each[0] for each in attempted.outputs)))
    said = "".join(_line(name, words) for name, words in spoken(attempted).items() if name == "baseline" or not held)
    agree = "" if held else f"<p>{escape(agreement(attempted))}</p>"
    classes = "answers held" if held else "answers"
    return f'{lines[0]}<div class="{classes}"><div class="verdicts">{said}{agree}</div>{"".join(lines[1:])}</div>'


def _line(name: str, words: str) -> str:
    return f'<p><i class="{name}"></i>{name} <b>{escape(words)}</b></p>'


def spoken(attempted: Attempted) -> dict[str, str]:
    """What each model says, in words."""
    model = attempted.result.model
    task, metric = TASKS[model.task], METRICS[model.metric]

    def said(outputs: np.ndarray) -> str:
        if model.classes:
            return task.said(model, 0, task.answers(outputs)[0])
        return f"{metric.label} {metric.written(metric.of(metric.each(outputs, attempted.labels)))}"

    return dict(zip(("baseline", "compressed"), map(said, attempted.outputs), strict=True))


def agreement(attempted: Attempted) -> str:
    """Whether the two models say the same, as the task judges it."""
    task = TASKS[attempted.result.model.task]
    old, new = map(task.answers, attempted.outputs)
    labels = old if attempted.labels is None else attempted.labels
    different, n = task.changed(old, new, labels).count, len(attempted.samples)
    if n > 1:
        return f"{different} of {n} patches {task.change}."
    return "They disagree." if different else "They agree."
