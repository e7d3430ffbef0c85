"""Links and changes as people have kept them, ordinary, odd and broken: each gives what it always gave.

`contract.json` was written before the fields of a State became a table. A sentence that ends in a list of what could be
chosen is cut before that list, which grows.
"""

import json
from pathlib import Path

import pytest

from app.state import link
from app.state.state import DEFAULT, State

CONTRACT = json.loads(Path(__file__).with_name("contract.json").read_text(encoding="utf-8"))


def whole(state: dict) -> dict:
    """The JSON of a State as it was then: fields that came later stand as by default."""
    return {**State().to_json(), **state}


@pytest.mark.parametrize("entry", CONTRACT["links"], ids=lambda entry: entry["link"])
def test_a_link_gives_what_it_always_gave(entry):
    state, notes = link.decode(entry["link"])
    assert state.to_json() == whole(entry["state"])
    assert link.encode(state) == entry["encoded"]
    assert len(notes) == len(entry["notes"])
    assert all(note.startswith(start) for note, start in zip(notes, entry["notes"], strict=True))


@pytest.mark.parametrize("entry", CONTRACT["changes"], ids=lambda entry: json.dumps(entry["changes"]))
def test_a_change_gives_what_it_always_gave(entry):
    *before, last = entry["changes"]
    state = DEFAULT
    for change in before:
        state = state.merged(change)
    if "error" in entry:
        with pytest.raises(ValueError) as raised:
            state.merged(last)
        assert str(raised.value).startswith(entry["error"])
    else:
        state = state.merged(last)
        assert state.to_json() == whole(entry["state"]) and link.encode(state) == entry["encoded"]
