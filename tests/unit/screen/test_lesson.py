"""What the panel of a lesson shows: the text, the question, then what was measured, and the way on."""

import re
from dataclasses import replace

from app.lessons import LESSONS, lesson_of
from app.results.scene import Scene
from app.screen.lesson import LessonPanel, asked_html, way_html, with_words
from app.state.choices import Assignment
from app.state.state import DEFAULT
from tests.made.real_results import result_of

PRUNING = lesson_of("pruning")


def panel(state, result):
    """The two texts of a panel that has been shown a State whose Result is on screen."""
    shown = LessonPanel()
    shown.show(state, Scene(replace(result, state=state)))
    return shown, shown.roots["lesson"].text, shown.roots["lesson-told"].text


def of(state):
    """A Result whose figures are of no matter here."""
    return replace(result_of("digits-mlp"), state=state)


def test_without_a_lesson_there_is_nothing():
    assert panel(DEFAULT, of(DEFAULT))[1:] == ("", "")


def test_nothing_is_said_before_a_guess_is_made():
    state = PRUNING.opened(2)
    _, asked, told = panel(state, of(state))
    assert "How many answers change?" in asked and 'type="range"' in asked and 'value="180"' in asked
    assert "seen" not in told and "Your guess" not in told


def test_a_guess_stands_beside_what_was_measured_and_stays_there():
    guessed = replace(PRUNING.at(2, PRUNING.stops[1].guess.then), guess=40)
    shown, asked, told = panel(guessed, of(guessed))
    assert 'type="range"' not in asked
    assert "Your guess: 40 answers. Measured: 0 answers." in told and 'class="seen"' in told
    on = replace(guessed, recipe=())
    shown.draw(on, Scene(of(on)))
    assert "Your guess: 40 answers. Measured: 0 answers." in shown.roots["lesson-told"].text


def test_a_task_is_judged_when_the_person_rests_and_stays_done():
    state = lesson_of("first-steps").opened(2)
    shown, _, told = panel(state, of(state))
    assert "not yet" in told and "Done" not in told
    zeros = tuple(replace(each, after=0 * each.after) for each in of(state).layers)
    done = replace(of(state), layers=zeros)
    dragged = replace(done, compressed=replace(done.compressed, zipped_bytes=None))
    shown.draw(state, Scene(dragged))
    assert "Done" not in shown.roots["lesson-told"].text
    shown.draw(state, Scene(done))
    assert ", reached" in shown.roots["lesson-told"].text and "Done" in shown.roots["lesson-told"].text
    shown.draw(state, Scene(of(state)))
    assert "not yet" in shown.roots["lesson-told"].text and "Done" in shown.roots["lesson-told"].text


def test_a_result_of_another_state_is_not_spoken_of():
    state = lesson_of("pruning").opened(1)
    shown = LessonPanel()
    shown.show(state, Scene(of(DEFAULT)))
    assert "seen" not in shown.roots["lesson-told"].text and "Next" in shown.roots["lesson-told"].text


def test_the_last_stop_ends_with_one_sentence_to_keep():
    last = lesson_of("efforts").stops[-1]
    state = replace(lesson_of("efforts").at(6, last.guess.then), guess=100)
    _, _, told = panel(state, replace(result_of("untrained"), state=state))
    assert lesson_of("efforts").keep in told


def test_the_way_leads_through_all_lessons_and_back():
    assert "Back" not in way_html(PRUNING.opened(1)) and 'data-stop="2"' in way_html(PRUNING.opened(1))
    assert 'data-lesson="file-size" data-stop="1"' in way_html(PRUNING.opened(5))
    end = lesson_of(LESSONS[-1])
    assert "Next" not in way_html(end.opened(len(end.stops)))


def test_a_stop_that_is_not_there_is_said_in_words_and_can_be_closed():
    for state in (replace(DEFAULT, lesson="<b>", stop=1), replace(DEFAULT, lesson="bits", stop=99)):
        _, asked, told = panel(state, of(state))
        assert "newer version" in asked and "<b>" not in asked and told.count("<button") == 1
        assert way_html(state) in told and asked == asked_html(state)


def test_a_word_of_the_glossary_opens_its_line():
    html = with_words("its *weight|weights* & *options*")
    assert '<button type="button" class="word" popovertarget="word-weight">weights</button>' in html
    assert "a network multiplies its input by" in html and "&amp; <b>options</b>" in html


def test_what_a_teacher_writes_is_text_and_its_task_is_judged():
    task = Assignment("digits-mlp", bytes=10**6)
    state = replace(DEFAULT, title="<i>Half</i>", text='"<img src=x>"', task=task, who="<b>Ada</b>")
    _, asked, told = panel(state, of(state))
    assert not re.search("<(i>|b>|img)", asked + told) and "&lt;i&gt;Half" in asked and "&lt;b&gt;Ada" in asked
    assert "at most 1000 kB" in told and ", reached" in told and "Done" in told and told.count("data-act") == 1
    unmet = replace(state, task=Assignment("digits-mlp", bytes=1))
    assert "at most 0.001 kB" in panel(unmet, of(unmet))[2] and "Done" not in panel(unmet, of(unmet))[2]
    elsewhere = replace(state, task=Assignment("digits-cnn", bytes=10**6))
    assert "with the model digits-cnn" in panel(elsewhere, of(elsewhere))[2]


def test_a_class_needs_the_name_first():
    state = replace(DEFAULT, task=Assignment("digits-mlp", bytes=20_000), class_seed=7)
    assert "Get my task" in asked_html(state) and "Copy link" not in asked_html(state)
    assert "Copy link" in asked_html(replace(state, who="Ada"))
    assert "Copy link" in asked_html(PRUNING.opened(5)) and "Copy link" not in asked_html(PRUNING.opened(1))


def test_a_title_alone_has_no_field_for_a_name():
    state = replace(DEFAULT, title="Look at this")
    _, asked, told = panel(state, of(state))
    assert "Look at this" in asked and "<input" not in asked and "<ul>" not in told and "Close" in told
