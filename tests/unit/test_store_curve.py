"""The curve of the slider in hand: computed when the person rests, given up when they move, and true."""

import asyncio

import pytest

from app import store as stores
from app.pipeline import beside
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.site.document import Page
from app.site.session import Session
from app.site.verbs import VERBS
from app.state.slider import Slider, coarse_first
from app.state.state import DEFAULT, State
from app.state.wording import described
from app.store import Store
from tests.made.slow import prune, result_of
from tests.unit.test_store_behind import Staged

SLIDER = Slider("prune", "sparsity")


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(stores, "REST", 0)
    monkeypatch.setattr(beside, "SOMETIMES", 0)


def connected():
    store, slow, scenes = Store(result_of(DEFAULT), described), Staged(), []
    store.on_scene(scenes.append)
    store.connect(slow)
    return store, slow, scenes


async def turns(count=8):
    """Give all others their turn so many times: what does not happen in them does not happen."""
    for _ in range(count):
        await asyncio.sleep(0)


def allow(slow, results):
    """Leave for so many Results, of two stages each."""
    for _ in range(2 * results):
        slow.leave.release()


async def whole(store):
    """Wait until the curve on screen is done, however slow the machine."""
    while not (store.scene.curve and store.scene.curve.done):
        await asyncio.sleep(0.001)


def strengths(slow):
    return [SLIDER.value(state) for state in slow.asked]


def values(scene):
    return [point.value for point in scene.curve.points]


def test_it_comes_coarse_to_fine_once_a_state_is_drawn():
    async def rest():
        store, slow, scenes = connected()
        allow(slow, 100)
        await store.set(prune(0.33))
        await asyncio.wait_for(whole(store), 60)
        return store, slow, scenes

    store, slow, scenes = asyncio.run(rest())
    wanted = SLIDER.strengths(store.state)
    assert strengths(slow) == [0.33, *(value for value in coarse_first(wanted) if value != 0.33)]
    assert values(scenes[0]) == [0.33] and values(scenes[-1]) == list(wanted)
    assert all(set(values(a)) <= set(values(b)) for a, b in zip(scenes, scenes[1:], strict=False)), (
        "one after the other"
    )
    assert store.scene.curve.done and not scenes[1].curve.done
    assert all(scene.result.state == store.state for scene in scenes), "nothing else changes"


def test_a_move_gives_it_up_and_what_is_known_is_not_computed_again():
    async def move():
        store, slow, scenes = connected()
        allow(slow, 4)
        await store.set(prune(0.33))
        await turns(60)
        before, known = strengths(slow), values(store.scene)
        store.change(prune(0.4))
        slow.leave.release()  # what is under way comes to its end, between two stages
        await turns()
        allow(slow, 1)
        await store.settled()
        after = strengths(slow)[len(before) :]
        allow(slow, 100)
        await asyncio.wait_for(whole(store), 60)
        return store, before, known, after, strengths(slow)

    store, before, known, after, all = asyncio.run(move())
    assert before == [0.33, 0.0, 0.99, 0.42, 0.21] and known == [0.0, 0.33, 0.42, 0.99]
    assert after[0] == 0.4, "the person goes first, and what was begun is not gone on with"
    assert values(store.scene) == list(SLIDER.strengths(store.state)) and store.scene.curve.done
    assert len(all) - len(set(all)) == 1, "only the one that was given up is begun again"


@pytest.mark.parametrize("quiet", ["drag", "view", "hold"])
def test_there_is_none_while_a_drag_goes_on_or_nobody_sees_it(quiet):
    async def look():
        store, slow, scenes = connected()
        allow(slow, 100)
        if quiet == "drag":
            store.change(prune(0.33), transient=True)
        elif quiet == "view":
            store.change({**prune(0.33), "view": "bytes"})
        else:
            store.hold(True)
        await asyncio.sleep(0.05)
        drawn = len(slow.asked)
        if quiet == "drag":
            store.change(prune(0.33))
        elif quiet == "view":
            store.change({"view": "tradeoff"})
        else:
            store.hold(False)
        await asyncio.wait_for(whole(store), 60)
        return drawn, store.scene

    drawn, scene = asyncio.run(look())
    assert drawn == 1 and scene.curve.done and len(scene.curve.points) >= 15


def test_held_it_stays_and_with_nothing_to_slide_there_is_none():
    async def hold():
        store, slow, scenes = connected()
        allow(slow, 100)
        await store.set(prune(0.33))
        await asyncio.wait_for(whole(store), 60)
        before = store.scene.curve
        store.hold(True)
        await store.settled()
        held = store.scene
        store.hold(False)
        await store.set({"recipe": []})
        return before, held, store.scene

    before, held, empty = asyncio.run(hold())
    assert held.held and held.curve == before and empty.curve is None


def test_the_slider_touched_last_has_it():
    async def touch():
        store, slow, scenes = connected()
        allow(slow, 100)
        steps = [step.to_json() for step in DEFAULT.recipe]
        await store.set({"recipe": [steps[0], {**steps[1], "bits": 5}]})
        await asyncio.wait_for(whole(store), 60)
        return store.scene.curve

    curve = asyncio.run(touch())
    assert curve.slider == Slider("palettize", "bits") and [p.value for p in curve.points] == list(range(1, 9))


def test_the_verb_gives_what_setting_each_strength_gives():
    async def ask():
        pipeline, replies = Pipeline(NativeRuntime()), []
        state = State("spirals", DEFAULT.recipe)
        page = Page(await pipeline.result(state), {}, lambda message, buffers: None)
        session = Session(page, lambda message, buffers: replies.append(message), VERBS)
        page.store.connect(pipeline)
        asked = asyncio.ensure_future(VERBS["curve"](session, "palettize", "bits"))
        await asyncio.sleep(0)
        await page.store.set(prune(0.9))  # a move does not disturb it
        points, _ = await asked
        results = []
        for point in points:
            steps = [step.to_json() for step in state.recipe]
            results.append(await page.store.set({"recipe": [steps[0], {**steps[1], "bits": point["value"]}]}))
        with pytest.raises(ValueError, match="prune has no slider 'pattern'"):
            await VERBS["curve"](session, "prune", "pattern")
        return points, results

    points, results = asyncio.run(ask())
    assert [point["value"] for point in points] == list(range(1, 9))
    for point, result in zip(points, results, strict=True):
        said = result.to_json()
        assert point["score"] == said["compressed"]["score"] and point["bytes"] == len(result.onnx)
        assert point["changed"] == said["changed"]["count"]
