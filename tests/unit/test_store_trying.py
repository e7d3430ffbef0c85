"""What a person tries is answered with each Result, and nothing else is computed while they wait for it."""

import asyncio
from dataclasses import replace

import pytest

from app import store as stores
from app.pipeline import beside
from app.results.attempt import Attempt, Attempted
from app.results.times import Ratio, Times
from app.state.state import DEFAULT
from app.state.wording import described
from app.store import Store
from tests.made.slow import Slow, prune, result_of
from tests.made.waiting import until


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """No curve is computed, and the stopwatch begins at once."""
    monkeypatch.setattr(beside, "CURVED", "")
    monkeypatch.setattr(stores, "REST", 0)
    monkeypatch.setattr(stores, "CALM", 0)


class Answering(Slow):
    """Gives Results at once; waits for leave before each answer; its stopwatch runs until it is stopped, or may end."""

    def __init__(self):
        super().__init__()
        self.tried, self.timing, self.end, self.found = [], 0, False, "None found among 3."

    async def result(self, state, watch):
        return replace(result_of(state), onnx=repr(state.recipe).encode())

    async def attempt(self, result, attempt):
        self.tried.append((result.onnx, dict(attempt.values)))
        await self.leave.acquire()
        return Attempted(attempt, result, (), attempt.values, None, None, (None, None))

    async def find(self, result, everywhere, stop):
        await asyncio.sleep(0)
        return self.found

    async def timed(self, result, stop):
        self.timing += 1
        while not stop():
            if self.end:
                ratio = Ratio(1, 1, 1)
                return replace(result, times=Times(ratio, ratio))
            await asyncio.sleep(0)
        return result


def connected():
    store, pipeline = Store(result_of(DEFAULT), described), Answering()
    store.connect(pipeline)
    return store, pipeline


def test_it_is_answered_with_each_result_and_held_with_the_baseline():
    async def move():
        store, pipeline = connected()
        pipeline.leave = asyncio.Semaphore(99)
        store.attempt({"input": "perturbed", "noise": 0.1})
        await store.answered()
        for act in (lambda: store.change(prune(0.5)), lambda: store.hold(True), lambda: store.hold(False)):
            act()
            await store.answered()
        store.attempt(None)
        store.change(prune(0.6))
        await store.answered()
        return store, pipeline

    store, pipeline = asyncio.run(move())
    _, then, held, again = pipeline.tried
    assert then == again != held and b"()" == held[0]
    assert all(values == {"noise": 0.1} for _, values in pipeline.tried)
    assert store.scene.attempted is None


def test_the_stopwatch_waits_for_an_answer_and_goes_on_after_it():
    async def time():
        store, pipeline = connected()
        store.change(prune(0.5))
        await until(lambda: pipeline.timing == 1)
        store.attempt({"noise": 0.1, "input": "perturbed"})
        for _ in range(20):
            await asyncio.sleep(0)
        assert pipeline.timing == 1, "it has been stopped"
        pipeline.leave.release()
        await until(lambda: pipeline.timing == 2)
        pipeline.end = True
        await until(lambda: store.scene.result.times)
        return store

    assert asyncio.run(time()).scene.attempted is not None


def test_a_sample_that_is_found_is_chosen_and_what_is_not_found_is_said():
    async def find():
        store, pipeline = connected()
        pipeline.leave = asyncio.Semaphore(99)
        store.attempt({"input": "perturbed"})
        await store.answered()
        await store.find(everywhere=True)
        said = store.scene.attempted.attempt.said
        pipeline.found = 7, Attempt(DEFAULT.model, "perturbed", {"noise": 0.3})
        await store.find(everywhere=True)
        return store, said

    store, said = asyncio.run(find())
    assert said == "None found among 3."
    assert store.state.sample == 7 and store.scene.attempted.values == {"noise": 0.3}
