"""The application in the page: builds the document in the worker and keeps it equal to the one on screen.

`prerender` runs once while the site is built and gives the document that is painted before Python is up; it also stores
what need not be found out anew in each tab (`stored`). `start` builds the very same document, with the same ids, and
takes the painted one over.
"""

from __future__ import annotations

import asyncio
import gc
import json
import pickle
from collections.abc import Awaitable, Mapping
from dataclasses import replace
from typing import Any

from bokeh.core.json_encoder import serialize_json
from bokeh.core.serialization import Ref, Serializer
from bokeh.document import Document
from bokeh.document.events import DocumentPatchedEvent
from panel.io.state import set_curdoc
from panel.viewable import Viewable

from app import stored, url
from app.fetching import Fetch, NotFetched, named
from app.main import compose
from app.metrics import bootstrap
from app.result import Baseline, Result
from app.state import DEFAULT, State
from app.store import Store
from app.watch import Watch
from app.words import described, in_words
from models import MODELS
from models import model as models

START = stored.path("start")  # the first Result, and the baseline of every model
RARELY = 50_000  # objects made and kept between two searches for garbage: some ten moves of a slider
PYTHON, PAGE = "python", "page"  # who set a property; a side never sends back what it was sent


class Page:
    """One document, one store, one way to the screen.

    Parameters
    ----------
    result : the Result to show first
    baselines : what is known of each model before it is here, by its id
    post : ``post(message, buffers)`` sends a message to the page; buffers are (id, bytes)
    """

    def __init__(self, result: Result, baselines: Mapping[str, Baseline], post):
        self.store = Store(result, described, baselines)
        self.document = Document()
        self._post = post
        self._events: list[DocumentPatchedEvent] = []
        self._news: dict[str, Any] = {}
        self._known: dict[int, Ref] = {}  # by the identity of a model: how to speak of it to the page
        with set_curdoc(self.document), self.document.models.freeze():  # else each root walks all models anew
            for name, root in compose(self.store).items():
                model = root.get_root(self.document) if isinstance(root, Viewable) else root
                model.name = name
                self.document.add_root(model)
        self.document.on_change(self._collect)
        self.store.on_state(self._tell_state)
        self.store.on_scene(self._tell_scene)
        self.store.on_error(self._tell_error)
        self.store.on_progress(lambda share, words: post({"type": "working", "share": share, "words": words}, []))

    def json(self) -> dict[str, Any]:
        """The document as Bokeh's JSON, and what tells it from another."""
        return {"document": self.document.to_json(deferred=False), **self.signature()}

    def signature(self) -> dict[str, Any]:
        """The id of each named root, and the id and type of every model."""
        models = ",".join(sorted(f"{model.id}:{type(model).__name__}" for model in self.document.models))
        return {"roots": {root.name: root.id for root in self.document.roots}, "models": models}

    def adopt(self) -> None:
        """Count every model as known to the page: it has painted the same document, or been sent what is new."""
        self.document.models.flush_synced()
        self._known = {id(model): model.ref for model in self.document.models}

    def patch(self, patch: Mapping[str, Any]) -> None:
        """Apply what the person did to the widgets on screen."""
        with set_curdoc(self.document):
            self.document.apply_json_patch(patch, setter=PAGE)

    def flush(self) -> None:
        """Send everything that has changed since the last time, as one frame."""
        events, self._events = self._events, []
        news, self._news = self._news, {}
        buffers = []
        if events:
            models = self.document.models
            serializer = FrameSerializer(self._known)
            news["patch"] = {"events": serializer.encode(events)}
            if len(models) != len(self._known):
                self.adopt()
            buffers = [(buffer.id, buffer.to_bytes()) for buffer in serializer.buffers]
        if news:
            self._post({"type": "frame", **news}, buffers)

    def _collect(self, event) -> None:
        if isinstance(event, DocumentPatchedEvent) and event.setter != PAGE:
            self._events.append(event)

    def tell(self, **news) -> None:
        """Put something into the next frame."""
        self._news.update(news)

    def _tell_state(self, state: State, transient: bool) -> None:
        self.tell(state=state.to_json(), query=url.encode(state), transient=transient, error="")
        if state.model != self.store.scene.result.state.model:
            # The controls at once, with what the store has to show of the model in its next turn.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self.flush)

    def _tell_error(self, sentence: str) -> None:
        self.tell(error=sentence)
        self.flush()

    def _tell_scene(self, scene) -> None:
        if not scene.held and not scene.coming:
            self.tell(result=scene.result.to_json())
        self.flush()


class FrameSerializer(Serializer):
    """Bokeh's own makes a list of all models anew each time, which takes longer than what it writes."""

    def __init__(self, known: Mapping[int, Ref]):
        super().__init__()
        self._known = known

    def has_ref(self, obj: Any) -> bool:
        return id(obj) in self._known or super().has_ref(obj)

    def get_ref(self, obj: Any) -> Ref | None:
        return self._known.get(id(obj)) or super().get_ref(obj)


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
        state, notes = url.decode(query)
        try:
            await self.store.check(state)
        except NotFetched as error:
            notes, state = (*notes, str(error)), state.merged({"model": DEFAULT.model})
        except ValueError as error:
            notes = (*notes, f"Left out of the link: {error}.")
            state = replace(state, skipped=(), own=(), layer="", sample=0)
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
        from app import own, reopened  # need onnx, which the page does not wait for

        change = None
        if evaluation is None:  # whoever brings samples wants to see the file on them
            try:
                change = await reopened.recipe(self._pipeline, onnx, Watch(self._progress))
            finally:
                self._progress(None, "")
        if change is not None:
            note = f"This file is {change['model']} with: {described(self.store.state.merged(change))}."
        else:
            model = await own.read(self._pipeline.runtime, onnx, evaluation)
            models.add(model)
            # What was compressed before is first shown as it is.
            change, note = {"model": model.id, **({"recipe": []} if model.decoded else {})}, model.summary
        result = await self.store.set(change)
        self.page.tell(notes=[note])
        return result.to_json(), []

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
}

_session: Session | None = None


async def start(port) -> None:
    """Take over the page: called by the worker once the document's packages are there."""
    global _session
    post = _poster(port)
    result, baselines = pickle.loads(START.read_bytes())
    page = Page(result, baselines, post)
    post({"type": "document", **page.signature()}, [])
    page.adopt()
    await port.later()  # onnx and the pipeline's packages
    from app.pipeline import Pipeline
    from app.runtime.web import WebRuntime

    _session = Session(page, post)
    await _session.begin(Pipeline(WebRuntime(port.ort), _fetcher(port)), port.query)
    import numpy.ma  # noqa: F401 - Bokeh asks for it with the first array it sends: nobody need wait for that then

    bootstrap.times(1)  # nor for these, with the first model that is judged by them
    gc.freeze()  # to look through 200,000 objects that stay would take a tenth of every move
    gc.set_threshold(RARELY)
    gc.enable()


def receive(text: str, buffers=()) -> None:
    """A message of the page; those that come before `start` is through are held back by the worker."""
    _session.receive(text, [bytes(buffer.to_py()) for buffer in buffers])


async def prerender(port) -> str:
    """Compute and store the starting Result and all baselines; give the document that shows it, as JSON text."""
    from app.pipeline import Pipeline
    from app.runtime.web import WebRuntime

    pipeline = Pipeline(WebRuntime(port.ort))
    result = await pipeline.timed(await pipeline.result(DEFAULT), lambda: False)
    START.parent.mkdir()
    baselines = {id: await _baseline(pipeline, models.load(id)) for id in MODELS}
    START.write_bytes(pickle.dumps((result, baselines)))
    page = Page(result, baselines, None)
    return json.dumps({**page.json(), "state": DEFAULT.to_json(), "query": url.encode(DEFAULT)})


async def _baseline(pipeline, model: models.Model) -> Baseline:
    """Store what the first choice of a model would have to find out; give what can be said of it before."""
    found = await pipeline.found(model)
    found = replace(found, measured=replace(found.measured, latency_ms=None))  # another machine's time says nothing
    stored.path(model.id).write_bytes(stored.dump(model, found, found.network.folded.values()))
    return Baseline.of(model, found.measured)


def _fetcher(port) -> Fetch:
    """What brings a model, or its efforts, here: the files of one pack of the site."""
    from pyodide.ffi import JsException

    def fetch(id: str, tell) -> Awaitable[None]:
        return arrived(id, port.model(id, tell))

    async def arrived(id: str, coming) -> None:
        try:
            await coming
        except JsException as error:
            what = named(id)
            raise NotFetched(f"{what[0].upper()}{what[1:]} could not be fetched: {error.message}") from error

    return fetch


def _poster(port):
    """`post` for Python: the message as JSON text, its buffers end to end in one array, copied once."""
    from pyodide.ffi import to_js

    def post(message, buffers):
        spans = [[id, len(data)] for id, data in buffers]
        text = serialize_json({**message, "spans": spans} if spans else message)
        port.post(text, to_js(b"".join(data for _, data in buffers)) if spans else None)

    return post
