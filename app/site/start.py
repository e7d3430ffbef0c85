"""What the worker calls: builds the document in the tab, takes over the one that is painted already, and connects it.

The painted one is what `prerender` has built, with the same ids.
"""

from __future__ import annotations

import gc
from collections.abc import Awaitable

from bokeh.core.json_encoder import serialize_json

from app.pipeline import prebuilt
from app.pipeline.fetching import Fetch, NotFetched, named
from app.site.document import Page
from app.site.session import Session
from models.metrics import bootstrap

RARELY = 50_000  # objects made and kept between two searches for garbage: some ten moves of a slider

_session: Session | None = None


async def start(port) -> None:
    """Take over the page: called by the worker once the document's packages are there."""
    global _session
    post = _poster(port)
    result, baselines, curves = prebuilt.start()
    page = Page(result, baselines, post, curves)
    post({"type": "document", **page.signature()}, [])
    page.adopt()
    await port.later()  # onnx and the pipeline's packages
    from app.pipeline.pipeline import Pipeline
    from app.runtime.web import WebRuntime

    _session = Session(page, post)
    await port.ort.loaded()  # said here, where nothing can go on without it
    own = [(each.options.to_py(), [bytes(file.to_py()) for file in each.files]) for each in port.own]
    await _session.begin(Pipeline(WebRuntime(port.ort), _fetcher(port)), port.query, own)
    import numpy.ma  # noqa: F401 - Bokeh asks for it with the first array it sends: nobody need wait for that then

    bootstrap.times(1)  # nor for these, with the first model that is judged by them
    gc.freeze()  # to look through 200,000 objects that stay would take a tenth of every move
    gc.set_threshold(RARELY)
    gc.enable()


def receive(text: str, buffers=()) -> None:
    """A message of the page; those that come before `start` is through are held back by the worker."""
    _session.receive(text, [bytes(buffer.to_py()) for buffer in buffers])


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
