"""Run once, while the site is built: what is painted before Python is up, and what need not be found out in each tab.

The document that `start` builds in a tab is the very same, with the same ids, and takes the painted one over.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

from app.lessons import listed
from app.pipeline import prebuilt
from app.pipeline.pipeline import Pipeline
from app.results.scene import Baseline
from app.site.document import Page
from app.state import link
from app.state.state import DEFAULT
from models import MODELS
from models import model as models


async def prerender(port) -> str:
    """Compute and store the starting Result and all baselines; give the document that shows it, as JSON text."""
    from app.runtime.web import WebRuntime  # in here: only the page's Python can import it

    pipeline = Pipeline(WebRuntime(port.ort))
    result = await pipeline.timed(await pipeline.result(DEFAULT), lambda: False)
    prebuilt.START.parent.mkdir()
    baselines = {id: await _baseline(pipeline, models.load(id)) for id in MODELS}
    prebuilt.START.write_bytes(pickle.dumps((result, baselines)))
    page = Page(result, baselines, None)
    return json.dumps({**page.json(), "state": DEFAULT.to_json(), "query": link.encode(DEFAULT), "lessons": listed()})


async def _baseline(pipeline, model: models.Model) -> Baseline:
    """Store what the first choice of a model would have to find out; give what can be said of it before."""
    found = await pipeline.found(model)
    found = replace(found, measured=replace(found.measured, latency_ms=None))  # another machine's time says nothing
    prebuilt.path(model.id).write_bytes(prebuilt.dump(model, found, found.network.folded.values()))
    return Baseline.of(model, found.measured)
