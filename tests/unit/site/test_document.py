"""The document of a tab: what changes travels once, and what did not change not at all."""

import asyncio

import pytest

from app.pipeline.measure import Measurer
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.site.document import Page
from app.state.state import DEFAULT


class Counting(NativeRuntime):
    """Counts the files that are run."""

    runs = 0

    async def run(self, *args, **more):
        self.runs += 1
        return await super().run(*args, **more)

    async def trace(self, *args):
        self.runs += 1
        return await super().trace(*args)


@pytest.mark.parametrize(
    "change",
    [{"view": "weights"}, {"budget": {"bytes": 9000}}, {"sample": 7}, {"layer": "fc2"}, {"compare": "digits-cnn"}],
)
def test_what_leaves_the_file_alone_computes_nothing_and_posts_no_result(change, monkeypatch):
    compared = []
    whole = Measurer.compare

    def compare(self, *args):
        before = len(self._memory.compared)
        fields = whole(self, *args)
        compared.append(len(self._memory.compared) - before)
        return fields

    monkeypatch.setattr(Measurer, "compare", compare)

    async def visit():
        runtime, posted = Counting(), []
        pipeline = Pipeline(runtime)
        result = await pipeline.timed(await pipeline.result(DEFAULT), lambda: False)
        await pipeline.baseline("digits-cnn")
        page = Page(result, {}, lambda message, buffers: posted.append(message))
        page.adopt()
        page.store.connect(pipeline)
        await page.store.set({})
        runs, results = runtime.runs, [message for message in posted if "result" in message]
        page.store.change(change)
        await page.store.settled()
        after = [message for message in posted if "result" in message]
        return runtime.runs - runs, len(results), len(after)

    ran, first, after = asyncio.run(visit())
    assert (ran, first, after) == (0, 1, 1)
    assert compared[-1] == 0, "the comparison was kept"
