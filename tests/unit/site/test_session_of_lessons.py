"""Lessons as a tab asks for them: links to a stop, `playground.lesson`, a guess, `playground.check`."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.lessons import lesson_of
from app.runtime.native import NativeRuntime
from app.site import session as verbs
from app.site.session import Session
from app.state import link
from app.state.state import DEFAULT
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
        self.session = Session(page, lambda message, buffers: None)

    def does(self, query, *calls):
        """Open a link, then call verbs; the last answer."""

        async def all_of_it():
            answer = None
            await self.session.begin(PIPELINE, query)
            for verb, *args in calls:
                answer, _ = await verbs._VERBS[verb](self.session, *args)
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
    monkeypatch.setattr(verbs, "lesson_of", lambda id: gone)
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
