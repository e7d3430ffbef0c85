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
from app.site.prerender import pages, untimed
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
        result = await computes.result(DEFAULT)
        page = pages(lambda: Page(result, {}, None))()
        painted = {model.id for model in page.document.models}
        return (page, painted, *await Answers(page, computes).around(state))

    return state, *asyncio.run(store())


def changed(stored, patch):
    """Text by the id of its Div, of all that a patch changes."""
    return {event["model"]["id"]: event["new"] for event in patch if event["attr"] == "text"}


def test_each_strength_has_the_figures_of_its_file(stored, computes):
    state, page, _, answers, curve = stored
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


def parts(value, found):
    """What is defined in some JSON, and what is only referred to, by id."""
    if isinstance(value, dict):
        if "id" in value:
            found[value.get("type") == "object"].append(value["id"])
        for each in value.values():
            parts(each, found)
    elif isinstance(value, list):
        for each in value:
            parts(each, found)
    return found


def test_what_is_spoken_of_is_painted_or_comes_first_and_once(stored):
    """A change of what was still to come was lost, and with it what it alone had brought."""
    _, _, painted, answers, _ = stored
    known = set(painted)
    for event in (*answers["shown"]["patch"]["events"], *answers["values"]):
        assert event["model"]["id"] in (painted if event in answers["shown"]["patch"]["events"] else known)
        found = parts(event["new"], {True: [], False: []})
        assert not known & set(found[True]) and len(found[True]) == len(set(found[True]))
        known |= set(found[True])
        assert set(found[False]) <= known


def test_only_the_state_itself_brings_new_models(stored):
    state, _, _, answers, _ = stored
    assert '"type": "object"' not in json.dumps(answers["values"])
    assert (answers["shown"]["patch"]["events"] == []) == (state == DEFAULT)


def test_the_slider_stays_where_the_person_has_put_it(stored):
    _, page, _, answers, _ = stored
    slider = page.document.get_model_by_name(answers["slider"])
    assert slider.id not in {event["model"]["id"] for event in answers["values"]}
