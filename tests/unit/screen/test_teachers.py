"""The pages for teachers: each lesson has one, whose answers are those of the Results; plain HTML."""

import re
from html import unescape

import pytest

from app.lessons import LESSONS, lesson_of
from app.lessons.lesson import state_of
from app.lessons.teaching import NOTES
from app.screen.teachers import asked_for, index, page
from tests.made.real_results import result_of

LESSON = lesson_of("pruning")


@pytest.fixture(scope="module")
def results():
    import asyncio

    from tests.made.real_results import PIPELINE

    return [asyncio.run(PIPELINE.result(state_of(asked_for(stop)))) for stop in LESSON.stops]


def test_each_lesson_has_notes():
    assert set(NOTES) == set(LESSONS)
    assert all(len(notes.goals) >= 2 and len(notes.wrong) >= 2 for notes in NOTES.values())
    lines = [line for notes in NOTES.values() for part in vars(notes).values() for line in part]
    assert len(set(lines)) == len(lines) and not any("…" in line or "*" in line for line in lines)
    assert all(question.endswith("?") for notes in NOTES.values() for question in notes.questions)


def test_answers_are_those_of_the_results(results):
    text = unescape(re.sub("<[^>]+>", "|", page(LESSON, results)))
    guessed, cliff = results[1], results[3]
    assert f"|{guessed.changed.count} answers|" in text
    assert f"|{100 * cliff.compressed.score:.0f} %|" in text
    assert "|prune criterion magnitude instead of random (control)|" in text and "|prune 85 % instead of 50 %|" in text
    assert all(stop.saw(result) in text for stop, result in zip(LESSON.stops, results, strict=True))
    assert LESSON.keep in text and "5 minutes, 5 stops" in text


def test_other_results_are_other_answers(results):
    others = [result_of("digits-mlp")] * len(results)
    assert page(LESSON, others) != page(LESSON, results)


def test_the_list_has_a_link_to_each_page():
    html = index({id: lesson_of(id) for id in LESSONS})
    assert [match for match in re.findall(r'<li><a href="([\w-]+)\.html"', html)] == list(LESSONS)
