"""Pages that the build makes side by side are as a tab's, and what they make later is told apart."""

import asyncio

from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.site.document import Page
from app.site.prerender import FAR, pages
from app.state.state import DEFAULT


def test_pages_have_the_same_ids_and_make_others_later():
    pipeline = Pipeline(NativeRuntime())

    async def make():
        result = await pipeline.result(DEFAULT)
        again, seen = pages(lambda: Page(result, {}, lambda message, buffers: None)), []
        for page in (again(), again()):
            before = {model.id for model in page.document.models}
            page.store.connect(pipeline)
            page.store.change({"view": "weights"})
            await page.store.settled()
            seen.append((before, {model.id for model in page.document.models} - before))
        return seen

    (first, later), (second, later_still) = asyncio.run(make())
    assert first == second and later and later_still and not later & later_still
    assert all(int(id.removeprefix("p")) >= FAR for id in later | later_still)
