"""Lessons as a tab asks for them: links to a stop, `playground.lesson`, a guess, `playground.check`."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from app import lessons
from app.lessons import lesson_of
from app.lessons.assigned import asked_of
from app.runtime.native import NativeRuntime
from app.site.session import Session
from app.site.verbs import VERBS
from app.state import link
from app.state.choices import Assignment
from app.state.state import DEFAULT
from app.state.variation import seed_of
from app.state.wording import described
from app.store import Store
from tests.made.real_results import PIPELINE

RUNTIME = NativeRuntime()


class Tab:
    """A session on the real pipeline, and the notes it has told the page."""

    def __init__(self):
        self.told = {}
        self.store = Store(asyncio.run(PIPELINE.result(DEFAULT)), described)
        page = SimpleNamespace(store=self.store, tell=self.told.update, flush=lambda: None)
        self.session = Session(page, lambda message, buffers: None, VERBS)

    def does(self, query, *calls):
        """Open a link, then call verbs; the last answer."""

        async def all_of_it():
            answer = None
            await self.session.begin(PIPELINE, query)
            for verb, *args in calls:
                answer, _ = await VERBS[verb](self.session, *args)
            return answer

        return asyncio.run(all_of_it())


def test_a_link_to_a_lesson_opens_its_stop_as_the_lesson_has_it():
    tab = Tab()
    tab.does("?lesson=bits&stop=3")
    assert tab.store.state == lesson_of("bits").opened(3) and tab.told["notes"] == ()


def test_a_link_of_someone_in_a_lesson_opens_what_they_had():
    own = replace(lesson_of("bits").opened(3), recipe=DEFAULT.recipe, guess=12.0)
    tab = Tab()
    tab.does(link.encode(own))
    assert tab.store.state == own and "recipe=" in link.encode(own)


@pytest.mark.parametrize("query", ["?lesson=knitting&seed=3", "?lesson=bits&stop=77&seed=3"])
def test_a_lesson_that_is_not_there_is_said_and_the_rest_holds(query):
    tab = Tab()
    tab.does(query)
    assert tab.store.state == replace(DEFAULT, seed=3)
    assert len(tab.told["notes"]) == 1 and "newer version" in tab.told["notes"][0]


def test_a_stop_whose_model_is_gone_is_said_and_the_rest_works(monkeypatch):
    bits = lesson_of("bits")
    gone = replace(bits, stops=(replace(bits.stops[0], state="model=digits-gone&recipe=none"), *bits.stops[1:]))
    monkeypatch.setattr(lessons, "lesson_of", lambda id: gone)
    tab = Tab()
    tab.does("?lesson=bits")
    assert tab.store.state == DEFAULT and "there is no model 'digits-gone'" in tab.told["notes"][0]
    assert Tab().does("", ("lesson", "bits", 2))["model"] == "digits-mlp"


def test_a_guess_shows_what_answers_it():
    tab = Tab()
    assert tab.does("?lesson=pruning&stop=2", ("guess", 30))["changed"]["count"] == 0
    assert (tab.store.state.guess, tab.store.state.stop) == (30, 2)


def test_a_task_is_checked_on_the_result():
    assert Tab().does("", ("check",)) == {"done": None, "said": "There is no task here."}
    assert Tab().does("?lesson=pruning&stop=2", ("check",))["done"] is None
    begun = Tab().does("", ("lesson", "pruning", 5), ("check",))
    assert begun["done"] is False and "at most 40 kB: not yet, now" in begun["said"]
    solved = {"recipe": [{"technique": "prune", "sparsity": 0.85}]}
    assert Tab().does("?lesson=pruning&stop=5", ("set", solved), ("check",))["done"] is True


def test_what_cannot_be_opened_or_guessed_is_refused():
    for call, words in (
        (("lesson", "knitting"), "there is no lesson 'knitting'"),
        (("lesson", "bits", 0), "has no stop 0"),
        (("guess", 3), "asks for no guess"),
    ):
        with pytest.raises(ValueError, match=words):
            Tab().does("?lesson=pruning", call)


def test_what_is_handed_in_is_a_short_link_with_the_state_the_task_and_the_name():
    tab = Tab()
    recipe = "prune,sparsity:0.8;palettize,bits:2;repair,effort:calibrated"
    task = "task=digits-cnn,score:0.98,size:7000"
    opened = (
        f"?model=digits-cnn&recipe={recipe}&view=layers&sample=3&title=Small&text=As+small+as+it+gets&lock=model&{task}"
    )
    query = tab.does(opened, ("hand_in", " Ada  Lovelace "))
    assert query == f"?v=1&model=digits-cnn&recipe={recipe}&{task}&who=Ada+Lovelace"
    assert tab.store.state.who == "Ada Lovelace" and tab.store.state.title == "Small"
    asked = asked_of(link.decode(query)[0])
    assert asked.judged(tab.store.scene.result).done


def test_a_name_stays_on_the_way_through_a_lesson():
    tab = Tab()
    tab.does("?lesson=pruning&stop=2", ("hand_in", "Ada"), ("guess", 3), ("lesson", "pruning", 5))
    assert (tab.store.state.who, tab.store.state.stop) == ("Ada", 5)


def test_in_a_class_a_name_gives_a_task_of_its_own():
    tab = Tab()
    query = tab.does("?recipe=none&task=digits-mlp,size:20000&variation=1", ("hand_in", "Ada"))
    assert "task=digits-mlp,size:20000" in query and "variation=1" in query and "who=Ada" in query
    assert tab.store.state.seed == seed_of(tab.store.state) > 0
    said = Tab().does(query, ("check",))["said"]
    assert "at most 17 kB: not yet" in said and f"nickname, {tab.store.state.seed}: yes" in said
    assert (
        "nickname, 3: yes"
        not in Tab().does(query.replace(f"seed={tab.store.state.seed}", "seed=3"), ("check",))["said"]
    )


def test_a_teacher_makes_a_link_and_what_is_on_screen_stays():
    tab = Tab()
    written = {
        "title": "Half",
        "text": "<b>Half</b> of it.",
        "score": "95 %",
        "bytes": "20",
        "changed": "",
        "hidden": ["budget"],
    }
    query = tab.does("?lesson=pruning&stop=5", ("assign", written))
    state, notes = link.decode(query)
    assert notes == () and state.task == Assignment("digits-mlp", score=0.95, bytes=20_000)
    assert (state.title, state.text, state.hidden, state.lesson) == ("Half", "<b>Half</b> of it.", ("budget",), "")
    assert tab.store.state == lesson_of("pruning").opened(5)
    assert Tab().does(query, ("authoring",))["score"] == "Accuracy at least, %"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"score": "soon"}, "which is no number"),
        ({"score": "195"}, "task.score is 1.95; choose 0 to 1"),
        ({"changed": "2.5"}, "choose a whole number"),
        ({"bytes": "0.1"}, "no file of this model is so small: without a single weight it has 12\\d B"),
        ({"title": "x" * 61}, "a title has at most 60 letters; this one has 61"),
        ({"text": "x" * 401}, "a text has at most 400 letters"),
        ({"hidden": ["everything"]}, "there is no control 'everything'"),
        ({}, "there is nothing to set"),
    ],
)
def test_what_a_teacher_cannot_mean_is_refused_in_words(written, words):
    with pytest.raises(ValueError, match=words):
        Tab().does("", ("assign", written))


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?title=" + "x" * 99, "a title has at most 60 letters"),
        ("?task=digits-gone,size:2000", "there is no model 'digits-gone'"),
        ("?task=digits-mlp,speed:2", "task has a score, bytes or changed"),
        ("?task=digits-mlp", "task has a score, bytes or changed"),
        ("?hide=prune,door", "there is no control 'door'"),
        ("?variation=many", "variation is 'many', not a number"),
        ("?who=" + "x" * 25, "a nickname has at most 24 letters"),
    ],
)
def test_what_is_odd_in_a_link_of_a_class_is_said_and_the_rest_holds(query, words):
    tab = Tab()
    tab.does(f"{query}&seed=3")
    assert tab.store.state == replace(DEFAULT, seed=3)
    assert len(tab.told["notes"]) == 1 and words in tab.told["notes"][0]
