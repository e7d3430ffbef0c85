"""A tab's connection to its document, its store and its pipeline: what comes from the page is answered here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace

from app.lessons import shown_by
from app.pipeline.errors import in_words
from app.pipeline.fetching import NotFetched
from app.site.document import Page
from app.site.own_files import OwnFiles
from app.state import link
from app.state.state import DEFAULT, State
from models import model as models


class Session:
    """A page that is connected to its runtime: answers the messages of one tab.

    verbs : what the page may ask for, by name: ``await verb(session, *args)`` gives a value of plain JSON and buffers,
        or raises an error whose text is for the person
    """

    def __init__(self, page: Page, post, verbs):
        self.page, self.store, self.verbs, self._post = page, page.store, verbs, post
        self.pipeline = None
        self.own = OwnFiles(self.progress)
        self.room = None  # of the links that a teacher has pasted
        self.cancelled = 0  # times
        self._tasks: set[asyncio.Task] = set()

    async def begin(self, pipeline, query: str, own: Iterable[tuple] = ()) -> None:
        """Restore the State of the link and draw its first Result.

        own : what `OwnFiles.came` was told and given of each model of the person's own, if this is not the first start
        """
        self.pipeline = pipeline
        self.store.connect(pipeline)
        for options, files in own:
            await self.own.open(pipeline, *self.own.came(options, files))
        await self.restore(query)
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
            await self.store.answered()
        except Exception as error:
            self.page.tell(error=in_words(error))
        finally:
            self.page.flush()
            self._send("drawn")

    async def _called(self, message) -> None:
        number = message["number"]
        try:
            value, buffers = await self.verbs[message["verb"]](self, *message["args"], *message["buffers"])
        except Exception as error:
            self._send("reply", number=number, error=in_words(error))
        else:
            self.page.flush()
            self._post({"type": "reply", "number": number, "value": value}, buffers)

    async def restore(self, query: str) -> None:
        """Show the State of a link; what of it cannot be shown is said."""
        state, notes = self.opened(query)
        if (id := link.model_of(query)).startswith("own-") and id not in models.ids():
            self.own.awaited = query
            state, notes = DEFAULT, (f"This link is of a model of your own: open or drop the files of {id} to see it.",)
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

    def opened(self, query: str) -> tuple[State, tuple[str, ...]]:
        """The State that a link shows, and notes; of a lesson that of its stop, unless it says what is done instead."""
        state, notes = link.decode(query)
        if not state.lesson:
            return state, notes
        try:
            return shown_by(state, query), notes
        except ValueError as error:
            note = f"Left out of the link, which may be of a newer version: {error}."
            return replace(state, lesson="", stop=1, guess=None), (*notes, note)

    async def show(self, state: State):
        """Draw a State, and give its Result as plain JSON."""
        await self.store.check(state)
        self.store.go(state)
        await self.store.settled()
        return self.store.scene.result.to_json()

    def progress(self, share: float | None, words: str) -> None:
        """Show how far work is that is not the store's."""
        self._send("working", share=share, words=words)

    def _send(self, type: str, **fields) -> None:
        self._post({"type": type, **fields}, [])
