"""What a person tries is answered anew with each Result, newest first, until they close it."""

import asyncio
from dataclasses import replace

import pytest

from app.pipeline.trying import Trying
from app.results.scene import Scene
from tests.made.real_results import PIPELINE, result_of


@pytest.fixture(autouse=True)
def spirals():
    """Made before a loop of a test runs, in which none can be made."""
    return result_of("spirals", 4)


class Desk:
    """What is on screen, and a Trying that shows it."""

    def __init__(self, result):
        self.scene, self.shown, self.said = Scene(result), [], []
        self.trying = Trying(PIPELINE, lambda: self.scene, self._show, self.said.append, lambda: None)

    def _show(self, attempted):
        self.scene = replace(self.scene, attempted=attempted)
        self.shown.append(attempted)


def test_of_several_moves_only_the_last_is_shown():
    async def drag():
        desk = Desk(result_of("spirals", 4))
        for x in (0.1, 0.2, 0.3):
            desk.trying.change({"x": x})
        await desk.trying.answered()
        return desk

    desk = asyncio.run(drag())
    assert [each.values["x"] for each in desk.shown] == [0.3]


def test_a_drag_goes_on_from_where_it_is():
    async def drag():
        desk = Desk(result_of("spirals", 4))
        desk.trying.change({"at": [0.5, 0.5]})  # there is no picture yet
        assert not desk.shown
        desk.trying.change({})
        await desk.trying.answered()
        for _ in range(2):
            desk.trying.change({"by": [1, 0]})
        await desk.trying.answered()
        return desk

    assert asyncio.run(drag()).shown[-1].values == {"x": 0.08, "y": 0.0}


def test_a_new_result_is_asked_too_and_a_new_model_gets_its_own_input():
    later = result_of("spirals", 2), result_of("words", 4)

    async def move():
        desk = Desk(result_of("spirals", 4))
        desk.trying.change({"x": 0.5})
        await desk.trying.answered()
        desk.trying.renew()
        await desk.trying.answered()
        assert len(desk.shown) == 1, "nothing has changed"
        for result in later:
            desk.scene = replace(desk.scene, result=result)
            desk.trying.renew()
            await desk.trying.answered()
        return desk

    _, again, other = asyncio.run(move()).shown
    assert again.values["x"] == 0.5 and again.result is result_of("spirals", 2)
    assert other.attempt.input == "word"


def test_closed_it_asks_nothing():
    async def close():
        desk = Desk(result_of("spirals", 4))
        desk.trying.change({})
        desk.trying.change(None)
        await desk.trying.answered()
        desk.trying.renew()
        return desk

    assert asyncio.run(close()).shown == [None]


def test_what_is_wrong_is_said_and_what_was_shown_stays():
    async def err():
        desk = Desk(result_of("spirals", 4))
        desk.trying.change({"x": 0.5})
        await desk.trying.answered()
        desk.trying.change({"x": "left"})
        await desk.trying.answered()
        desk.trying.change({"y": 0.1})
        await desk.trying.answered()
        return desk

    desk = asyncio.run(err())
    assert desk.said == ["x is a number from -1 to 1, not 'left'"]
    assert [dict(each.values) for each in desk.shown] == [{"x": 0.5, "y": 0}, {"x": 0.5, "y": 0.1}]


def test_a_search_that_fails_is_said_and_what_was_tried_stays(monkeypatch):
    async def fail(*args):
        raise ValueError("onnxruntime cannot run this model")

    monkeypatch.setattr(PIPELINE, "find", fail)

    async def find():
        desk = Desk(result_of("spirals", 4))
        desk.trying.change({"x": 0.5})
        await desk.trying.answered()
        return desk, await desk.trying.find(True, lambda: False)

    desk, index = asyncio.run(find())
    assert index is None and desk.said == ["onnxruntime cannot run this model"]
    assert desk.scene.attempted.values["x"] == 0.5 and not desk.trying.is_busy


def test_a_search_names_another_sample_or_says_that_there_is_none():
    async def find(result, moved=False):
        desk = Desk(result)
        desk.trying.change({})
        await desk.trying.answered()
        return desk, await desk.trying.find(True, lambda: moved)

    desk, index = asyncio.run(find(result_of("digits-mlp", 2)))
    assert index is not None and len(desk.shown) == 1, "it is answered once that sample is chosen"
    desk, index = asyncio.run(find(result_of("digits-mlp")))
    assert index is None and desk.shown[-1].attempt.said.startswith("None found among ")
    desk, index = asyncio.run(find(result_of("digits-mlp", 2), moved=True))
    assert index is None and len(desk.shown) == 1
