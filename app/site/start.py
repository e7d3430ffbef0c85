"""What the worker calls: builds the document in the tab, takes over the one that is painted already, and connects it.

The painted one is what `prerender` has built, with the same ids. Until `start` nothing here holds an object of
JavaScript's and nothing waits for one, so that an image of memory can be taken: in a visit that puts it back
`document`, `load` and `write` find their work done, and `start` follows.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Awaitable, Coroutine
from typing import TYPE_CHECKING

from bokeh.core.json_encoder import serialize_json

from app.pipeline import prebuilt
from app.pipeline.fetching import NotFetched, named
from app.site.document import Page
from app.site.session import Session
from app.site.verbs import VERBS
from models.metrics import bootstrap

if TYPE_CHECKING:  # it comes with what only computing needs
    from app.pipeline.pipeline import Pipeline

RARELY = 50_000  # objects made and kept between two searches for garbage: some ten moves of a slider

_page: Page | None = None
_pipeline: Pipeline | None = None
_session: Session | None = None
_port = None  # what the worker has for Python, see `start`


def document() -> str:
    """Build the document; the message, as JSON, by which the page takes it over."""
    global _page
    if _page is None:
        result, baselines, curves = prebuilt.start()
        _page = Page(result, baselines, _post, curves)
        _page.adopt()
    return serialize_json({"type": "document", **_page.signature()})


def load() -> None:
    """Import what only computing needs: onnx and the pipeline's packages."""
    global _pipeline
    from app.pipeline.pipeline import Pipeline
    from app.runtime.web import WebRuntime

    if _pipeline is None:
        _pipeline = Pipeline(WebRuntime(), _fetch)


def write() -> None:
    """Write the file that is looked at first, unless the page is opened with another State."""
    _finish(_pipeline.write(_page.store.state))


async def start(port) -> None:
    """Compute the first Result and answer the page from then on.

    port : JsProxy with ``query``, ``own``, ``ort``, ``post(text, data)`` and ``model(id, tell)``
    """
    global _session, _port
    _port = port
    random.seed()  # an image of memory would have each visit draw the same
    _session = Session(_page, _post, VERBS)
    await port.ort.loaded()  # said here, where nothing can go on without it
    own = [(each.options.to_py(), [bytes(file.to_py()) for file in each.files]) for each in port.own]
    _pipeline.runtime.connect(port.ort)
    await _session.begin(_pipeline, port.query, own)
    import numpy.ma  # noqa: F401 - Bokeh asks for it with the first array it sends: nobody need wait for that then

    bootstrap.times(1)  # nor for these, with the first model that is judged by them
    gc.freeze()  # to look through 200,000 objects that stay would take a tenth of every move
    gc.set_threshold(RARELY)
    gc.enable()


def receive(text: str, buffers=()) -> None:
    """A message of the page; those that come before `start` is through are held back by the worker."""
    _session.receive(text, [bytes(buffer.to_py()) for buffer in buffers])


def _finish(work: Coroutine) -> None:
    """Do at once what waits for nothing but its turn."""
    try:
        while True:
            work.send(None)
    except StopIteration:
        return


def _fetch(id: str, tell) -> Awaitable[None]:
    """Bring a model, or its efforts, here: the files of one pack of the site."""
    return _arrived(id, _port.model(id, tell))  # which is asked for before anything is waited for


async def _arrived(id: str, coming) -> None:
    from pyodide.ffi import JsException

    try:
        await coming
    except JsException as error:
        what = named(id)
        raise NotFetched(f"{what[0].upper()}{what[1:]} could not be fetched: {error.message}") from error


def _post(message, buffers) -> None:
    """Send a message to the page: as JSON text, its buffers end to end in one array, copied once."""
    from pyodide.ffi import to_js

    spans = [[id, len(data)] for id, data in buffers]
    text = serialize_json({**message, "spans": spans} if spans else message)
    _port.post(text, to_js(b"".join(data for _, data in buffers)) if spans else None)
