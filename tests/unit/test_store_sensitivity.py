"""The sensitivity of layers on screen: measured when it is looked at and the person rests."""

import asyncio

import pytest

from app import store as stores
from app.pipeline import beside
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.site.document import Page
from app.site.session import Session
from app.site.verbs import VERBS
from app.state.choices import Step
from app.state.state import State

LOOK = {"view": "layers", "by": "sensitivity"}
STATE = State("spirals", (Step.of("prune", sparsity=0.9),))


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(stores, "REST", 0)
    monkeypatch.setattr(beside, "SOMETIMES", 0)


async def page():
    pipeline = Pipeline(NativeRuntime())
    made = Page(await pipeline.result(STATE), {}, lambda message, buffers: None)
    made.store.connect(pipeline)
    return made, pipeline


async def whole(store):
    while not (store.scene.sensitivity and store.scene.sensitivity.done):
        await asyncio.sleep(0.001)


def test_it_comes_layer_by_layer_and_nobody_measures_what_is_not_looked_at():
    async def look():
        made, pipeline = await page()
        store, counts = made.store, []
        store.on_scene(lambda scene: counts.append(scene.sensitivity and len(scene.sensitivity.trials)))
        await store.set({"view": "layers"})
        await asyncio.sleep(0.05)
        quiet = set(counts)
        await store.set(LOOK)
        await asyncio.wait_for(whole(store), 60)
        counts, known = [count for count in counts if count is not None], store.scene.sensitivity
        await store.set({"layers": {"fc1": {"skip": True}}})
        return quiet, counts, known, store.scene.sensitivity

    quiet, counts, known, after = asyncio.run(look())
    assert quiet == {None} and counts == sorted(counts) and {1, 2, 3} <= set(counts)
    assert after == known, "a layer that is left alone is still the same layer alone"


def test_the_verb_gives_each_layer_and_cancelling_says_so():
    async def ask():
        made, _ = await page()
        session = Session(made, lambda message, buffers: None, VERBS)
        trials, _ = await VERBS["sensitivity"](session)
        await made.store.set({"recipe": [{"technique": "palettize", "bits": 2}]})
        asked = asyncio.ensure_future(VERBS["sensitivity"](session))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await VERBS["cancel"](session)
        with pytest.raises(ValueError, match="cancelled"):
            await asked
        return trials, made.store.scene.result

    trials, result = asyncio.run(ask())
    assert [trial["layer"] for trial in trials] == [layer.name for layer in result.layers]
    assert {trial["technique"] for trial in trials} == {"prune"}
