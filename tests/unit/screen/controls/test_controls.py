"""The recipe that the controls spell, and widgets that follow the State without echoing it."""

import re
from dataclasses import replace

import pytest
from bokeh.document import Document
from bokeh.models import InlineStyleSheet
from panel.io.state import set_curdoc

from app.screen.controls.controls import FIRST, Controls
from app.screen.controls.technique import chosen
from app.state.choices import Step
from app.state.edits import earlier, numbers, special, with_step, without_step
from app.state.efforts import EFFORTS
from app.state.state import State
from kernels import TECHNIQUES
from kernels.technique import wanted
from tests.made.results import scene


class Changes(list):
    """A stand-in for `Store.go` that remembers and, like the store, tells the controls."""

    def __init__(self, state):
        super().__init__()
        self.state = state
        self.controls = Controls(self, InlineStyleSheet(css=""))
        self.document = Document()
        with set_curdoc(self.document):
            for root in self.controls.roots.values():
                self.document.add_root(root.get_root(self.document))
        self.controls.show(state)
        self.controls.draw(scene(state.model, state=state))

    def __call__(self, state, *, transient=False):
        self.append((state, transient))
        self.state = state
        self.controls.show(self.state)

    def switch(self, id):
        return self.controls.sections[id].switch

    def widget(self, id, name):
        return self.controls.sections[id].widgets[name]

    def model(self, widget):
        """The Bokeh model of a widget."""
        (model, _), *others = widget._models.values()
        assert not others
        return model

    def page(self, widget, **values):
        """What the person does in the page; what Python then says of that same widget."""
        model, said = self.model(widget), []
        self.document.on_change(lambda event: said.append((event.attr, event.new)) if event.model is model else None)
        for attr, new in values.items():
            with set_curdoc(self.document):
                event = {"kind": "ModelChanged", "model": {"id": model.id}, "attr": attr, "new": new}
                self.document.apply_json_patch({"events": [event]})
        return [each for each in said if each not in values.items()]


def names(recipe):
    return [step.technique for step in recipe]


@pytest.mark.parametrize("missing", TECHNIQUES)
def test_a_new_step_stands_where_the_menu_has_it(missing):
    order = tuple(TECHNIQUES)
    rest = tuple(Step.of(id) for id in order if id != missing)
    assert names(with_step(rest, missing)) == list(order)


def test_other_steps_keep_their_place_and_their_values():
    odd = (Step.of("quantize", bits=5), Step.of("prune", sparsity=0.3))
    assert with_step(odd, "prune", sparsity=0.4) == (odd[0], Step.of("prune", sparsity=0.4))
    assert without_step(odd, "quantize") == odd[1:]
    assert without_step(odd, "palettize") == odd


def test_a_step_keeps_the_parameters_that_are_not_named():
    recipe = with_step((Step.of("prune", sparsity=0.3, scope="layer"),), "prune", sparsity=0.4)
    assert dict(recipe[0].params)["scope"] == "layer"


def test_a_value_out_of_range_is_refused():
    with pytest.raises(ValueError, match="bits"):
        with_step((), "palettize", bits=99)


def test_a_parameter_is_wanted_only_while_all_it_hangs_on_is():
    quantize = TECHNIQUES["quantize"]
    assert not wanted(quantize, "block_size", quantize.check({}))
    assert wanted(quantize, "block_size", quantize.check({"granularity": "per_block"}))
    assert not wanted(quantize, "block_size", quantize.check({"granularity": "per_block", "dtype": "fp16"}))


def test_what_is_chosen_other_than_by_default_is_said_in_short():
    quantize = TECHNIQUES["quantize"]
    assert chosen(quantize, quantize.check({"bits": 3, "block_size": 64})) == "", "no blocks, so no size of them"
    params = quantize.check({"granularity": "per_block", "block_size": 64, "range": "percentile", "percentile": 99.0})
    assert chosen(quantize, params) == "per block, block size 64, percentile, percentile 99"
    changes = Changes(State(recipe=(Step.of("quantize", granularity="per_tensor"),)))
    assert changes.controls.sections["quantize"].summary.said == "per tensor"
    changes.page(changes.switch("quantize"), active=False)
    said = changes.controls.sections["quantize"].summary.said
    first, *wins = re.split(r" <b>|</b>", said)
    assert first.count(".") == 1 and quantize.summary.startswith(first), "its first sentence"
    assert tuple(filter(None, wins)) == quantize.wins


def test_steps_are_numbered_where_the_menu_does_not_tell_their_order():
    recipe = (Step.of("quantize"), Step.of("prune"))
    shown = ("prune", "quantize")
    assert numbers(recipe[::-1], shown) == numbers(recipe[:1], shown) == {}
    assert numbers(recipe, shown) == {"quantize": 1, "prune": 2}
    sections = Changes(State(recipe=recipe)).controls.sections
    assert sections["prune"].root.css_classes == ["technique", "prune", "step2"]
    assert sections["palettize"].root.css_classes == ["technique", "palettize", "off"]


def test_layers_that_differ_are_named():
    own = (("fc1", "prune", None), ("fc1", "quantize", (("bits", 4),)), ("fc3", "prune", None))
    assert special(State()) == ""
    assert special(State(overrides=own)) == "own strength: fc1, fc3"
    assert special(State(overrides=own, skipped=("fc3",))) == "own strength: fc1 · in float: fc3"
    shown = Changes(State(overrides=own)).controls.special
    assert shown.visible and shown.said == "own strength: fc1, fc3"


def test_the_effort_is_offered_where_there_is_a_choice():
    assert not Changes(State()).controls.effort.visible
    changes = Changes(State("digits-cnn"))
    effort, words = changes.controls.effort, changes.controls.special
    assert effort.visible and words.said == EFFORTS["post_training"].summary
    assert list(effort.options) == ["$ post-training", "$$ fine-tuned", "$$$ compression-aware"]
    changes.page(effort, value="fine_tuned")
    assert changes == [(State("digits-cnn", effort="fine_tuned"), False)]
    changes.controls.show(changes.state.merged({"layers": {"fc1": {"skip": True}}}))
    assert words.said == EFFORTS["fine_tuned"].summary + "<br>in float: fc1"
    assert changes.state.merged({"model": "spirals"}).effort == "post_training"


def test_moving_with_the_state_changes_nothing():
    changes = Changes(State())
    state = State(recipe=(Step.of("prune", sparsity=0.8),), skipped=("fc3",))
    changes.controls.show(state)
    assert changes == []
    assert changes.widget("prune", "sparsity").value == 0.8
    assert changes.switch("prune").value and not changes.switch("palettize").value
    assert changes.controls.keep.value


def test_a_drag_is_transient_and_letting_go_is_not():
    changes = Changes(State(recipe=(Step.of("prune", sparsity=0.5),)))
    slider = changes.widget("prune", "sparsity")
    assert changes.page(slider, value=0.6) == []
    assert changes.page(slider, value_throttled=0.6) == []
    assert [transient for _, transient in changes] == [True, False]
    assert dict(changes.state.recipe[0].params)["sparsity"] == 0.6


def test_a_drag_that_ends_where_the_last_one_did_is_told():
    before = State(recipe=(Step.of("prune", sparsity=0.5),))
    changes = Changes(before)
    slider = changes.widget("prune", "sparsity")
    changes.page(slider, value=0.6, value_throttled=0.6)
    changes.controls.show(before)  # Back
    assert (changes.model(slider).value, changes.model(slider).value_throttled) == (0.5, 0.5)
    del changes[:]
    changes.page(slider, value=0.6, value_throttled=0.6)
    assert [transient for _, transient in changes] == [True, False]


def test_only_what_moves_is_sent():
    changes = Changes(State(recipe=(Step.of("prune", sparsity=0.5), Step.of("palettize", bits=3))))
    sent = []
    changes.document.on_change(lambda event: sent.append((event.model.name, event.attr)))
    changes.controls.show(State(recipe=(Step.of("prune", sparsity=0.6), Step.of("palettize", bits=3))))
    assert sent == [("prune.sparsity", "value"), ("prune.sparsity", "value_throttled")]


def test_every_model_has_our_style_alone():
    controls = Changes(State()).controls
    models = {model for view in controls.roots.values() for model, _ in view._models.values()}
    models = {each for model in models for each in model.references() if hasattr(each, "stylesheets")}
    assert len(models) > 20
    assert all(each.stylesheets == [controls.sheet] for each in models)


def test_the_rounding_of_the_state_does_not_move_the_slider():
    changes = Changes(State(recipe=(Step.of("prune", sparsity=0.5),)))
    slider = changes.widget("prune", "sparsity")
    assert changes.page(slider, value=0.30000000000000004) == []
    assert slider.value == 0.30000000000000004


def test_moving_a_slider_switches_its_technique_on():
    changes = Changes(State())
    changes.page(changes.widget("quantize", "bits"), value=4)
    assert changes.state.recipe == (Step.of("quantize", bits=4),)
    assert changes.switch("quantize").value
    assert "off" not in changes.model(changes.controls.sections["quantize"].root).css_classes
    assert "off" in changes.model(changes.controls.sections["prune"].root).css_classes


def test_the_page_is_told_what_is_off():
    changes, told = Changes(State(recipe=(Step.of("prune"),))), []
    changes.document.on_change(lambda event: told.append((event.attr, event.new)))
    changes.controls.show(State())
    assert ("css_classes", ["technique", "prune", "off"]) in told


def test_a_technique_switched_off_remembers_its_parameters():
    changes = Changes(State(recipe=(Step.of("palettize", bits=2, granularity="per_grouped_channel"),)))
    changes.page(changes.switch("palettize"), active=False)
    assert changes.state.recipe == ()
    assert changes.widget("palettize", "bits").value == 2
    changes.page(changes.switch("palettize"), active=True)
    assert changes.state.recipe == (Step.of("palettize", bits=2, granularity="per_grouped_channel"),)


def test_keeping_the_output_layer_leaves_other_layers_as_they_are():
    changes = Changes(State(skipped=("fc1",)))
    changes.page(changes.controls.keep, active=True)
    assert changes.state.skipped == ("fc1", "fc3")
    changes.page(changes.controls.keep, active=False)
    assert changes.state.skipped == ("fc1",)


def test_a_layer_in_focus_gets_a_strength_of_its_own():
    changes = Changes(State(recipe=(Step.of("quantize", bits=8), Step.of("prune"))))
    changes.page(changes.controls.layer, value="fc2")
    changes.page(changes.widget("quantize", "bits"), value=4)
    assert changes.state.recipe[0] == Step.of("quantize", bits=8)
    assert changes.state.overrides == (("fc2", "quantize", (("bits", 4),)),)
    changes.page(changes.switch("prune"), active=False)
    assert changes.state.overrides[0] == ("fc2", "prune", None)
    changes.page(changes.controls.keep, active=True)
    assert changes.state.skipped == ("fc2",)
    changes.page(changes.controls.keep, active=False)
    changes.page(changes.switch("palettize"), active=True)
    assert {name for name, technique, params in changes.state.overrides if technique == "palettize"} == {"fc1", "fc3"}
    changes.page(changes.widget("quantize", "bits"), value=8)
    assert "quantize" not in {technique for _, technique, _ in changes.state.overrides}, "like all the others again"
    changes.page(changes.controls.layer, value="")
    assert changes.widget("quantize", "bits").value == 8 and changes.switch("prune").value


def test_a_step_moves_up_in_the_recipe():
    recipe = (Step.of("prune"), Step.of("quantize"))
    assert earlier(recipe, "quantize") == recipe[::-1] and earlier(recipe, "prune") == recipe
    assert earlier(recipe, "palettize") == recipe
    changes = Changes(State(recipe=recipe))
    button = {id: section.earlier for id, section in changes.controls.sections.items()}
    assert button["quantize"].visible and not button["prune"].visible and not button["palettize"].visible
    button["quantize"].clicks += 1
    assert changes.state.recipe == recipe[::-1]


def test_a_limit_is_set_and_taken_away_alone():
    changes = Changes(State())
    changes.page(changes.controls.limits.size, value="20")
    changes.page(changes.controls.limits.score, value="95")
    assert changes.state.budget.to_json() == {"bytes": 20000, "score": 0.95}
    changes.page(changes.controls.limits.size, value="")
    assert changes.state.budget.to_json() == {"score": 0.95}
    changes.controls.show(State())
    assert changes.model(changes.controls.limits.score).value == ""


def test_a_beginner_sees_three_techniques_and_whoever_uses_more_sees_all():
    controls = Changes(State(recipe=(Step.of("quantize"),))).controls
    column = controls.roots["recipe"]
    first = [each for each in column if "technique" in each.css_classes]
    assert [each.css_classes[1] for each in first] == list(FIRST)
    assert not controls.rest.visible and not controls.more.value
    assert {section.root for section in controls.sections.values()} == {*first, *controls.rest} & {
        section.root for section in controls.sections.values()
    }
    for more in ({"recipe": (Step.of("repair"),)}, {"skipped": ("fc1",)}, {"layer": "fc2"}):
        controls = Changes(State(**more)).controls
        assert controls.rest.visible and controls.more.value


def test_attention_heads_are_offered_where_there_are_some():
    changes = Changes(State(recipe=(Step.of("structured"),)))
    heads = changes.widget("structured", "heads")
    assert not heads.visible
    other = scene(state=changes.state)
    changes.controls.draw(replace(other, result=replace(other.result, heads=True, layers=other.result.layers[:2])))
    assert heads.visible


def test_another_model_starts_without_kept_layers():
    changes = Changes(State(skipped=("fc3",), sample=7))
    changes.page(changes.controls.model, value="spirals")
    assert (changes.state.model, changes.state.skipped, changes.state.sample) == ("spirals", (), 0)
    assert changes.controls.about.said.startswith("97.7 %, 5.46 kB uncompressed. Tells")


@pytest.mark.parametrize("id", TECHNIQUES)
def test_every_parameter_has_a_widget_with_its_limits(id):
    changes = Changes(State())
    for parameter in TECHNIQUES[id].parameters:
        widget = changes.widget(id, parameter.name)
        assert changes.model(widget).name == f"{id}.{parameter.name}"
        if parameter.kind == "choice":
            values = [value for value, _ in changes.model(widget).options]
            pairs = sorted(zip(parameter.choices, values, strict=True), key=lambda pair: pair[0] == parameter.default)
            for choice, value in pairs:  # the default, where the widget stands, comes last
                changes.page(widget, value=value)
                assert dict(changes.state.recipe[0].params)[parameter.name] == choice
        else:
            assert (widget.start, widget.end) == (parameter.low, parameter.high)


def test_what_a_link_hides_and_locks_comes_back_with_show_everything():
    changes = Changes(State(model="digits-mlp", hidden=("more", "quantize"), locked=("prune",)))
    sections, controls = changes.controls.sections, changes.controls
    assert [id for id in FIRST if "hidden" in sections[id].root.css_classes] == ["quantize"]
    assert changes.switch("prune").disabled and not changes.switch("palettize").disabled
    assert not controls.more.visible and not controls.rest.visible
    controls.show(replace(changes.state, hidden=(), locked=("more",)))
    assert controls.more.visible and controls.layer.disabled and controls.keep.disabled
    assert changes.switch("repair").disabled and not changes.switch("prune").disabled
    controls.show(State(model="digits-mlp"))
    assert all("hidden" not in each.root.css_classes and not each.switch.disabled for each in sections.values())
