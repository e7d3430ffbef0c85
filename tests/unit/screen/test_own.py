"""What is shown of an input of the person's own: its picture, what both models say, and its sliders."""

import asyncio
from html.parser import HTMLParser

import pytest
from bokeh.models import InlineStyleSheet, Slider, TextInput

from app.results.scene import Scene
from app.screen.own import OwnInput, agreement, answers_html, picture_html, spoken
from app.tasks.inputs import attempt_of
from models.metrics import METRICS
from tests.made.real_results import PIPELINE, result_of


def tried(model, bits=3, **values):
    result = result_of(model, bits)
    return asyncio.run(PIPELINE.attempt(result, attempt_of(result.model, values)))


class Store:
    """Notes what it is told."""

    def __init__(self):
        self.told = []

    def attempt(self, change):
        self.told.append(change)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        ("spirals", {"x": 0.4}),
        ("tracker", {}),
        ("denoiser", {}),
        ("words", {"text": "st"}),
        ("cancer", {}),
        *((model, {"input": "perturbed"}) for model in ("digits-cnn", "denoiser", "words", "spirals", "tracker")),
    ],
)
def test_held_shows_the_baseline_alone(model, values):
    attempted = tried(model, **values)
    for html in (picture_html, answers_html):
        both, held = html(attempted, False), html(attempted, True)
        HTMLParser().feed(both)
        assert both and held
        assert both != held or ("compressed" not in both)
    assert '<p><i class="compressed' not in answers_html(attempted, True)  # in the table a style hides it


def test_a_digit_is_drawn_by_the_page_and_nothing_is_said_of_none():
    blank = tried("digits-mlp", ink=[0] * 64)
    assert picture_html(blank, False) == "" and "baseline" not in answers_html(blank, False)
    assert "baseline" in answers_html(tried("digits-mlp", ink=[0.5] * 64), False)


def test_it_says_whether_they_agree():
    assert agreement(tried("spirals", None)) == "They agree."
    assert agreement(tried("denoiser", 2)).endswith(" of 144 patches changed by more than 1 dB.")
    disagrees = next(each for x in range(-9, 10) if agreement(each := tried("spirals", 2, x=x / 10)) != "They agree.")
    assert len(set(spoken(disagrees).values())) == 2


def test_what_is_said_of_a_spot_is_how_far_off_it_is():
    attempted = tried("tracker", x=5, y=5)
    off = METRICS["position_error"].each(attempted.outputs[1], attempted.labels)[0]
    assert spoken(attempted)["compressed"] == f"position error {off:.3f} px"


def test_text_is_never_markup():
    attempted = tried("words", text="<b>hi")
    assert "<b>hi" not in picture_html(attempted, False) + answers_html(attempted, False)


def test_sliders_move_with_what_is_tried_and_tell_of_a_person_only():
    store = Store()
    own = OwnInput(store, InlineStyleSheet(css=""))
    own.draw(Scene(result_of("spirals", 3)))
    assert not own.roots["own-settings"].children, "nothing is made before somebody tries something"
    for x in (0.2, 0.6):
        own.draw(Scene(result_of("spirals", 3), attempted=tried("spirals", x=x)))
        sliders = [each for each in own.roots["own-settings"].children if isinstance(each, Slider)]
        assert [each.value for each in sliders] == [x, 0] and store.told == []
    sliders[1].value = 0.5
    assert store.told == [{"y": 0.5}]
    own.draw(Scene(result_of("words", 3), attempted=tried("words")))
    (text,) = own.roots["own-kinds"].select({"type": TextInput})
    text.value_input = "st"
    assert store.told[1:] == [{"text": "st"}]
