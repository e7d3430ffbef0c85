"""The left column and the model's menu: widgets made from what each technique declares, and nothing by name.

Widgets are Bokeh's own: Panel's add a loading style sheet to each one, and this column is most of the start.
A widget is moved by the person or by the State; what the State moves is not sent back to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import Any

from bokeh.models import (
    Checkbox,
    Column,
    CustomJS,
    Div,
    InlineStyleSheet,
    NumeralTickFormatter,
    NumericInput,
    PrintfTickFormatter,
    Select,
    Slider,
    Toggle,
    UIElement,
)

from app.result import Scene
from app.state import State, Step
from kernels import TECHNIQUES
from kernels.technique import Parameter, Technique
from models import MODELS
from models import model as models

Change = Callable[..., None]
"""``change(mapping, transient=False)``: `Store.change`."""

Meaning = Callable[[Any], Mapping[str, Any]]
"""A widget's new value -> a change of State."""


def recipe_with(recipe: tuple[Step, ...], technique: str, **params) -> tuple[Step, ...]:
    """The recipe with `params` of one technique set; a new step goes where the menu's order puts it.

    Raises
    ------
    ValueError
        If the technique has no such parameter or the value is out of range.
    """
    order = list(TECHNIQUES)
    for at, step in enumerate(recipe):
        if step.technique == technique:
            return (*recipe[:at], Step.of(technique, **{**dict(step.params), **params}), *recipe[at + 1 :])
    at = next((i for i, s in enumerate(recipe) if order.index(s.technique) > order.index(technique)), len(recipe))
    return (*recipe[:at], Step.of(technique, **params), *recipe[at:])


def recipe_without(recipe: tuple[Step, ...], technique: str) -> tuple[Step, ...]:
    """The recipe without one technique."""
    return tuple(step for step in recipe if step.technique != technique)


def wanted(technique: Technique, name: str, params: Mapping[str, Any]) -> bool:
    """Whether a parameter means something beside the values of the others, and those it hangs on do too."""
    parameter = next(p for p in technique.parameters if p.name == name)
    if parameter.only_when is None:
        return True
    other, values = parameter.only_when
    return params[other] in values and wanted(technique, other, params)


class Controls:
    """The widgets of one document.

    Attributes
    ----------
    roots : name -> root model
    sheet : the style of every widget in the document
    """

    def __init__(self, change: Change, sheet: InlineStyleSheet):
        self._change, self.sheet = change, sheet
        self._state: State | None = None
        self._output: str | None = None  # the last layer of the model on screen
        self._syncing = False
        self._remembered = {t.id: t.check({}) for t in TECHNIQUES.values()}  # also of techniques switched off
        self._widgets: dict[str, dict[str, UIElement]] = {}
        self._switches: dict[str, Checkbox] = {}
        self._model = self._menu("model", [(id, models.load(id).label) for id in MODELS], css_classes=["model"])
        self._about = self._words("about")
        self._keep = self._check("Keep the output layer in float", "keep")
        self._size = self._limit("size at most", "kilobytes", None)
        self._score = self._limit("accuracy at least", "percent", 100)
        sections = [self._section(technique) for technique in TECHNIQUES.values()]
        self.roots: dict[str, UIElement] = {
            "model": self._model,
            "about": self._about,
            "recipe": self._column([*sections, self._keep]),
            "budget": self._column([self._size, self._score]),
        }
        self._listen(self._model, "value", lambda new: {"model": new, "layers": {}, "sample": 0})
        self._listen(self._keep, "active", self._kept)
        self._listen(self._size, "value", lambda new: self._limited(bytes=None if new is None else round(1000 * new)))
        self._listen(self._score, "value", lambda new: self._limited(score=None if new is None else new / 100))

    def show(self, state: State) -> None:
        """Move the widgets to where the State is; those that are there already are left alone."""
        self._state = state
        on = {step.technique: dict(step.params) for step in state.recipe}
        self._remembered.update(on)
        with self._in_sync():
            for id, technique in TECHNIQUES.items():
                params = self._remembered[id]
                _set(self._switches[id], active=id in on)
                for parameter in technique.parameters:
                    widget = self._widgets[id][parameter.name]
                    _move(widget, parameter, params[parameter.name])
                    _set(widget, visible=wanted(technique, parameter.name, params))
                    if parameter.primary:
                        _set(widget, css_classes=["primary"] if id in on else ["primary", "off"])
            _set(self._model, value=state.model)
            _set(self._about, text=models.load(state.model).summary)
            _set(self._keep, active=self._output in state.skipped)
            budget = state.budget
            _set(self._size, value=None if budget.bytes is None else budget.bytes / 1000)
            _set(self._score, value=None if budget.score is None else round(100 * budget.score, 2))

    def draw(self, scene: Scene) -> None:
        """Learn the layers of the model on screen."""
        self._output = scene.result.layers[-1].name if scene.result.layers else None
        with self._in_sync():
            _set(self._keep, active=self._output in self._state.skipped, disabled=self._output is None)

    def _section(self, technique: Technique) -> Column:
        """One technique: its switch, its primary slider with the value, its summary, the rest behind "options"."""
        id = technique.id
        self._switches[id] = self._check(technique.label, "switch")
        self._listen(self._switches[id], "active", lambda on: self._switched(id, on))
        widgets = self._widgets[id] = {p.name: self._widget(id, p) for p in technique.parameters}
        primary = next(p.name for p in technique.parameters if p.primary)
        summary = self._words("summary", technique.summary)
        children: list[UIElement] = [self._switches[id], widgets[primary], summary]
        rest = [widget for name, widget in widgets.items() if name != primary]
        if rest:
            options = self._column(rest, visible=False, css_classes=["options"])
            toggle = Toggle(label="options", stylesheets=[self.sheet], margin=0, css_classes=["more"])
            # In the page alone, so that it answers before Python is up.
            toggle.js_on_change("active", CustomJS(args={"options": options}, code="options.visible = cb_obj.active"))
            children += [toggle, options]
        return self._column(children, css_classes=["technique", id])

    def _widget(self, id: str, parameter: Parameter) -> UIElement:
        """The widget of one parameter, wired."""
        name, hint = parameter.name, {"title": parameter.help} if parameter.help else {}
        if parameter.kind == "choice":
            labels = parameter.labels or tuple(str(choice) for choice in parameter.choices)
            options = [(str(at), label) for at, label in enumerate(labels)]
            menu = self._menu(parameter.label or name, options, css_classes=["option"], html_attributes=hint)
            self._listen(menu, "value", lambda new: self._moved(id, {name: parameter.choices[int(new)]}))
            return menu
        slider = Slider(
            title=parameter.label or name,
            start=parameter.low, end=parameter.high, step=parameter.step or 1, value=parameter.default,
            format=_format(parameter), stylesheets=[self.sheet], margin=0, sizing_mode="stretch_width",
            css_classes=["primary"] if parameter.primary else ["option"], html_attributes=hint,
        )  # fmt: skip
        read = round if parameter.kind == "int" else float
        self._listen(slider, "value", lambda new: self._moved(id, {name: read(new)}), transient=True)
        self._listen(slider, "value_throttled", lambda new: self._moved(id, {name: read(new)}))
        return slider

    def _menu(self, title: str, options: list[tuple[str, str]], **more) -> Select:
        return Select(
            title=title, options=options, value=options[0][0], **more,
            stylesheets=[self.sheet], margin=0, sizing_mode="stretch_width",
        )  # fmt: skip

    def _limit(self, title: str, unit: str, high: float | None) -> NumericInput:
        """A number that may be left out."""
        return NumericInput(
            title=title, mode="float", low=0, high=high, placeholder="any",
            stylesheets=[self.sheet], margin=0, css_classes=["limit", unit], sizing_mode="stretch_width",
        )  # fmt: skip

    def _check(self, label: str, kind: str) -> Checkbox:
        return Checkbox(label=label, stylesheets=[self.sheet], margin=0, css_classes=[kind])

    def _words(self, kind: str, text: str = "") -> Div:
        return Div(text=text, render_as_text=True, stylesheets=[self.sheet], margin=0, css_classes=[kind])

    def _column(self, children: list[UIElement], **more) -> Column:
        style = {"stylesheets": [self.sheet], "margin": 0, "sizing_mode": "stretch_width", "spacing": 0}
        return Column(children=children, **style, **more)

    def _listen(self, widget: UIElement, name: str, meaning: Meaning, *, transient: bool = False) -> None:
        """Turn what the person does to a widget into a change of State."""

        def changed(attr, old, new):
            if not self._syncing:
                self._change(meaning(new), transient=transient)

        widget.on_change(name, changed)

    def _switched(self, id: str, on: bool) -> dict[str, Any]:
        recipe = self._state.recipe
        return _spelled(recipe_with(recipe, id, **self._remembered[id]) if on else recipe_without(recipe, id))

    def _moved(self, id: str, params: dict[str, Any]) -> dict[str, Any]:
        """Moving what belongs to a technique that is off switches it on, as it was with this one thing changed."""
        return _spelled(recipe_with(self._state.recipe, id, **{**self._remembered[id], **params}))

    def _kept(self, on: bool) -> dict[str, Any]:
        others = [name for name in self._state.skipped if name != self._output]
        return {"layers": {name: {"skip": True} for name in ([*others, self._output] if on else others)}}

    def _limited(self, **limit) -> dict[str, Any]:
        return {"budget": {**self._state.budget.to_json(), **limit}}

    @contextmanager
    def _in_sync(self):
        """What happens to a widget in here was not the person's doing."""
        self._syncing = True
        try:
            yield
        finally:
            self._syncing = False


def _spelled(recipe: tuple[Step, ...]) -> dict[str, Any]:
    return {"recipe": [step.to_json() for step in recipe]}


def _set(widget: UIElement, **values) -> None:
    """Set only what differs, so that only that is sent."""
    for name, value in values.items():
        if getattr(widget, name) != value:
            setattr(widget, name, value)


def _move(widget: UIElement, parameter: Parameter, value) -> None:
    """Move a widget to a parameter's value, unless it is there up to the rounding of the State."""
    if parameter.kind == "choice":
        _set(widget, value=str(parameter.choices.index(value)))
    elif abs(widget.value - value) > 1e-6:
        widget.value = value
        # Else a drag that ends where the last one did would not count as one: BokehJS only tells of a difference.
        # The property is read-only for Python on purpose; this is the way a page's own change takes.
        widget.set_from_json("value_throttled", value)


def _format(parameter: Parameter):
    """How BokehJS prints the value while it moves; the same words as `app.words.shown`."""
    if parameter.unit == "%":
        return NumeralTickFormatter(format="0 %")
    unit = f" {parameter.unit}".rstrip().replace("%", "%%")
    return PrintfTickFormatter(format=("%d" if parameter.kind == "int" else "%g") + unit)
