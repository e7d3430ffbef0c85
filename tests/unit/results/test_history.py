"""All that was tried: in order, a pin at most once, and what an earlier visit has left before it."""

from dataclasses import replace

import pytest

from app.results import history as histories
from app.results.history import History
from app.results.result import Changed
from app.state.state import DEFAULT
from app.state.wording import described
from tests.made.slow import prune, result_of


class Told:
    """What the page makes of what it is told: link -> experiment, in order."""

    def __init__(self):
        self.rows, self.times = {}, 0

    def __call__(self, experiment, there):
        self.times += 1
        if there:
            self.rows[experiment.link] = experiment
        else:
            del self.rows[experiment.link]


def tried(*sparsities):
    told = Told()
    history = History(described, told)
    for sparsity in sparsities:
        history.add(result_of(DEFAULT.merged(prune(sparsity))))
    return history, told


def key(sparsity):
    return DEFAULT.merged(prune(sparsity)).compression


def labels(history, model=DEFAULT.model):
    return [each.label for each in history.of(model)]


def rows(*sparsities, **marks):
    return [{**each.to_json(), **marks} for each in tried(*sparsities)[0].of(DEFAULT.model)]


def same(history, told):
    return list(told.rows.values()) == list(history.of(DEFAULT.model))


def test_what_is_tried_again_is_the_newest_and_keeps_what_was_said_of_it():
    history, told = tried(0.1, 0.2)
    history.mark(key(0.1), {"name": "mine", "pinned": "A"})
    history.add(result_of(DEFAULT.merged(prune(0.1))))
    assert labels(history) == ["prune 20 %", "prune 10 %"] and same(history, told)
    assert history.pinned(DEFAULT.model)["A"].name == "mine"


def test_another_look_at_the_newest_is_not_told():
    history, told = tried(0.1, 0.2)
    before = told.times
    history.add(result_of(replace(DEFAULT.merged(prune(0.2)), view="layers")))
    assert told.times == before


def test_a_number_that_is_measured_takes_the_place_of_what_was_kept():
    history, told = tried()
    history.recall(rows(0.1, bytes=77))
    result = result_of(DEFAULT.merged(prune(0.1)))
    history.add(replace(result, changed=Changed(*[result.changed.indices] * 3)))
    assert [each.size_bytes for each in history.of(DEFAULT.model)] == [100] and same(history, told)


def test_a_pin_is_taken_from_the_one_that_had_it():
    history, told = tried(0.1, 0.2)
    history.mark(key(0.1), {"pinned": "A"})
    history.mark(key(0.2), {"pinned": "A"})
    assert [each.pinned for each in history.of(DEFAULT.model)] == ["", "A"] and same(history, told)
    with pytest.raises(ValueError, match="not been tried"):
        history.mark(key(0.3), {"pinned": "A"})


def test_what_was_kept_stands_before_what_has_been_tried_since():
    history, told = tried(0.3, 0.1)
    history.recall(rows(0.1, 0.2, name="old"))
    assert labels(history) == ["prune 20 %", "prune 30 %", "prune 10 %"] and same(history, told)
    assert [each.name for each in history.of(DEFAULT.model)] == ["old", "", "old"]


def test_a_storage_that_names_a_pin_twice_pins_one():
    history, told = tried(0.3)
    history.recall(rows(0.1, 0.2, pinned="B"))
    assert [each.pinned for each in history.of(DEFAULT.model)] == ["B", "", ""] and same(history, told)


@pytest.mark.parametrize("garbage", [None, 3, "<script>", {"0": 1}, [None, [], {"link": "?v=1"}, {"link": "<b>"}]])
def test_garbage_changes_nothing(garbage):
    history, told = tried(0.1)
    before = told.times
    history.recall(garbage)
    assert labels(history) == ["prune 10 %"] and told.times == before


def test_the_oldest_of_which_nothing_was_said_make_room(monkeypatch):
    monkeypatch.setattr(histories, "REMEMBERED", 2)
    history, told = tried(0.1)
    history.mark(key(0.1), {"note": "keep"})
    for sparsity in (0.2, 0.3):
        history.add(result_of(DEFAULT.merged(prune(sparsity))))
    assert labels(history) == ["prune 10 %", "prune 30 %"] and same(history, told)
