"""What is computed behind the person's back gives way to them; on a computer as slow as the test wants it."""

import asyncio
from dataclasses import replace

import pytest

from app.pipeline import beside
from app.pipeline.pipeline import Pipeline
from app.pipeline.watch import Superseded
from app.runtime.native import NativeRuntime
from app.state.choices import Step
from app.state.state import DEFAULT, State
from app.state.wording import described
from app.store import Store
from tests.made.slow import Slow, prune, result_of
from tests.made.waiting import until

CURVE = [replace(DEFAULT, recipe=(Step.of("prune", sparsity=k / 20),)).compression for k in range(16)]


@pytest.fixture(autouse=True)
def no_curve(monkeypatch):
    """Nothing is computed behind the person's back but what a test asks for."""
    monkeypatch.setattr(beside, "CURVED", "")


class Staged(Slow):
    """A pipeline of two stages: each waits for leave, and what is behind gives way between them."""

    async def result(self, state, watch):
        self.asked.append(state)
        await self.leave.acquire()
        watch.progress(0.5, "half way")
        await watch.between_stages()
        await self.leave.acquire()
        if state == self.refuse:
            raise self.error
        return result_of(state)


def connected():
    store, slow, scenes = Store(result_of(DEFAULT), described), Staged(), []
    store.on_scene(scenes.append)
    store.connect(slow)
    return store, slow, scenes


def recipes(slow):
    return [state.recipe for state in slow.asked]


def test_asks_are_answered_in_order_and_nothing_is_shown_of_them():
    async def curve():
        store, slow, scenes = connected()
        told = []
        answers = [store.ask(each, progress=lambda share, words: told.append(share)) for each in CURVE]
        for _ in range(2 * len(CURVE)):
            slow.leave.release()
        return slow, scenes, told, await asyncio.gather(*answers)

    slow, scenes, told, results = asyncio.run(curve())
    assert recipes(slow) == [each.recipe for each in CURVE]
    assert [result.state.compression for result in results] == CURVE
    assert scenes == [] and told == [0.5] * len(CURVE)


@pytest.mark.parametrize("again", [False, True])
def test_a_move_waits_for_the_run_under_way_and_no_longer(again):
    async def move():
        store, slow, scenes = connected()
        answers = [asyncio.ensure_future(store.ask(each, again=again)) for each in CURVE[:3]]
        await until(lambda: slow.asked)
        store.change(prune(0.9))
        slow.leave.release()  # the one under way comes to its end, between two stages
        await until(lambda: len(slow.asked) == 2)
        before = recipes(slow)
        slow.leave.release()
        slow.leave.release()
        await store.settled()
        shown = store.scene.result.state.recipe
        for _ in range(6):
            slow.leave.release()
        return before, shown, slow, await asyncio.gather(*answers, return_exceptions=True)

    before, shown, slow, answers = asyncio.run(move())
    wanted = State().merged(prune(0.9)).recipe
    assert before == [CURVE[0].recipe, wanted] and shown == wanted, "the person goes first"
    if again:
        assert [answer.state.compression for answer in answers] == CURVE[:3]
        assert recipes(slow)[2:] == [each.recipe for each in CURVE[:3]]
    else:
        assert [type(answer) for answer in answers] == [Superseded] * 3 and len(slow.asked) == 2


def test_a_drag_is_never_more_than_one_run_behind_what_goes_on():
    async def drag():
        store, slow, scenes = connected()
        answers = [asyncio.ensure_future(store.ask(each, again=True)) for each in CURVE]
        for k in range(50):
            slow.asked.clear()
            store.change(prune(round(0.5 + k / 200, 3)), transient=True)
            slow.leave.release()
            await until(lambda: store.state in slow.asked)
            slow.leave.release()
            slow.leave.release()
            await store.settled()
            assert len(slow.asked) <= 2 and store.scene.result.state == store.state
        for _ in range(40):
            slow.leave.release()
        return await asyncio.gather(*answers)

    assert [result.state.compression for result in asyncio.run(drag())] == CURVE


def test_an_error_is_for_the_asker_and_all_can_be_given_up():
    async def fail():
        store, slow, scenes = connected()
        said = []
        store.on_error(said.append)
        slow.refuse = replace(DEFAULT, recipe=CURVE[0].recipe)
        answers = [asyncio.ensure_future(store.ask(each, again=True)) for each in CURVE[:3]]
        slow.leave.release()
        slow.leave.release()
        await until(lambda: len(slow.asked) == 2)
        store.give_up()
        slow.leave.release()
        slow.leave.release()
        return said, await asyncio.gather(*answers, return_exceptions=True)

    said, (first, second, third) = asyncio.run(fail())
    assert said == [] and str(first) == "this cannot be computed"
    assert isinstance(second, Superseded) and isinstance(third, Superseded)


def test_nothing_goes_on_while_something_is_pressed():
    async def press():
        store, slow, scenes = connected()
        answers = [asyncio.ensure_future(store.ask(each)) for each in CURVE[:2]]
        await until(lambda: slow.asked)
        store.press(True)
        for _ in range(8):
            slow.leave.release()
        for _ in range(20):
            await asyncio.sleep(0)
        pressed = len(slow.asked), [answer.done() for answer in answers]
        store.press(False)
        return pressed, await asyncio.gather(*answers)

    pressed, results = asyncio.run(press())
    assert pressed == (1, [False, False]), "the one under way comes to the end of its stage"
    assert [result.state.compression for result in results] == CURVE[:2], "and is begun anew afterwards"


def test_what_is_on_screen_stays_in_memory():
    """More Compressions behind than the memory holds, and the State on screen is still there at once."""

    class Counting(NativeRuntime):
        runs = 0

        async def run(self, *args, **more):
            self.runs += 1
            return await super().run(*args, **more)

    async def many():
        runtime = Counting()
        pipeline = Pipeline(runtime)
        start = replace(DEFAULT, model="spirals")
        store = Store(await pipeline.result(start), described)
        store.connect(pipeline)
        for k in range(40):
            await store.ask(replace(start, recipe=(Step.of("prune", sparsity=k / 50),)).compression)
        runs = runtime.runs
        await pipeline.result(start)
        return runtime.runs - runs

    assert asyncio.run(many()) == 0
