"""One experiment: what a person says of it, and what a storage may bring."""

import json
from dataclasses import replace

import pytest

from app.results.experiment import LETTERS, Experiment, read
from app.screen.layout import layout
from app.state.state import DEFAULT, State
from app.state.wording import described

IT = Experiment(State(**vars(DEFAULT.compression)), 0.9472, 16_900, 9, described(DEFAULT))
MARKED = replace(IT, name="mine", note="small & good", pinned="B")


def test_it_comes_back_from_json_as_it_was():
    for each in (IT, MARKED):
        assert read(json.loads(json.dumps(each.to_json())), described) == each


def test_its_link_is_of_what_decides_the_bytes_and_of_nothing_said_or_looked_at():
    assert replace(MARKED, state=replace(DEFAULT, view="layers", sample=4)).link == IT.link == "?v=1"


@pytest.mark.parametrize(
    "change",
    [
        {"link": 3}, {"link": "?v=1&model=no-such"}, {"link": "?v=2"}, {"link": "?recipe=prune,sparsity:7"},
        {"link": "<b>?v=1</b>"}, {"link": "?model=own-1234"},
        {"score": None}, {"score": "0.9"}, {"score": float("nan")}, {"score": 1.2}, {"score": True},
        {"bytes": 0}, {"bytes": 1.5}, {"bytes": 10**12}, {"changed": -1}, {"changed": [9]},
        {"name": 7}, {"name": "x" * 41}, {"note": {"a": 1}}, {"note": "x" * 121}, {"pinned": "C"}, {"pinned": ["A"]},
    ],
)  # fmt: skip
def test_what_this_page_would_not_have_written_is_refused(change):
    with pytest.raises(ValueError):
        read({**MARKED.to_json(), **change}, described)


@pytest.mark.parametrize("row", [None, 3, "?v=1", [], {}])
def test_so_is_what_is_no_experiment(row):
    with pytest.raises(ValueError, match="an object with a link"):
        read(row, described)


def test_names_are_one_line_of_text_that_can_be_written():
    assert IT.marked({"name": " a\n b\t<i>\x00c\ud800 "}).name == "a b <i>c"
    with pytest.raises(ValueError, match="at most 40 letters; this one has 41"):
        IT.marked({"name": "x" * 41})
    for wrong in ({"score": 1}, ["name"], None):
        with pytest.raises(ValueError, match="a name, a note or a pin"):
            IT.marked(wrong)


def test_the_fields_of_the_page_have_room_for_as_many_letters():
    page = layout()
    assert all(f'<input name="{name}" maxlength="{letters}"' in page for name, letters in LETTERS.items())
