"""Links and changes as people have kept them, ordinary, odd and broken: each gives what it always gave.

`contract.json` was written before the fields of a State became a table. A sentence that ends in a list of what could be
chosen is cut before that list, which grows.
"""

import json
from pathlib import Path

import pytest

from app.state import link
from app.state.state import DEFAULT

CONTRACT = json.loads(Path(__file__).with_name("contract.json").read_text(encoding="utf-8"))


def spelled(state) -> str:
    """A State's JSON as text: the order of its keys counts too."""
    return json.dumps(state if isinstance(state, dict) else state.to_json())


@pytest.mark.parametrize("entry", CONTRACT["links"], ids=lambda entry: entry["link"])
def test_a_link_gives_what_it_always_gave(entry):
    state, notes = link.decode(entry["link"])
    assert spelled(state) == spelled(entry["state"])
    assert link.encode(state) == entry["encoded"]
    assert len(notes) == len(entry["notes"])
    assert all(note.startswith(start) for note, start in zip(notes, entry["notes"], strict=True))


@pytest.mark.parametrize("entry", CONTRACT["changes"], ids=lambda entry: json.dumps(entry["changes"]))
def test_a_change_gives_what_it_always_gave(entry):
    state = DEFAULT
    try:
        for change in entry["changes"]:
            state = state.merged(change)
    except ValueError as error:
        assert str(error).startswith(entry["error"])
    else:
        assert spelled(state) == spelled(entry["state"]) and link.encode(state) == entry["encoded"]
