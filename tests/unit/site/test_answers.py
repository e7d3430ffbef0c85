"""What is answered before Python is up is what Python answers."""

import asyncio
import json

import pytest
from bokeh.models import Div

from app.pipeline.pipeline import Pipeline
from app.results.scene import Scene
from app.runtime.native import NativeRuntime
from app.screen.figures import figures_html
from app.site.answers import Answers, Kept
from app.site.document import Page
from app.site.prerender import untimed
from app.state import link
from app.state.state import DEFAULT

STATES = {
    "the start": DEFAULT,
    "another view": DEFAULT.merged({"recipe": [{"technique": "palettize", "bits": 3}], "view": "bytes"}),
}


@pytest.fixture(scope="module")
def computes():
    return Kept(Pipeline(NativeRuntime()), untimed)


@pytest.fixture(scope="module", params=STATES)
def stored(request, computes):
    state = STATES[request.param]

    async def store():
        page = Page(await computes.result(DEFAULT), {}, None)
        return (page, *await Answers(page, computes).around(state))

    return state, *asyncio.run(store())


def changed(stored, patch):
    """Text by the id of its Div, of all that a patch changes."""
    return {event["model"]["id"]: event["new"] for event in patch if event["attr"] == "text"}


def test_each_strength_has_the_figures_of_its_file(stored, computes):
    state, page, answers, curve = stored
    figures = next(root for root in page.document.roots if root.name == "figures")
    assert isinstance(figures, Div) and len(answers["strengths"]) == len(curve.slider.strengths(state)) >= 8
    for value in curve.slider.strengths(state):
        frame, other = answers["strengths"][curve.slider.steps(value)], curve.slider.at(state, value)
        texts = changed(stored, [answers["values"][number] for number in frame["patch"]])
        result = asyncio.run(computes.result(other))
        assert texts[figures.id] == figures_html(Scene(result))
        assert "… zipped" not in texts[figures.id]
        assert link.decode(frame["query"]) == (other, ())
        assert DEFAULT.merged({**answers["shown"]["state"], **frame["state"]}) == other


def test_only_the_state_itself_brings_new_models(stored):
    state, _, answers, _ = stored
    assert '"type": "object"' not in json.dumps(answers["values"])
    assert (answers["shown"]["patch"]["events"] == []) == (state == DEFAULT)


def test_the_slider_stays_where_the_person_has_put_it(stored):
    _, page, answers, _ = stored
    slider = page.document.get_model_by_name(answers["slider"])
    assert slider.id not in {event["model"]["id"] for event in answers["values"]}
