"""How a person's own model is fed: read from anywhere, in words where it cannot be, and spelled in one way."""

import pytest

from app.state.link import prepare_of
from app.state.preparation import PRESETS, USUAL, parsed, preparation_of

ODD = {"input": "a,b:c&d", "output": "é%", "size": [28, 32], "layout": "last", "scale": 2.5, "mean": [1, 2, 3]}


@pytest.mark.parametrize("value", [{}, *PRESETS, ODD, {"pixels": "caffe", "deviation": 2}, {"mean": "", "input": None}])
def test_what_is_spelled_is_read_again(value):
    chosen = preparation_of(value)
    assert preparation_of(chosen.to_json()) == chosen
    assert prepare_of(f"?model=own-1&prepare={chosen.text}") == chosen


def test_each_preset_has_a_mark_of_its_own_and_so_have_numbers():
    marks = [preparation_of(word).mark for word in PRESETS]
    assert marks == ["", *list(PRESETS)[1:]]
    assert preparation_of("unit") == USUAL and len(preparation_of(ODD).mark) == 6
    assert preparation_of({"mean": 0.5, "deviation": 0.5}).mark == "signed", "the same numbers are the same preparation"


def test_links_of_older_versions_say_it_by_the_end_of_the_id():
    assert prepare_of("?model=own-1a2b3c4d-imagenet") == preparation_of("imagenet")
    assert prepare_of("?model=own-1a2b3c4d") == USUAL
    assert prepare_of("?model=own-1a2b3c4d&prepare=nonsense") is None


@pytest.mark.parametrize(
    "value, said",
    [
        (7, "prepare is a word"),
        ("bigger", "choose one of unit, bytes"),
        ({"color": 1}, "prepare has no 'color'; it has input"),
        ({"scale": 0}, "it is one number, from 1e-06 to 1e+06"),
        ({"scale": [1, 2, 3]}, "it is one number"),
        ({"mean": "1, 2"}, "one number, or one for each of three channels"),
        ({"mean": float("nan")}, "prepare.mean is nan"),
        ({"deviation": "one"}, "prepare.deviation is 'one'"),
        ({"deviation": True}, "prepare.deviation is True"),
        ({"size": "28"}, "height and width in whole pixels"),
        ({"size": [0, 4]}, "height and width in whole pixels"),
        ({"layout": "middle"}, "choose first or last"),
        ({"order": ["rgb"]}, "choose rgb or bgr"),
        ({"input": 3}, "it is the name of an input"),
    ],
)
def test_what_cannot_be_is_said(value, said):
    with pytest.raises(ValueError, match="prepare") as raised:
        preparation_of(value)
    assert said in str(raised.value) and len(str(raised.value)) < 300


def test_numbers_are_written_in_any_usual_way():
    ways = ([1, 2, 3], "1, 2, 3", "1 2 3", "1;2;3")
    assert len({preparation_of({"mean": each}) for each in ways}) == 1
    assert preparation_of({"mean": [0.5] * 3, "deviation": 0.5}) == preparation_of("signed")
    assert preparation_of({"size": "28 × 32"}) == preparation_of(parsed("size:28x32"))
