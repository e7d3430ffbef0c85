"""What is used is kept, and what is not is given up first."""

import pytest

from app.pipeline.cache import Shelf


@pytest.fixture
def shelf():
    """Full, with "a" the one to go next."""
    full = Shelf(3)
    for key in "abc":
        full.put(key, key.upper())
    return full


@pytest.mark.parametrize("use", [Shelf.get, Shelf.touch, lambda shelf, key: shelf.put(key, "new")])
def test_what_is_used_stays_and_the_least_recently_used_goes(shelf, use):
    use(shelf, "a")
    shelf.put("d", "D")
    assert [key for key in "abcd" if key in shelf] == ["a", "c", "d"] and len(shelf) == 3


def test_to_ask_whether_it_is_there_is_no_use(shelf):
    assert "a" in shelf
    shelf.put("d", "D")
    assert "a" not in shelf


def test_what_is_not_there_cannot_be_used(shelf):
    shelf.touch("z")
    assert "z" not in shelf
    with pytest.raises(KeyError):
        shelf.get("z")
    shelf.clear()
    assert len(shelf) == 0 and "a" not in shelf
