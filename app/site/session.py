"""The verbs of the page: what a tab asks of its document, its store and its pipeline, and what it is answered."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from app.pipeline.errors import in_words
from app.pipeline.fetching import NotFetched
from app.pipeline.watch import Superseded, Watch
from app.site.document import Page
from app.state import link
from app.state.slider import Slider
from app.state.state import DEFAULT
from app.state.wording import described
from models import model as models


class Session:
    """A page that is connected to its runtime: answers the messages of one tab."""

    def __init__(self, page: Page, post):
        self.page, self.store, self._post = page, page.store, post
        self._pipeline = None
        self._tasks: set[asyncio.Task] = set()

    async def begin(self, pipeline, query: str) -> None:
        """Restore the State of the link and draw its first Result."""
        self._pipeline = pipeline
        self.store.connect(pipeline)
        await self._restore(query)
        self.page.flush()
        self._send("live")

    def receive(self, text: str, buffers=()) -> None:
        """Take one message of the page and the files that came with it, as bytes."""
        message = {**json.loads(text), "buffers": buffers}
        task = asyncio.get_running_loop().create_task(
            self._patched(message) if message["type"] == "patch" else self._called(message)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _patched(self, message) -> None:
        try:
            self.page.patch(json.loads(message["patch"]))
            await self.store.settled()
        except Exception as error:
            self.page.tell(error=in_words(error))
        finally:
            self.page.flush()
            self._send("drawn")

    async def _called(self, message) -> None:
        number = message["number"]
        try:
            value, buffers = await _VERBS[message["verb"]](self, *message["args"], *message["buffers"])
        except Exception as error:
            self._send("reply", number=number, error=in_words(error))
        else:
            self.page.flush()
            self._post({"type": "reply", "number": number, "value": value}, buffers)

    async def _set(self, change):
        return (await self.store.set(change)).to_json(), []

    async def _restore(self, query):
        state, notes = link.decode(query)
        try:
            await self.store.check(state)
        except NotFetched as error:
            notes, state = (*notes, str(error)), state.merged({"model": DEFAULT.model})
        except ValueError as error:
            notes = (*notes, f"Left out of the link: {error}.")
            state = replace(state, skipped=(), overrides=(), layer="", sample=0)
        self.page.tell(notes=notes)
        self.store.go(state)
        await self.store.settled()
        return None, []

    async def _hold(self, held):
        self.store.hold(bool(held))
        return None, []

    async def _cancel(self):
        self.store.cancel()
        return None, []

    async def _load(self, onnx, evaluation=None):
        from app.pipeline import (
            own_model,
            reopen,  # need onnx, which the page does not wait for
        )

        change = None
        if evaluation is None:  # whoever brings samples wants to see the file on them
            try:
                change = await reopen.recipe(self._pipeline, onnx, Watch(self._progress))
            finally:
                self._progress(None, "")
        if change is not None:
            note = f"This file is {change['model']} with: {described(self.store.state.merged(change))}."
        else:
            model = await own_model.read(self._pipeline.runtime, onnx, evaluation)
            models.add(model)
            # What was compressed before is first shown as it is.
            change, note = {"model": model.id, **({"recipe": []} if model.decoded else {})}, model.summary
        result = await self.store.set(change)
        self.page.tell(notes=[note])
        return result.to_json(), []

    async def _curve(self, technique, parameter):
        try:
            curve = await self.store.curve(Slider(technique, parameter))
        except Superseded:
            raise ValueError("cancelled") from None
        return [point.to_json() for point in curve.points], []

    def _progress(self, share, words):
        """Show how far work is that is not the store's."""
        self._send("working", share=share, words=words)

    async def _bytes(self):
        await self.store.settled()
        return None, [("onnx", self.store.scene.result.onnx)]

    def _send(self, type: str, **fields) -> None:
        self._post({"type": type, **fields}, [])


_VERBS = {
    "set": Session._set,
    "restore": Session._restore,
    "hold": Session._hold,
    "load": Session._load,
    "bytes": Session._bytes,
    "cancel": Session._cancel,
    "curve": Session._curve,
}
