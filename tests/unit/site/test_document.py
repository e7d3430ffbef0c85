"""The document of a tab: what changes travels once, and what did not change not at all."""

import asyncio

from app.pipeline.cache import Shelf
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.site.document import Page
from app.state.state import DEFAULT
from app.state.wording import described
from tests.made.results import result


class Counting(NativeRuntime):
    """Counts the files that are run."""

    runs = 0

    async def run(self, *args, **more):
        self.runs += 1
        return await super().run(*args, **more)

    async def trace(self, *args):
        self.runs += 1
        return await super().trace(*args)


class Counted(Shelf):
    """Counts what is put on it."""

    puts = 0

    def put(self, *entry):
        self.puts += 1
        return super().put(*entry)


CHANGES = ({"view": "weights"}, {"budget": {"bytes": 9000}}, {"sample": 7}, {"layer": "fc2"}, {"compare": "digits-cnn"})


def test_what_leaves_the_file_alone_computes_nothing_and_posts_no_result():
    async def visit():
        runtime, posted = Counting(), []
        pipeline = Pipeline(runtime)
        compared = pipeline.memory.compared = Counted()
        shown = await pipeline.timed(await pipeline.result(DEFAULT), lambda: False)
        await pipeline.baseline("digits-cnn")
        page = Page(shown, {}, lambda message, buffers: posted.append(message))
        page.adopt()
        page.store.connect(pipeline)
        await page.store.set({})
        done = []
        for change in ({}, *CHANGES):
            page.store.change(change)
            await page.store.settled()
            results = [message for message in posted if "result" in message]
            done.append((runtime.runs, compared.puts, len(results)))
        return done, page.store.state

    (first, *after), state = asyncio.run(visit())
    assert first[2] == 1
    assert dict(zip(map(str, CHANGES), after, strict=True)) == {str(change): first for change in CHANGES}
    assert all(state.merged(change) == state for change in CHANGES)


def test_a_limit_that_is_typed_becomes_the_budget():
    """It once raised TypeError: BokehJS sends a second value along with the first."""

    async def type_in():
        page = Page(result(), {}, lambda message, buffers: None)
        model = next(m for m in page.document.models if getattr(m, "title", "") == "size at most")
        page.patch(
            {
                "events": [
                    {"kind": "ModelChanged", "model": model.ref, "attr": name, "new": "20"}
                    for name in ("value_input", "value")
                ]
            }
        )
        return page.store.state.budget.bytes

    assert asyncio.run(type_in()) == 20_000


def test_what_has_been_tried_and_what_is_pinned_travel_when_they_change():
    posted = []
    page = Page(result(state=DEFAULT), {}, lambda message, buffers: posted.append(message))
    page.flush()
    page.store.mark(DEFAULT.compression, {"name": "mine", "pinned": "A"})
    page.flush()
    told = [message for message in posted if "history" in message]
    assert [[row["name"] for row in message["history"]] for message in told] == [[""], ["mine"]]
    assert [message["pins"]["A"] for message in told] == ["", f"mine ({described(DEFAULT)})"]


def test_the_end_of_a_drag_in_the_same_frame_takes_nothing_from_its_step():
    posted = []
    page = Page(result(), {}, lambda message, buffers: posted.append(message))
    page.adopt()
    page.flush()
    moved = page.store.state.merged({"recipe": [{"technique": "quantize", "bits": 5}]})
    page.store.go(moved, transient=True)
    page.store.go(moved)
    page.flush()
    page.store.go(moved)
    page.flush()
    steps = [(message["step"], message["transient"]) for message in posted if "state" in message]
    assert steps == [(True, False), (False, False)]
