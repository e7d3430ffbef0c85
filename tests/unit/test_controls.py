"""The recipe that the controls spell, and widgets that follow the State without echoing it."""

import pytest
from bokeh.models import InlineStyleSheet
from results import scene

from app.controls import Controls, recipe_with, recipe_without, wanted
from app.state import State, Step
from kernels import TECHNIQUES


class Changes(list):
    """A stand-in for `Store.change` that remembers and, like the store, tells the controls."""

    def __init__(self, state):
        super().__init__()
        self.state = state
        self.controls = Controls(self, InlineStyleSheet(css=""))
        self.controls.show(state)
        self.controls.draw(scene(state.model, state=state))

    def __call__(self, change, *, transient=False):
        self.append((change, transient))
        self.state = self.state.merged(change)
        self.controls.show(self.state)

    def switch(self, id):
        return self.controls._switches[id]

    def widget(self, id, name):
        return self.controls._widgets[id][name]


def names(recipe):
    return [step.technique for step in recipe]


@pytest.mark.parametrize("missing", TECHNIQUES)
def test_a_new_step_stands_where_the_menu_has_it(missing):
    order = tuple(TECHNIQUES)
    rest = tuple(Step.of(id) for id in order if id != missing)
    assert names(recipe_with(rest, missing)) == list(order)


def test_other_steps_keep_their_place_and_their_values():
    odd = (Step.of("quantize", bits=5), Step.of("prune", sparsity=0.3))
    assert recipe_with(odd, "prune", sparsity=0.4) == (odd[0], Step.of("prune", sparsity=0.4))
    assert recipe_without(odd, "quantize") == odd[1:]
    assert recipe_without(odd, "palettize") == odd


def test_a_step_keeps_the_parameters_that_are_not_named():
    recipe = recipe_with((Step.of("prune", sparsity=0.3, scope="layer"),), "prune", sparsity=0.4)
    assert dict(recipe[0].params)["scope"] == "layer"


def test_a_value_out_of_range_is_refused():
    with pytest.raises(ValueError, match="bits"):
        recipe_with((), "palettize", bits=99)


def test_a_parameter_is_wanted_only_while_all_it_hangs_on_is():
    quantize = TECHNIQUES["quantize"]
    assert not wanted(quantize, "block_size", quantize.check({}))
    assert wanted(quantize, "block_size", quantize.check({"granularity": "per_block"}))
    assert not wanted(quantize, "block_size", quantize.check({"granularity": "per_block", "dtype": "fp16"}))


def test_moving_with_the_state_changes_nothing():
    changes = Changes(State())
    state = State(recipe=(Step.of("prune", sparsity=0.8),), skipped=("fc3",))
    changes.controls.show(state)
    assert changes == []
    assert changes.widget("prune", "sparsity").value == 0.8
    assert changes.switch("prune").active and not changes.switch("palettize").active
    assert changes.controls._keep.active


def test_a_drag_is_transient_and_letting_go_is_not():
    changes = Changes(State(recipe=(Step.of("prune", sparsity=0.5),)))
    slider = changes.widget("prune", "sparsity")
    slider.value = 0.6
    slider.set_from_json("value_throttled", 0.6)
    assert [transient for _, transient in changes] == [True, False]
    assert dict(changes.state.recipe[0].params)["sparsity"] == 0.6


def test_a_drag_that_ends_where_the_last_one_did_is_told():
    changes = Changes(State(recipe=(Step.of("prune", sparsity=0.5),)))
    slider = changes.widget("prune", "sparsity")
    slider.value = 0.6
    slider.set_from_json("value_throttled", 0.6)
    changes.controls.show(State(recipe=(Step.of("prune", sparsity=0.5),)))  # Back
    assert slider.value_throttled == 0.5


def test_the_rounding_of_the_state_does_not_move_the_slider():
    changes = Changes(State())
    slider = changes.widget("prune", "sparsity")
    slider.value = 0.30000000000000004
    assert slider.value == 0.30000000000000004


def test_moving_a_slider_switches_its_technique_on():
    changes = Changes(State())
    changes.widget("quantize", "bits").value = 4
    assert changes.state.recipe == (Step.of("quantize", bits=4),)
    assert changes.switch("quantize").active


def test_a_technique_switched_off_remembers_its_parameters():
    changes = Changes(State(recipe=(Step.of("palettize", bits=2, granularity="per_grouped_channel"),)))
    changes.switch("palettize").active = False
    assert changes.state.recipe == ()
    assert changes.widget("palettize", "bits").value == 2
    changes.switch("palettize").active = True
    assert changes.state.recipe == (Step.of("palettize", bits=2, granularity="per_grouped_channel"),)


def test_keeping_the_output_layer_leaves_other_layers_as_they_are():
    changes = Changes(State(skipped=("fc1",)))
    changes.controls._keep.active = True
    assert changes.state.skipped == ("fc1", "fc3")
    changes.controls._keep.active = False
    assert changes.state.skipped == ("fc1",)


def test_a_limit_is_set_and_taken_away_alone():
    changes = Changes(State())
    changes.controls._size.value = 20
    changes.controls._score.value = 95
    assert changes.state.budget.to_json() == {"bytes": 20000, "score": 0.95}
    changes.controls._size.value = None
    assert changes.state.budget.to_json() == {"score": 0.95}


def test_another_model_starts_without_kept_layers():
    changes = Changes(State(skipped=("fc3",), sample=7))
    changes.controls._model.value = "spirals"
    assert (changes.state.model, changes.state.skipped, changes.state.sample) == ("spirals", (), 0)
    assert changes.controls._about.text.startswith("Tells")


@pytest.mark.parametrize("id", TECHNIQUES)
def test_every_parameter_has_a_widget_with_its_limits(id):
    changes = Changes(State())
    for parameter in TECHNIQUES[id].parameters:
        widget = changes.widget(id, parameter.name)
        if parameter.kind == "choice":
            assert len(widget.options) == len(parameter.choices)
        else:
            assert (widget.start, widget.end) == (parameter.low, parameter.high)
