"""The section of one technique: its switch, its primary slider, what is chosen, and the rest behind "options".

All of it is made from what the technique declares, and nothing by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from bokeh.models import NumeralTickFormatter, PrintfTickFormatter
from panel.widgets import Widget

from app.screen.controls.widgets import Button, FloatSlider, IntSlider, Toggle, put
from app.screen.controls.wiring import Wiring
from app.state import edits
from app.state.state import State
from app.state.wording import shown
from kernels.technique import Parameter, Technique, wanted


class Section:
    """The widgets of one technique.

    Attributes
    ----------
    root : all of them
    switch, summary, earlier : whether it is on; what is chosen; the button that moves it one place up in the recipe
    widgets : name of a parameter -> its widget
    """

    def __init__(self, technique: Technique, wiring: Wiring):
        self._technique, self._wiring = technique, wiring
        self._params: Mapping[str, Any] = technique.check({})  # what was in force last
        self._shown: tuple | None = None
        self._place: list[str] = []  # whether it is off, and which step it is
        self._hidden = False
        self.switch = wiring.check(technique.label, "switch", self._switched)
        self.widgets = {parameter.name: self._widget(parameter) for parameter in technique.parameters}
        self.summary = wiring.words("summary", title=technique.summary)
        self.summary.say(brief(technique))
        self.earlier = Button(
            label="apply one step earlier", sheet=wiring.sheet, css_classes=["earlier"], visible=False,
            on_click=lambda event: wiring.go(self._raised(wiring.state)),
        )  # fmt: skip
        primary = technique.primary.name
        rest = [widget for name, widget in self.widgets.items() if name != primary]
        # What the options open with is an attribute that their style shows: a model less to send.
        about = {"html_attributes": {"data-about": technique.summary}}
        options = wiring.column(*rest, self.earlier, visible=False, css_classes=["options"], bokeh=about)
        toggle = Toggle(label="options", sheet=wiring.sheet, css_classes=["more"])
        toggle.jslink(options, value="visible")  # in the page alone, so that it answers before Python is up
        parts = self.switch, self.widgets[primary], self.summary, toggle, options
        self.root = wiring.column(*parts, css_classes=["technique", technique.id])

    def show(self, params: Mapping[str, Any] | None, step: int | None, *, later: bool) -> None:
        """Move the widgets; those that are there already are left alone.

        Parameters
        ----------
        params : what is in force; None while the technique is off: its widgets then stay where they were
        step : its number in the recipe, where that needs saying
        later : whether another step comes before it
        """
        self._params = self._params if params is None else params
        now = params is not None, self._params, step, later
        if (now, self._wiring.heads) != self._shown:
            self._shown = now, self._wiring.heads
            self._move(*now)

    def guard(self, *, hidden: bool, locked: bool) -> None:
        """Take the section out of sight, or hold it as it is."""
        self._hidden = hidden
        put(self.root, css_classes=self._classes())
        for widget in (self.switch, self.earlier, *self.widgets.values()):
            put(widget, disabled=locked)

    def _classes(self) -> list[str]:
        """What its style has to know; that of the section would overrule Bokeh's for what is not visible."""
        return ["technique", self._technique.id, *self._place, *(["hidden"] if self._hidden else [])]

    def _move(self, on: bool, params: Mapping[str, Any], step: int | None, later: bool) -> None:
        technique = self._technique
        put(self.switch, value=on)
        for parameter in technique.parameters:
            widget, value = self.widgets[parameter.name], params[parameter.name]
            if parameter.kind == "choice" or abs(widget.value - value) > 1e-6:  # the State is rounded
                put(widget, value=value)
            has = self._wiring.heads or not parameter.heads
            put(widget, visible=has and wanted(technique, parameter.name, params))
        self._place = [*([] if on else ["off"]), *([f"step{step}"] if step else [])]
        put(self.root, css_classes=self._classes())
        said = chosen(technique, params) if on else ""
        self.summary.say(escape(said) if said else brief(technique))
        put(self.earlier, visible=later)

    def _widget(self, parameter: Parameter) -> Widget:
        name, label = parameter.name, parameter.label or parameter.name
        attributes = {"html_attributes": {"title": parameter.help} if parameter.help else {}}
        bokeh = {"name": f"{self._technique.id}.{name}", **attributes}

        def moved(state: State, new: Any) -> State:
            return self._moved(state, {name: new})

        if parameter.kind == "choice":
            place = "choice" if parameter.primary else "option"
            return self._wiring.menu(
                label, options(parameter), moved, value=parameter.default, css_classes=[place], bokeh=bokeh
            )
        return self._wiring.slider(
            label, "primary" if parameter.primary else "option", meaning=moved,
            kind=IntSlider if parameter.kind == "int" else FloatSlider,
            start=parameter.low, end=parameter.high, step=parameter.step or 1, value=parameter.default,
            format=_format(parameter), bokeh=bokeh,
        )  # fmt: skip

    def _switched(self, state: State, on: bool) -> State:
        return self._moved(state, {}) if on else edits.switched_off(state, self._technique.id)

    def _moved(self, state: State, params: Mapping[str, Any]) -> State:
        """Moving what belongs to a technique that is off switches it on, as it was with this one thing changed."""
        return edits.moved(state, self._technique.id, {**self._params, **params}, self._wiring.layers)

    def _raised(self, state: State) -> State:
        return edits.raised(state, self._technique.id)


def brief(technique: Technique) -> str:
    """The first sentence of its summary, for options open with all of it, and what it wins; as HTML."""
    said = technique.summary.partition(". ")[0].removesuffix(".") + "."
    return " ".join((escape(said), *(f"<b>{escape(win)}</b>" for win in technique.wins)))


def options(parameter: Parameter) -> dict[str, Any]:
    """The menu of a choice: what the page calls each -> its value."""
    return dict(zip(parameter.labels or map(str, parameter.choices), parameter.choices, strict=True))


def chosen(technique: Technique, params: Mapping[str, Any]) -> str:
    """What is other than by default, the primary parameter aside: ``per block, block size 16``; or ""."""
    said = []
    for parameter in technique.parameters:
        value = params[parameter.name]
        if not parameter.primary and value != parameter.default and wanted(technique, parameter.name, params):
            names = {value: name for name, value in options(parameter).items()}
            words = names.get(value) or shown(parameter, value)
            said.append(words if len(words) > 4 else f"{parameter.label} {words}")  # a short word says little alone
    return ", ".join(said)


def _format(parameter: Parameter):
    """How BokehJS prints the value while it moves; the same words as `app.state.wording.shown`."""
    if parameter.unit == "%":
        return NumeralTickFormatter(format="0 %")
    unit = f" {parameter.unit}".rstrip().replace("%", "%%")
    return PrintfTickFormatter(format=("%d" if parameter.kind == "int" else "%g") + unit)
