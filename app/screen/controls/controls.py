"""The left column and the model's menu: which model, how it is compressed, within what budget, beside which other."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from bokeh.models import InlineStyleSheet
from panel.viewable import Viewable

from app.results.scene import Scene
from app.screen.controls.budget import Limits
from app.screen.controls.technique import Section
from app.screen.controls.widgets import Toggle, put
from app.screen.controls.wiring import Go, Wiring
from app.state import edits
from app.state.efforts import COSTS, EFFORTS
from app.state.reading import comparable
from app.state.state import State
from kernels import TECHNIQUES
from models import model as models
from models.metrics import METRICS

NOTHING = "no other model"
FIRST = ("prune", "palettize", "quantize")
"The techniques that a beginner sees; all others, and what is about single layers, stand behind a button."

KEEP_OUTPUT = "Keep the output layer in float"
SURE = "How sure the first part of the network must be for a sample to stop there; all others go on."


class Controls:
    """The widgets of one document.

    Attributes
    ----------
    roots : name -> what goes there
    sheet : the style of every widget in the document
    sections : id of a technique -> its widgets
    model, about, compare : the menu of models, what is said of the one chosen, the one beside it
    more, rest : the button behind which stands what a beginner does not need, and that itself
    layer, special, keep : the layer in focus, which layers are not like all others, whether one stays in float
    threshold, effort : where the model has them
    limits : the budget
    """

    def __init__(self, go: Go, sheet: InlineStyleSheet):
        self.sheet = sheet
        self._wiring = wiring = Wiring(go, sheet)
        self._rest: tuple | None = None  # what all widgets but those of a recipe show
        self._guarded: tuple = ((), ())  # what is hidden, and what locked
        self.model = wiring.menu(
            "model", _models(), lambda state, new: state.merged({"model": new}), css_classes=["model"]
        )
        self.about = wiring.words("about")
        self.threshold = wiring.slider(
            "", "option", "threshold", meaning=lambda state, new: state.merged({"threshold": new}),
            start=0, end=1, step=0.01, value=0, visible=False, bokeh={"html_attributes": {"title": SURE}},
        )  # fmt: skip
        self.effort = wiring.menu(
            "training", _efforts(), lambda state, new: state.merged({"effort": new}),
            css_classes=["option", "effort"], bokeh={"html_attributes": {"title": COSTS}},
        )  # fmt: skip
        self.layer = wiring.menu(
            "strength for", {"all layers": ""}, lambda state, new: replace(state, layer=new), css_classes=["layer"]
        )
        self.special = wiring.words("special")
        shown = (*FIRST, *(id for id in TECHNIQUES if id not in FIRST))
        self.sections = {id: Section(TECHNIQUES[id], wiring) for id in shown}
        self.keep = wiring.check(KEEP_OUTPUT, "keep", self._kept)
        self.limits = Limits(wiring)
        self.compare = wiring.menu("compare with", {NOTHING: ""}, _compared, css_classes=["compare"])
        sections = [section.root for section in self.sections.values()]
        first, others = sections[: len(FIRST)], sections[len(FIRST) :]
        self.rest = wiring.column(self.layer, self.special, *others, self.keep, visible=False, css_classes=["rest"])
        self.more = Toggle(label="more ways to compress", sheet=sheet, css_classes=["more", "ways"])
        self.more.jslink(self.rest, value="visible")  # in the page alone, so that it answers before Python is up
        self.roots: dict[str, Viewable] = {
            "model": self.model,
            "about": self.about,
            "recipe": wiring.column(self.threshold, self.effort, *first, self.more, self.rest),
            "budget": self.limits.root,
            "compare": self.compare,
        }

    def show(self, state: State) -> None:
        """Move the widgets to where the State is; those that are there already are left alone."""
        wiring, recipe = self._wiring, state.recipe
        wiring.state = state
        in_force, steps = edits.in_force(state), edits.numbers(recipe, tuple(self.sections))
        with wiring.in_sync():
            for id, section in self.sections.items():
                section.show(in_force.get(id), steps.get(id), later=bool(edits.place(recipe, id)))
            if state.layer or state.skipped or state.overrides or any(step.technique not in FIRST for step in recipe):
                put(self.more, value=True)
                put(self.rest, visible="more" not in state.hidden)
            rest = replace(state, recipe=(), overrides=(), view=""), models.ids()  # a person may bring one of their own
            if rest != self._rest or wiring.let_go:
                self._rest, wiring.let_go = rest, False
                self._show_rest(state)
            self._show_layer(state)
            self._guard(state)

    def draw(self, scene: Scene) -> None:
        """Judge the Result by the budget, and learn the layers of the model on screen."""
        self.limits.draw(scene)
        layers = tuple(layer.name for layer in scene.result.layers)
        if layers != self._wiring.layers:
            self._wiring.layers, self._wiring.heads = layers, scene.result.heads
            self.show(self._wiring.state)

    def _guard(self, state: State) -> None:
        """Hide and hold what a link says: techniques by their names, and "more", which is the others of them and what
        is about single layers. What belongs to the page is for `static/lessons.js`."""
        if (guarded := (state.hidden, state.locked)) == self._guarded:
            return
        self._guarded = guarded
        for id, section in self.sections.items():
            held = id in state.locked or (id not in FIRST and "more" in state.locked)
            section.guard(hidden=id in state.hidden, locked=held)
        put(self.layer, disabled="more" in state.locked)
        put(self.more, visible="more" not in state.hidden)
        put(self.rest, visible=self.more.value and "more" not in state.hidden)

    def _show_rest(self, state: State) -> None:
        """All that a drag leaves alone."""
        info = models.info(state.model)
        if state.model not in self.model.values:
            self.model.options = _models()
        put(self.model, value=state.model)
        self.about.say(escape(_about(info)))
        self._show_threshold(info.threshold, state.threshold)
        put(self.effort, value=state.effort, visible=_has_efforts(state))
        self._show_compare(state)
        self.limits.show(state)

    def _show_threshold(self, declared: models.Threshold | None, chosen: float | None) -> None:
        """The threshold of a dynamic model, in its own words; no other model has one."""
        if declared is not None:
            self.threshold.param.update(
                label=declared.label, start=declared.low, end=declared.high,
                value=declared.own if chosen is None else chosen,
            )  # fmt: skip
        put(self.threshold, visible=declared is not None)

    def _show_layer(self, state: State) -> None:
        """The layer in focus, and whether it, or else the last one, stays in float."""
        layers = self._wiring.layers
        names = ("", *layers) if state.layer in layers else ("", state.layer, *layers)
        put(self.layer, options={name or "all layers": name for name in names})
        put(self.layer, value=state.layer)
        effort = EFFORTS[state.effort].summary if _has_efforts(state) else ""
        said = [escape(words) for words in (effort, edits.special(state)) if words]
        self.special.say("<br>".join(said))
        put(self.special, visible=bool(said))
        label = "Keep this layer in float" if state.layer else KEEP_OUTPUT
        kept = self._kept_layer(state)
        put(self.keep, label=label, value=kept in state.skipped, disabled=kept is None or "more" in state.locked)

    def _show_compare(self, state: State) -> None:
        """The models that can stand beside this one; it is in the menu itself, which so stays the same for most."""
        others = comparable(state.model)
        listed = {models.info(id).label: id for id in models.ids() if id in others or id == state.model}
        if others:  # else nobody can open the menu: what it lists need not be made anew
            put(self.compare, options={NOTHING: "", **listed})
        put(self.compare, value=state.compare, disabled=not others)

    def _kept_layer(self, state: State) -> str | None:
        return state.layer or (self._wiring.layers[-1] if self._wiring.layers else None)

    def _kept(self, state: State, on: bool) -> State:
        return edits.kept(state, self._kept_layer(state), on)


def _compared(state: State, model: str) -> State:
    """A model beside itself is none."""
    return state.merged({"compare": "" if model == state.model else model})


def _has_efforts(state: State) -> bool:
    """Whether there is a choice how the weights are trained."""
    return bool(models.info(state.model).checkpoints)


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
