"""Run once, while the site is built: what is painted before Python is up, and what need not be found out in each tab.

The document that `start` builds in a tab is the very same, with the same ids, and takes the painted one over.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bokeh.util import serialization

from app.lessons import LESSONS, lesson_of, listed
from app.pipeline import prebuilt
from app.pipeline.beside import CURVED
from app.pipeline.curves import Curves
from app.pipeline.pipeline import Pipeline
from app.results.curve import Curve
from app.results.result import Result
from app.results.scene import Baseline
from app.site.answers import Answers, Kept
from app.site.document import Page
from app.state import link
from app.state.compression import Compression
from app.state.slider import first
from app.state.state import DEFAULT, State
from models import MODELS
from models import model as models

FAR = 1_000_000  # no tab makes so many models
START = "start.json"  # the answers of the page as it is opened; those of a stop are "<lesson>-<number>.json"


async def prerender(port) -> str:
    """Compute and store the starting Result, all baselines and curves.

    Returns
    -------
    str
        JSON of an object: ``document`` that shows the start, and ``answers`` to what is done before Python is up, by
        the names of their files.
    """
    from app.runtime.web import WebRuntime  # in here: only the page's Python can import it

    pipeline = Pipeline(WebRuntime(port.ort))
    result = untimed(await pipeline.result(DEFAULT))
    prebuilt.START.parent.mkdir()
    baselines = {id: await store_baseline(pipeline, models.load(id)) for id in MODELS}
    start = await _first_curve(pipeline)
    again = pages(lambda: Page(result, baselines, None, (start,)))
    painted = {**again().json(), "state": DEFAULT.to_json(), "query": link.encode(DEFAULT), "lessons": listed()}
    answers, curves = await _answers(Kept(pipeline, untimed), again)
    prebuilt.START.write_bytes(prebuilt.dump(result.model, (result, baselines, curves)))
    return json.dumps({"document": painted, "answers": answers})


async def _first_curve(pipeline: Pipeline) -> Curve:
    """The curve of the slider that is in hand first."""
    curves, slider, around = Curves(), first(DEFAULT), Compression.of(DEFAULT)

    def ask(compression: Compression) -> Awaitable[Result]:
        return pipeline.result(State(**vars(compression)))

    async for _ in curves.trace(slider, around, ask):
        pass
    return curves.known(slider, around)


def pages(build: Callable[[], Page]) -> Callable[[], Page]:
    """What builds the same page over and over, its ids included, as each tab does; what a page makes later has ids that
    neither another page nor a tab gives.

    Raises
    ------
    RuntimeError
        If it is not the same.
    """
    signatures: list[dict[str, Any]] = []
    build()  # has modules make models that all pages share, before its own
    end = serialization._simple_id  # Bokeh 3.9 counts the ids of its models here
    build()
    begin = end - (serialization._simple_id - end)

    def page() -> Page:
        far = max(FAR, serialization._simple_id)
        serialization._simple_id = begin
        made = build()
        serialization._simple_id = far
        signatures.append(made.signature())
        if signatures[-1] != signatures[0]:
            raise RuntimeError("a page that is built again has other models than the first")
        return made

    return page


async def _answers(computes, page: Callable[[], Page]) -> tuple[dict[str, Any], list[Curve]]:
    """What is answered before Python is up, at the start and at each stop of a lesson; and the curves seen there."""
    lessons = map(lesson_of, LESSONS)
    stops = {f"{each.id}-{at}.json": each.opened(at) for each in lessons for at in range(1, len(each.stops) + 1)}
    answers, curves, pages = {}, [], {}
    for name, state in {START: DEFAULT, **stops}.items():
        # A frame holds all that its page has drawn so far, so what looks alike is drawn on one page, nothing else.
        if (key := (state.view, models.info(state.model).task)) not in pages:
            pages[key] = Answers(page(), computes)
        answers[name], curve = await pages[key].around(state, every=name == START)
        if curve is not None and state.view == CURVED:
            curves.append(curve)
    return answers, curves


def untimed(result: Result) -> Result:
    """A Result without times, for those of another machine say nothing, and without what only a later view needs."""
    old, new = (replace(each, latency_ms=None) for each in (result.baseline, result.compressed))
    return replace(result, baseline=old, compressed=new, weights={})


async def store_baseline(pipeline: Pipeline, model: models.Model) -> Baseline:
    """Store what the first choice of a model would have to find out; give what can be said of it before."""
    found = await pipeline.found(model)
    found = replace(found, measured=replace(found.measured, latency_ms=None))  # another machine's time says nothing
    prebuilt.path(model.id).write_bytes(prebuilt.dump(model, found, found.network.folded.values()))
    return Baseline.of(model, found.measured)
