"""The table of fields and the State name the same things, each once."""

from dataclasses import fields

from app.state.fields import FIELDS, LINKED
from app.state.state import DEFAULT, State

SOMEWHERE = State().merged(
    {
        "model": "digits-cnn", "recipe": [{"technique": "quantize", "bits": 2}], "effort": "fine_tuned", "seed": 3,
        "layers": {"fc": {"skip": True}, "conv1": {"prune": False}}, "budget": {"bytes": 9000, "score": 0.9},
        "view": "weights", "layer": "conv1", "sample": 5, "by": "class",
        "device": "watch,floats:7", "rate": "once", "weight": "fc,1:23", "compare": "digits-mlp",
        "x": "bits", "y": "worst",
        "lesson": "bits", "stop": 2, "guess": 40,
        "title": "Half a file", "text": "As small as you can: 5 % & more?", "who": "Ada + 1", "class_seed": 7,
        "task": {"model": "digits-cnn", "score": 0.9, "bytes": 9000, "changed": 5},
        "hidden": ["views", "repair"], "locked": ["model"],
    }
)  # fmt: skip


def taken(state: State) -> list[str]:
    """The attributes that the rows fill from the JSON of a State, one entry for each time."""
    json = state.to_json()
    return [name for field in FIELDS.values() for name in field.taken(json[field.name], state.model)]


def test_each_attribute_of_a_state_is_filled_by_one_row():
    assert sorted(taken(SOMEWHERE)) == sorted(each.name for each in fields(State))


def test_what_a_row_writes_it_reads():
    assert State().merged(SOMEWHERE.to_json()) == SOMEWHERE


def test_each_row_has_a_part_of_the_link_that_says_nothing_by_default():
    assert {field.name for field, _ in LINKED.values()} == set(FIELDS)
    spelled = {key: part.text(SOMEWHERE) for key, (_, part) in LINKED.items()}
    usual = {key: part.text(DEFAULT) for key, (_, part) in LINKED.items()}
    assert all(
        spelled[key] != usual[key] for key in LINKED if key not in ("threshold", "prepare")
    )  # which this model has not
