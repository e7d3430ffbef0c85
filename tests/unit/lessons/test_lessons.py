"""What the lessons say is so: every claim is checked on Results that the pipeline measures, here and now."""

import asyncio
import re
from functools import cache

import pytest

from app.lessons import LESSONS, lesson_of, listed, stop_of
from app.lessons.facts import FACTS
from app.lessons.glossary import GLOSSARY, marked
from app.lessons.lesson import WORDS, state_of
from app.results.result import Result
from app.state import link
from app.state.compression import Compression
from kernels import TECHNIQUES
from tests.made.real_results import PIPELINE

ALL = [(id, number) for id in LESSONS for number in range(1, len(lesson_of(id).stops) + 1)]
CLAIMS = [(id, number, claim) for id, number in ALL for claim in stop_of(id, number).claims]
PLACES = {"recipe", "budget", "figures", "views", "stage", "sample", *TECHNIQUES}
QUIET = {"options", "apply one step earlier", "strength for", "training", "mode", "range", "data as a table",
         "Share", "Download", "Budget", "Repair"}  # fmt: skip
"What a text calls by the name that it has on the page."


@cache
def _measured(compression: Compression, state) -> Result:
    return asyncio.run(PIPELINE.result(state))


def measured(written: str) -> Result:
    """The Result of a link, measured once however many claims are about it."""
    state = state_of(written)
    return _measured(Compression.of(state), state)


def words(text: str) -> list[str]:
    return marked(text, lambda term, shown: shown).split()


@pytest.mark.parametrize(("id", "number", "claim"), CLAIMS, ids=lambda it: getattr(it, "says", it))
def test_what_a_text_claims_is_so(id, number, claim):
    states = claim.states or (stop_of(id, number).answer,)
    assert claim.holds(*map(measured, states)), claim.says


@pytest.mark.parametrize(("id", "number"), ALL)
def test_a_stop_is_short_and_names_what_there_is(id, number):
    it = stop_of(id, number)
    assert len(words(it.text)) <= WORDS and it.title and it.seen
    assert set(it.look) <= PLACES and it.look
    assert "…" not in it.text + it.seen and "..." not in it.text + it.seen
    assert it.claims, "a stop without a claim says nothing that could be wrong"
    terms = []
    marked(it.text, lambda term, shown: terms.append(term) or shown)
    assert [term for term in terms if term not in GLOSSARY and term.lower() not in GLOSSARY and term not in QUIET] == []


@pytest.mark.parametrize(("id", "number"), ALL)
def test_a_stop_can_be_opened_and_says_what_it_saw(id, number):
    it, opened = stop_of(id, number), lesson_of(id).opened(number)
    assert (opened.lesson, opened.stop) == (id, number)
    assert link.decode(link.encode(opened)) == (opened, ())
    said = it.saw(measured(it.answer))
    assert said and "{" not in said
    assert set(re.findall(r"{(\w+)}", it.seen)) <= set(FACTS)


@pytest.mark.parametrize(("id", "number"), [each for each in ALL if stop_of(*each).task])
def test_a_task_is_open_at_first_and_can_be_done(id, number):
    it = stop_of(id, number)
    begun, done = it.judged(measured(it.answer)), it.judged(measured(it.task.solution))
    assert not begun.done and "not yet" in begun.said
    assert done.done, done.said
    assert "{" not in begun.said + done.said


@pytest.mark.parametrize(("id", "number"), [each for each in ALL if stop_of(*each).guess])
def test_a_guess_is_about_something_not_seen_before(id, number):
    guess = stop_of(id, number).guess
    value = guess.measured(measured(guess.then))
    if guess.answers:
        assert guess.answers[int(value)]
    else:
        assert guess.low <= value <= guess.high
    said = stop_of(id, number).guessed(guess.low, measured(guess.then))
    assert said.startswith("Your guess: ") and guess.written(value) in said
    assert "as you said" in guess.beside(value, measured(guess.then))


def test_there_are_twelve_and_the_first_steps():
    assert len(LESSONS) == 13 and LESSONS[0] == "first-steps"
    assert lesson_of("first-steps").minutes == 1 and len(lesson_of("first-steps").stops) == 3
    assert all(lesson_of(id).id == id and lesson_of(id).keep for id in LESSONS)
    assert [each["id"] for each in listed()] == list(LESSONS)
    assert any(stop_of(id, number).guess for id, number in ALL) and 40 <= len(GLOSSARY) <= 60


def test_what_there_is_not_is_refused_in_words():
    with pytest.raises(ValueError, match="there is no lesson 'prunning'; choose first-steps, pruning"):
        lesson_of("prunning")
    with pytest.raises(ValueError, match="the lesson bits has no stop 6; choose 1 to 5"):
        stop_of("bits", 6)
    with pytest.raises(ValueError, match="has no stop True"):
        stop_of("bits", True)


def test_a_guess_that_a_link_made_up_is_the_nearest_answer():
    guess = stop_of("file-size", 1).guess
    assert (guess.written(99), guess.written(-3.5)) == (guess.answers[-1], guess.answers[0])


def test_a_result_of_another_model_is_not_judged_as_if_it_were_of_this_one():
    it = stop_of("pruning", 5)
    other = measured("model=digits-cnn&recipe=prune,sparsity:0.5")
    assert not it.judged(other).done and "this is digits-cnn" in it.judged(other).said
    assert it.saw(other) == ""


def test_a_guess_is_kept_beside_the_state_it_was_about_and_no_other():
    it = stop_of("pruning", 2)
    assert it.guessed(3, measured("model=digits-mlp&recipe=prune,sparsity:0.8")) == ""
