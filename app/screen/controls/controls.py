"""The left column and the model's menu: widgets made from what each technique declares, and nothing by name.

A widget is moved by the person or by the State; what the State moves is not sent back to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from html import escape
from typing import Any

from bokeh.models import InlineStyleSheet, NumeralTickFormatter, PrintfTickFormatter
from panel.viewable import Viewable
from panel.widgets import Widget

from app.results.scene import Scene
from app.screen.controls.widgets import (
    HTML,
    Button,
    Checkbox,
    Column,
    FloatInput,
    FloatSlider,
    IntSlider,
    Select,
    Toggle,
    put,
)
from app.state import edits
from app.state.efforts import COSTS, EFFORTS
from app.state.state import State, comparable
from app.state.wording import shown
from kernels import TECHNIQUES
from kernels.technique import Parameter, Technique, wanted
from models import model as models
from models.metrics import METRICS
from models.metrics.metric import Metric

NOTHING = "no other model"
KEEP_OUTPUT = "Keep the output layer in float"
SURE = "How sure the first part of the network must be for a sample to stop there; all others go on."

Change = Callable[..., None]
"""``change(mapping, transient=False)``: `Store.change`."""

Meaning = Callable[[Any], Mapping[str, Any]]
"""A widget's new value -> a change of State."""


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


class Controls:
    """The widgets of one document.

    Attributes
    ----------
    roots : name -> what goes there
    sheet : the style of every widget in the document
    """

    def __init__(self, change: Change, sheet: InlineStyleSheet):
        self._change, self.sheet = change, sheet
        self._state: State | None = None
        self._layers: tuple[str, ...] = ()  # names of those of the model on screen
        self._syncing = False
        self._remembered = {t.id: t.check({}) for t in TECHNIQUES.values()}  # also of techniques switched off
        self._shown: dict[str, tuple] = {}  # what the widgets of each technique show
        self._rest: tuple | None = None  # what all others do; None if one of them has been moved since
        self._sections: dict[str, Column] = {}
        self._summaries: dict[str, HTML] = {}
        self._raise: dict[str, Button] = {}  # "earlier", of each technique
        self._widgets: dict[str, dict[str, Widget]] = {}
        self._switches: dict[str, Checkbox] = {}
        self._model = self._menu("model", _models(), css_classes=["model"])
        self._about = self._words("about")
        self._threshold = self._slider(
            "", "option", "threshold", start=0, end=1, step=0.01, value=0, visible=False,
            bokeh={"html_attributes": {"title": SURE}},
        )  # fmt: skip
        self._effort = self._menu(
            "training", _efforts(), css_classes=["option", "effort"], bokeh={"html_attributes": {"title": COSTS}}
        )
        self._layer = self._menu("strength for", {"all layers": ""}, css_classes=["layer"])
        self._special = self._words("special")
        self._keep = self._check(KEEP_OUTPUT, "keep")
        self._size = self._limit("size at most", "kilobytes", step=1)
        self._score = self._limit("", "")
        self._compare = self._menu("compare with", {NOTHING: ""}, css_classes=["compare"])
        sections = [self._section(technique) for technique in TECHNIQUES.values()]
        self.roots: dict[str, Viewable] = {
            "model": self._model,
            "about": self._about,
            "recipe": self._column(self._layer, self._threshold, self._effort, self._special, *sections, self._keep),
            "budget": self._column(self._size, self._score),
            "compare": self._compare,
        }
        self._listen(self._model, "value", lambda new: {"model": new, "layers": {}, "sample": 0})
        self._listen_dragged(self._threshold, lambda new: {"threshold": new})
        self._listen(self._effort, "value", lambda new: {"effort": new})
        self._listen(self._layer, "value", lambda new: {"layer": new})
        self._listen(self._compare, "value", lambda new: {"compare": "" if new == self._state.model else new})
        self._listen(self._keep, "value", lambda on: edits.kept(self._state, self._kept_layer(), on))
        self._listen(self._size, "value", lambda new: self._limited(bytes=None if new is None else round(1000 * new)))
        self._listen(self._score, "value", lambda new: self._limited(score=self._in_units(new)))

    def show(self, state: State) -> None:
        """Move the widgets to where the State is; those that are there already are left alone."""
        self._state = state
        on, steps = edits.in_force(state), edits.numbers(state.recipe)
        self._remembered.update(on)
        with self._in_sync():
            for id in TECHNIQUES:
                now = id in on, self._remembered[id], bool(edits.place(state.recipe, id)), steps.get(id)
                if now != self._shown.get(id):
                    self._show_technique(id, *now)
                    self._shown[id] = now
            rest = replace(state, recipe=(), overrides=(), view=""), models.ids()  # a person may bring one of their own
            if rest != self._rest:
                self._rest = rest
                self._show_rest(state)
            self._show_layer()

    def _show_rest(self, state: State) -> None:
        """All that a drag leaves alone."""
        if state.model not in self._model.values:
            self._model.options = _models()
        put(self._model, value=state.model)
        self._about.say(escape(_about(models.info(state.model))))
        self._show_threshold(models.info(state.model).threshold, state.threshold)
        self._show_effort()
        self._show_compare()
        budget = state.budget
        put(self._size, value=None if budget.bytes is None else budget.bytes / 1000)
        self._show_score(METRICS[models.info(state.model).metric], budget.score)

    def draw(self, scene: Scene) -> None:
        """Learn the layers of the model on screen."""
        layers = tuple(layer.name for layer in scene.result.layers)
        if layers != self._layers:
            self._layers = layers
            with self._in_sync():
                self._show_layer()

    def _show_threshold(self, declared: models.Threshold | None, chosen: float | None) -> None:
        """The threshold of a dynamic model, in its own words; no other model has one."""
        if declared is not None:
            self._threshold.param.update(
                label=declared.label, start=declared.low, end=declared.high,
                value=declared.own if chosen is None else chosen,
            )  # fmt: skip
        put(self._threshold, visible=declared is not None)

    def _show_score(self, metric: Metric, limit: float | None) -> None:
        """The limit of the score, in the words and the unit of what the model is judged by."""
        low, high = metric.bounds
        label = f"{metric.label} at {'least' if metric.higher_is_better else 'most'}"
        if label != self._score.label:
            self._score.param.update(
                label=label, start=metric.scale * low, end=metric.scale * high, step=metric.limit_step,
                css_classes=["limit", metric.id],
            )  # fmt: skip
        put(self._score, value=None if limit is None else round(metric.scale * limit, 4))

    def _in_units(self, limit: float | None) -> float | None:
        """A limit as the State has it, from what the widget says."""
        return None if limit is None else limit / METRICS[models.info(self._state.model).metric].scale

    def _show_effort(self) -> None:
        """How the weights are trained, where there is a choice."""
        put(self._effort, value=self._state.effort, visible=self._has_efforts())

    def _show_layer(self) -> None:
        """The layer in focus, and whether it, or else the last one, stays in float."""
        names = ("", *self._layers) if self._state.layer in self._layers else ("", self._state.layer, *self._layers)
        put(self._layer, options={name or "all layers": name for name in names})
        put(self._layer, value=self._state.layer)
        effort = EFFORTS[self._state.effort].summary if self._has_efforts() else ""
        said = [escape(words) for words in (effort, edits.special(self._state)) if words]
        self._special.say("<br>".join(said))
        put(self._special, visible=bool(said))
        label = "Keep this layer in float" if self._state.layer else KEEP_OUTPUT
        kept = self._kept_layer()
        put(self._keep, label=label, value=kept in self._state.skipped, disabled=kept is None)

    def _has_efforts(self) -> bool:
        return bool(models.info(self._state.model).checkpoints)

    def _show_compare(self) -> None:
        """The models that can stand beside this one; it is in the menu itself, which so stays the same for most."""
        others = comparable(self._state.model)
        listed = {models.info(id).label: id for id in models.ids() if id in others or id == self._state.model}
        if others:  # else nobody can open the menu: what it lists need not be made anew
            put(self._compare, options={NOTHING: "", **listed})
        put(self._compare, value=self._state.compare, disabled=not others)

    def _kept_layer(self) -> str | None:
        return self._state.layer or (self._layers[-1] if self._layers else None)

    def _show_technique(self, id: str, on: bool, params: Mapping[str, Any], later: bool, step: int | None) -> None:
        technique = TECHNIQUES[id]
        put(self._switches[id], value=on)
        for parameter in technique.parameters:
            widget, value = self._widgets[id][parameter.name], params[parameter.name]
            if parameter.kind == "choice" or abs(widget.value - value) > 1e-6:  # the State is rounded
                put(widget, value=value)
            put(widget, visible=wanted(technique, parameter.name, params))
        classes = [*([] if on else ["off"]), *([f"step{step}"] if step else [])]
        put(self._sections[id], css_classes=["technique", id, *classes])
        self._summaries[id].say(escape((chosen(technique, params) if on else "") or _brief(technique)))
        put(self._raise[id], visible=later)

    def _section(self, technique: Technique) -> Column:
        """One technique: its switch, its primary slider with the value, its summary, the rest behind "options"."""
        id = technique.id
        self._switches[id] = self._check(technique.label, "switch")
        self._listen(self._switches[id], "value", lambda on: self._switched(id, on))
        widgets = self._widgets[id] = {p.name: self._widget(id, p) for p in technique.parameters}
        self._summaries[id] = self._words("summary", _brief(technique), title=technique.summary)
        primary = next(p.name for p in technique.parameters if p.primary)
        rest = [widget for name, widget in widgets.items() if name != primary]
        more = self._column(*rest, self._raiser(id), visible=False, css_classes=["options"], bokeh=_opening(technique))
        toggle = Toggle(label="options", sheet=self.sheet, css_classes=["more"])
        toggle.jslink(more, value="visible")  # in the page alone, so that it answers before Python is up
        parts = [self._switches[id], widgets[primary], self._summaries[id], toggle, more]
        self._sections[id] = self._column(*parts, css_classes=["technique", id])
        return self._sections[id]

    def _raiser(self, id: str) -> Button:
        """The button that moves a technique one place up in the recipe."""
        self._raise[id] = Button(
            label="apply one step earlier", sheet=self.sheet, css_classes=["earlier"], visible=False,
            on_click=lambda event: self._change(self._earlier(id)),
        )  # fmt: skip
        return self._raise[id]

    def _widget(self, id: str, parameter: Parameter) -> Widget:
        """The widget of one parameter, wired."""
        name, label = parameter.name, parameter.label or parameter.name
        bokeh = {"name": f"{id}.{name}", "html_attributes": {"title": parameter.help} if parameter.help else {}}
        if parameter.kind == "choice":
            place = "choice" if parameter.primary else "option"
            menu = self._menu(label, options(parameter), value=parameter.default, css_classes=[place], bokeh=bokeh)
            self._listen(menu, "value", lambda new: self._moved(id, {name: new}))
            return menu
        slider = self._slider(
            label, "primary" if parameter.primary else "option",
            kind=IntSlider if parameter.kind == "int" else FloatSlider,
            start=parameter.low, end=parameter.high, step=parameter.step or 1, value=parameter.default,
            format=_format(parameter), bokeh=bokeh,
        )  # fmt: skip
        self._listen_dragged(slider, lambda new: self._moved(id, {name: new}))
        return slider

    def _slider(self, label: str, *classes: str, kind: type[FloatSlider | IntSlider] = FloatSlider, **more) -> Widget:
        return kind(label=label, css_classes=list(classes), sizing_mode="stretch_width", sheet=self.sheet, **more)

    def _listen_dragged(self, slider: Widget, meaning: Meaning) -> None:
        """Turn a drag into changes of State, all but the last of them transient."""
        self._listen(slider, "value", meaning, transient=True)
        self._listen(slider, "value_throttled", meaning)

    def _menu(self, label: str, options: dict[str, Any], **more) -> Select:
        return Select(label=label, options=options, width=None, sizing_mode="stretch_width", sheet=self.sheet, **more)

    def _limit(self, label: str, unit: str, **more) -> FloatInput:
        """A number that may be left out."""
        return FloatInput(
            label=label, value=None, start=0, placeholder="any", css_classes=["limit", unit],
            width=None, sizing_mode="stretch_width", sheet=self.sheet, **more,
        )  # fmt: skip

    def _check(self, label: str, kind: str) -> Checkbox:
        return Checkbox(label=label, sheet=self.sheet, css_classes=[kind])

    def _words(self, kind: str, text: str = "", **attributes: str) -> HTML:
        return HTML(escape(text), sheet=self.sheet, css_classes=[kind], bokeh={"html_attributes": attributes})

    def _column(self, *parts: Viewable, **more) -> Column:
        return Column(*parts, sizing_mode="stretch_width", sheet=self.sheet, **more)

    def _listen(self, widget: Widget, name: str, meaning: Meaning, *, transient: bool = False) -> None:
        """Turn what the person does to a widget into a change of State."""

        def changed(event):
            if not self._syncing:
                self._rest = self._rest if transient else None
                self._change(meaning(event.new), transient=transient)

        # A drag that ends where the one before did is news: the slider has been elsewhere in between.
        widget.param.watch(changed, name, onlychanged=name != "value_throttled")

    def _switched(self, id: str, on: bool) -> dict[str, Any]:
        if not on:
            return edits.switched_off(self._state, id)
        return edits.moved(self._state, id, self._remembered[id], self._layers)

    def _moved(self, id: str, params: dict[str, Any]) -> dict[str, Any]:
        """Moving what belongs to a technique that is off switches it on, as it was with this one thing changed."""
        return edits.moved(self._state, id, {**self._remembered[id], **params}, self._layers)

    def _earlier(self, id: str) -> dict[str, Any]:
        return {"recipe": edits.spelled(edits.earlier(self._state.recipe, id))}

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


def _models() -> dict[str, str]:
    """The menu of models: ours, then a person's own."""
    return {models.info(id).label: id for id in models.ids()}


def _efforts() -> dict[str, str]:
    """The menu of efforts, each with its cost."""
    return {f"{effort.cost} {effort.name}": id for id, effort in EFFORTS.items()}


def _about(model: models.ModelInfo) -> str:
    """A model in a sentence, after what its card says of it uncompressed: both are known before the model is here."""
    numbers, metric = model.numbers, METRICS[model.metric]
    if numbers is None:
        return model.summary
    named = "" if metric.unit == "%" else f" {metric.label}"
    return f"{numbers.score}{named}, {numbers.size_bytes / 1000:.3g} kB uncompressed. {model.summary}"


def _brief(technique: Technique) -> str:
    """The first sentence of its summary; options open with all of it."""
    return technique.summary.partition(". ")[0].removesuffix(".") + "."


def _opening(technique: Technique) -> dict[str, Any]:
    """What the options of a technique open with, as an attribute that its style shows: a model less to send."""
    return {"html_attributes": {"data-about": technique.summary}}


def _format(parameter: Parameter):
    """How BokehJS prints the value while it moves; the same words as `app.state.wording.shown`."""
    if parameter.unit == "%":
        return NumeralTickFormatter(format="0 %")
    unit = f" {parameter.unit}".rstrip().replace("%", "%%")
    return PrintfTickFormatter(format=("%d" if parameter.kind == "int" else "%g") + unit)
