"""All that was tried as a file: it comes back as it was, and what anybody has written into one does no harm."""

import csv
import io
import json

import pytest

from app.results import history_file
from app.results.experiment import Experiment
from app.results.facts import FACTS
from app.results.history import History
from app.state.state import DEFAULT, State
from app.state.wording import described

MARKUP = '<img src=x onerror="alert(1)">'
ONE = Experiment(
    State(**vars(DEFAULT.compression)), 0.9472, 16_900, 9, described(DEFAULT), MARKUP, '=1+1, "so"', "A",
    {"zipped": 15_000, "bits": 2.5},
)  # fmt: skip


def test_json_comes_back_as_it_was():
    history = History(described, lambda each, there: None)
    assert history.recall(history_file.rows(history_file.as_json([ONE], "b1"), "b1")) == 1
    assert history.all() == (ONE,)


def test_csv_is_read_by_others_and_holds_no_formula():
    head, row = csv.reader(io.StringIO(history_file.as_csv([ONE])))
    found = dict(zip(head, row, strict=True))
    assert head == [*history_file.COLUMNS, *FACTS]
    assert (found["name"], found["note"], found["pinned"]) == (MARKUP, '\'=1+1, "so"', "A")
    assert (float(found["score"]), found["bytes"], found["bits"], found["ms"]) == (0.9472, "16900", "2.5", "")


@pytest.mark.parametrize("change", [{"version": 2}, {"build": "other"}])
def test_a_file_of_another_version_gives_words(change):
    file = json.loads(history_file.as_json([ONE], "b1"))
    with pytest.raises(ValueError, match="another version of the playground"):
        history_file.rows(json.dumps({**file, **change}), "b1")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": "x"}', "[" * 100_000, "x" * 6_000_000])
def test_what_is_no_history_gives_words(text):
    with pytest.raises(ValueError, match="no history of this playground"):
        history_file.rows(text, "b1")


def test_rows_that_cannot_be_read_are_left_out():
    file = json.loads(history_file.as_json([ONE], "b1"))
    good = file["experiments"][0]
    bad = [{"score": 7}, {"facts": {"bits": -1}}, {"facts": {"x": 1}}, {"facts": 3}]
    file["experiments"] = [good, *({**good, **each} for each in bad), None]
    history = History(described, lambda each, there: None)
    assert history.recall(history_file.rows(json.dumps(file), "b1")) == 1
    with pytest.raises(ValueError, match="damaged"):
        history_file.rows(json.dumps({**file, "experiments": 3}), "b1")
