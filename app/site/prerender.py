"""Run once, while the site is built: what is painted before Python is up, and what need not be found out in each tab.

The document that `start` builds in a tab is the very same, with the same ids, and takes the painted one over.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Awaitable
from dataclasses import replace

from app.lessons import listed
from app.pipeline import prebuilt
from app.pipeline.curves import Curves
from app.pipeline.pipeline import Pipeline
from app.results.curve import Point
from app.results.result import Result
from app.results.scene import Baseline
from app.site.document import Page
from app.state import link
from app.state.compression import Compression
from app.state.slider import first
from app.state.state import DEFAULT, State
from models import MODELS
from models import model as models


async def prerender(port) -> str:
    """Compute and store the starting Result and all baselines; give the document that shows it, as JSON text."""
    from app.runtime.web import WebRuntime  # in here: only the page's Python can import it

    pipeline = Pipeline(WebRuntime(port.ort))
    result = untimed(await pipeline.result(DEFAULT))
    prebuilt.START.parent.mkdir()
    baselines = {id: await store_baseline(pipeline, models.load(id)) for id in MODELS}
    points = await _points(pipeline)
    prebuilt.START.write_bytes(pickle.dumps((result, baselines, points)))
    page = Page(result, baselines, None, points)
    return json.dumps({**page.json(), "state": DEFAULT.to_json(), "query": link.encode(DEFAULT), "lessons": listed()})


def untimed(result: Result) -> Result:
    """A Result without times, for those of another machine say nothing, and without what only a later view needs."""
    old, new = (replace(each, latency_ms=None) for each in (result.baseline, result.compressed))
    return replace(result, baseline=old, compressed=new, weights={})


async def _points(pipeline) -> tuple[Point, ...]:
    """The curve of the slider that is in hand first."""
    curves, slider = Curves(), first(DEFAULT)

    def ask(compression: Compression) -> Awaitable[Result]:
        return pipeline.result(State(**vars(compression)))

    async for _ in curves.trace(slider, Compression.of(DEFAULT), ask):
        pass
    return curves.known(slider, Compression.of(DEFAULT)).points


async def store_baseline(pipeline: Pipeline, model: models.Model) -> Baseline:
    """Store what the first choice of a model would have to find out; give what can be said of it before."""
    found = await pipeline.found(model)
    found = replace(found, measured=replace(found.measured, latency_ms=None))  # another machine's time says nothing
    prebuilt.path(model.id).write_bytes(prebuilt.dump(model, found, found.network.folded.values()))
    return Baseline.of(model, found.measured)
