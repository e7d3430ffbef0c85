"""A model that is not here is fetched once for all who wait; a failure is said, and the next try starts anew."""

import asyncio

import pytest

from app import store as stores
from app.pipeline import fetching
from app.pipeline.fetching import Fetcher, NotFetched
from app.pipeline.pipeline import Pipeline
from app.pipeline.watch import Superseded, Watch
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT, State
from app.state.wording import described
from app.store import Store
from models import model as models
from tests.made.waiting import until


@pytest.fixture
def away(monkeypatch):
    """spirals is not here until it is put into the list of those that are."""
    here, is_here = [], models.is_here
    monkeypatch.setattr(models, "is_here", lambda id: id in here if id == "spirals" else is_here(id))
    monkeypatch.setattr(fetching, "PAUSE", 0.01)
    monkeypatch.setattr(stores, "LONG", 0.0)
    return here


class Site:
    """Gives a model on leave, or refuses."""

    def __init__(self, here: list[str]):
        self.here, self.asked, self.refusals = here, [], 0
        self.leave = asyncio.Event()

    def fetch(self, id: str, tell) -> asyncio.Task:
        self.asked.append(id)
        self.coming = asyncio.create_task(self._give(id, tell))
        return self.coming

    async def _give(self, id: str, tell) -> None:
        tell(0.25)
        await self.leave.wait()
        if self.refusals:
            self.refusals -= 1
            raise NotFetched("The model could not be fetched: no network")
        self.here.append(id)


def test_what_opens_files_comes_with_the_first_of_them(monkeypatch):
    """In the page onnx's checker is not there before."""
    there = []
    monkeypatch.setattr(fetching, "find_spec", lambda name: name if there else None)

    async def fetch(id, tell):
        there.append(id)

    async def open_two():
        pipeline = Pipeline(NativeRuntime(), fetch)
        await pipeline.opens_files(Watch())
        await pipeline.opens_files(Watch())

    asyncio.run(open_two())
    assert there == [fetching.OWN] and fetching.named(fetching.OWN) == "what opens files"


def test_it_comes_once_for_all_who_wait(away):
    async def wait():
        site, told = Site(away), []
        fetcher = Fetcher(site.fetch)
        both = [asyncio.create_task(fetcher.fetched("spirals", Watch(lambda *said: told.append(said)))) for _ in "ab"]
        await until(lambda: len(told) > 1)
        site.leave.set()
        await asyncio.gather(*both)
        await fetcher.fetched("spirals", Watch())
        return site, told

    site, told = asyncio.run(wait())
    assert site.asked == ["spirals"]
    assert set(told) == {(0.25, f"Fetching the model {models.info('spirals').label}")}


def test_it_is_on_its_way_before_the_page_is_told(away):
    async def choose():
        site = Site(away)
        pipeline = Pipeline(NativeRuntime(), site.fetch)
        store, told = Store(await pipeline.result(DEFAULT), described), []
        store.connect(pipeline)
        store.on_state(lambda state, transient: told.append(list(site.asked)))
        store.change({"model": "spirals"})
        site.leave.set()
        await store.settled()
        return site.asked, told, store.scene.result.model.id

    assert asyncio.run(choose()) == (["spirals"], [["spirals"]], "spirals")


def test_it_still_comes_when_the_wait_is_given_up(away):
    async def wait():
        site = Site(away)
        fetcher = Fetcher(site.fetch)
        with pytest.raises(Superseded):
            await fetcher.fetched("spirals", Watch(stop=lambda: True))
        site.leave.set()
        await site.coming

    asyncio.run(wait())
    assert away == ["spirals"]


def test_what_is_here_is_not_fetched():
    asyncio.run(Fetcher(None).fetched("spirals", Watch()))


def connected(away):
    """A store on a real pipeline, its site, and what it says."""
    site = Site(away)
    pipeline = Pipeline(NativeRuntime(), site.fetch)
    said, progress = [], []

    async def begin():
        store = Store(await pipeline.result(DEFAULT), described)
        store.on_error(said.append)
        store.on_progress(lambda *told: progress.append(told))
        store.connect(pipeline)
        return store

    return begin, site, said, progress


def test_a_failure_is_said_the_picture_stays_and_the_next_try_works(away):
    begin, site, said, progress = connected(away)

    async def choose():
        store = await begin()
        site.refusals = 1
        store.change({"model": "spirals"})
        await until(lambda: progress)
        assert store.scene.result.model.id == "digits-mlp"
        site.leave.set()
        await store.settled()
        failed = store.state, list(said)
        store.change({"model": "spirals"})
        await store.settled()
        return failed, store

    (state, sentences), store = asyncio.run(choose())
    assert state == DEFAULT and sentences == ["The model could not be fetched: no network"]
    assert store.scene.result.model.id == "spirals" and len(said) == 1
    assert progress[0][0] == 0.25 and progress[-1] == (None, "")


def test_set_refuses_and_a_wait_can_be_cancelled(away):
    begin, site, said, progress = connected(away)

    async def choose():
        store = await begin()
        waiting = asyncio.create_task(store.set({"model": "spirals"}))
        await until(lambda: progress)
        store.cancel()
        with pytest.raises(ValueError, match="cancelled"):
            await waiting
        site.refusals = 1
        site.leave.set()
        await asyncio.wait([site.coming])
        assert store.state == DEFAULT
        return (await store.set({"model": "spirals"})).state

    assert asyncio.run(choose()) == State("spirals", DEFAULT.recipe)
    assert site.asked == ["spirals", "spirals"] and progress[-1] == (None, "")
