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


def test_heavy_entries_go_before_there_are_many_but_for_the_steps_of_a_recipe():
    shelf = Shelf(heavy=60)
    for key in range(9):
        shelf.put(key, str(key), numbers=10)
    assert [key for key in range(9) if key in shelf] == [3, 4, 5, 6, 7, 8]
    shelf.put(9, "9", numbers=1000)
    assert [key for key in range(10) if key in shelf] == [6, 7, 8, 9]
    shelf.put(9, "9", numbers=10)
    shelf.put(10, "10", numbers=10)
    assert [key for key in range(11) if key in shelf] == [6, 7, 8, 9, 10]
