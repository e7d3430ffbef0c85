from dataclasses import replace

import numpy as np
import pytest

from app.results.load import Load
from app.results.sensitivity import Sensitivity, Trial
from app.screen.views import alone, layers
from app.state.choices import Step
from app.state.state import State
from models.metrics import METRICS
from tests.made.results import scene

ACCURACY = METRICS["accuracy"]
PRUNE = Step.of("prune", sparsity=0.9)


def trial(layer, lost, won, step=PRUNE, is_chance=False):
    return Trial(layer, step, 0.98 - lost, 200_000 - won, 5, lost, won, is_chance)


TRIALS = (trial("fc1", 0.122, 60_000), trial("fc2", 0.001, 100_000, is_chance=True), trial("fc3", -0.002, 3_000))


def shown(trials=TRIALS, of=3, done=True, **state):
    made = scene(state=State("digits-mlp", (PRUNE,), by="sensitivity", **state))
    return replace(made, sensitivity=Sensitivity(trials, of, done))


def test_the_answer_names_what_suffers_and_what_can_take_more():
    assert layers.text(shown()) == (
        "Each layer was compressed alone. fc1 is most sensitive: 12.2 points lost with Prune 90 % in it alone. "
        "fc2 can take more: 100 kB won with Prune 90 %, and no loss but by chance."
    )
    assert layers.text(shown(TRIALS[:1], done=False)).startswith("1 of 3 are measured. fc1 is most sensitive")
    assert layers.text(shown((), of=0)).startswith("Nothing in the recipe makes a layer smaller")
    assert layers.text(shown(TRIALS[2:], of=2)).endswith("1 trial could not be computed.")


def test_what_is_lost_is_in_the_unit_of_the_page():
    it = alone.data(Sensitivity(TRIALS, 3, True), ACCURACY)
    assert it["lost"] == pytest.approx([12.2, 0.1, -0.2]) and it["won"].tolist() == [60, 100, 3]
    assert alone.tip(TRIALS[2], ACCURACY) == "fc3, Prune 90 %: 0.2 points won, 3.0 kB smaller"
    assert [row[0] for row in layers.table(shown()).rows] == ["fc1", "fc2", "fc3"]


def test_names_never_meet_and_the_worst_has_its_own():
    won, lost = np.array([0.0, 1, 1, 50]), np.array([0.0, 10, 10.1, 0])
    assert alone.named(won, lost) == [True, False, True, True]
    assert alone.named(np.zeros(0), np.zeros(0)) == []


def test_a_technique_has_a_mark_of_its_own():
    more = (*TRIALS, trial("fc1", 0.2, 10, Step.of("quantize", bits=2)))
    it = alone.data(Sensitivity(more, 4, True), ACCURACY)
    assert it["marker"] == ["circle"] * 3 + ["square"]


def test_the_buttons_keep_a_layer_and_give_it_back():
    acts = []
    drawing = layers.VIEW.build(acts.append)
    drawing.draw(shown())
    *_, worst, output = drawing.root.children[0].children
    assert (worst.label, worst.visible, worst.active) == ("leave fc1 alone", True, False)
    worst.active = True
    assert acts.pop() == {"layers": {"fc1": {"skip": True}}}
    drawing.draw(shown(skipped=("fc1",), overrides=(("fc3", "prune", None),)))
    assert worst.active and not acts, "what Python moves tells nobody"
    output.active = True
    assert acts.pop() == {"layers": {"fc1": {"skip": True}, "fc3": {"prune": False, "skip": True}}}
    worst.active = False
    assert acts.pop() == {"layers": {"fc3": {"prune": False}}}
    drawing.draw(shown(TRIALS, done=False))
    assert not worst.visible, "which it is, is known when all are measured"


def test_a_tap_on_a_layer_lets_the_controls_speak_for_it():
    acts = []
    drawing = layers.VIEW.build(acts.append)
    drawing.draw(scene())
    rows = drawing.root.children[1].children[0].renderers[-1].data_source
    rows.selected.indices = [1]
    assert acts.pop() == {"layer": "fc2"}
    drawing.draw(scene(state=State("digits-mlp", layer="fc2")))
    assert rows.data["chosen"].tolist() == [0, 1, 0]
    rows.selected.indices = [1]
    assert acts.pop() == {"layer": ""}


def test_the_share_of_the_time():
    first = scene().result.layers[0]
    assert layers.shares(tuple(replace(first, load=Load(macs, 8, 8)) for macs in (30, None, 10))) == [
        0.75,
        None,
        0.25,
    ]
