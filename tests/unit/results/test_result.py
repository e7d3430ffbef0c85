"""What a Result says of itself."""

import json
from dataclasses import replace

import numpy as np
import pytest

from app.network.stored import StoredWeight
from app.results.result import ZEROS_ARE_STORED, Route
from tests.made.results import result


@pytest.mark.parametrize(
    ("difference", "chance"),
    [((-0.02, -0.01), False), ((-0.01, 0.0), True), ((-0.01, 0.02), True), ((0.01, 0.02), False)],
)
def test_a_difference_may_be_chance_if_its_interval_holds_none(difference, chance):
    assert replace(result(), difference=difference).is_chance is chance


def test_the_cost_of_a_file_is_that_of_its_layers_and_of_what_belongs_to_none():
    made = replace(result(), overhead={"metadata": 100, "graph": 7})
    layers = sum(sum(layer.cost.values()) for layer in made.layers)
    assert sum(made.cost.values()) == layers + 107 and made.cost["metadata"] == 100
    assert made.cost["graph"] == 7 + sum(layer.cost["graph"] for layer in made.layers)


def test_what_holds_for_both_weights_of_a_factorized_layer_is_said_once():
    part = StoredWeight("mask + int4", zeros_are_stored=True, floats_because="it is small")
    layer = replace(result().layers[0], encodings=(part, part), remarks=("It was split.",))
    assert layer.zeros_are_stored
    assert layer.note == f"It was split. It multiplies floats: it is small. {ZEROS_ARE_STORED}"
    assert replace(layer, encodings=(StoredWeight("float32"),), remarks=()).note == ""


def test_in_json_a_dynamic_network_says_how_many_go_on_and_others_do_not():
    made = result()
    assert "dynamic" not in made.to_json()["compressed"]
    route = Route(np.array([True, False, False, False]), 1234.4)
    said = replace(made, compressed=replace(made.compressed, route=route)).to_json()["compressed"]
    assert said["dynamic"] == {"share": 0.25, "macs": 1234}


def test_json_has_plain_values_that_belong_to_the_same_samples():
    made = result(broken=7, fixed=1, other=1)
    said = made.to_json()
    assert json.loads(json.dumps(said)) == said
    changed = said["changed"]
    assert (changed["count"], changed["broken"], changed["fixed"], len(changed["indices"])) == (9, 7, 1, 9)
    assert said["difference"]["value"] == said["compressed"]["score"] - said["baseline"]["score"] < 0
