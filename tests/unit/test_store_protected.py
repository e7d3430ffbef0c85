"""What it costs to spare layers is measured behind the person's back, once they rest on the trade-off."""

import asyncio

from app import store as stores
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state.choices import Step
from app.state.state import State
from app.state.wording import described
from app.store import Store

STATE = State("spirals", (Step.of("prune", sparsity=0.6),))


async def opened():
    pipeline = Pipeline(NativeRuntime())
    store = Store(await pipeline.result(STATE), described)
    store.connect(pipeline)
    return store, pipeline


def test_it_comes_when_a_layer_is_spared_and_goes_when_none_is(monkeypatch):
    monkeypatch.setattr(stores, "REST", 0)

    async def spare():
        store, pipeline = await opened()
        await store.set({"layers": {"fc2": {"skip": True}}})
        while store.scene.protected is None:
            await asyncio.sleep(0.001)
        known, without = store.scene.protected, await pipeline.result(STATE)
        await store.set({"layers": {}})
        return known, without, store.scene.protected, [each.state.skipped for each in store.scene.history]

    known, without, after, tried = asyncio.run(asyncio.wait_for(spare(), 60))
    assert (known.layers, known.score, known.harder) == (("fc2",), without.compressed.score, True)
    assert after is None and tried == [("fc2",), ()], "what is computed behind is no experiment"


def test_times_that_have_settled_are_kept_with_the_experiment(monkeypatch):
    monkeypatch.setattr(stores, "REST", 0)

    async def settle():
        store, _ = await opened()
        await store.set({"recipe": [{"technique": "prune", "sparsity": 0.7}]})
        while store.scene.result.times is None:
            await asyncio.sleep(0.01)
        return store.scene

    scene = asyncio.run(asyncio.wait_for(settle(), 60))
    assert scene.history[-1].facts["ms"] == scene.result.compressed.latency_ms
