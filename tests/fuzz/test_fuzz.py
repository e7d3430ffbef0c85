"""What nobody would write is taken, or refused in a sentence."""

from pathlib import Path

import pytest

from tests.fuzz.child import outcome
from tests.fuzz.run import tried

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
COUNT = 2_000  # of the 20,000 that `python -m tests.fuzz` tries


@pytest.mark.parametrize("found", CORPUS, ids=lambda path: path.name)
def test_what_was_found_is_found_no_more(found):
    assert outcome(found.name.split("-")[0], found.read_bytes()) in ("opened", "sentence")


def test_by_lot():
    ended, wrong = tried(COUNT)
    assert wrong == {}
    assert ended.total() == COUNT and min(ended["opened"], ended["sentence"]) > COUNT / 20
