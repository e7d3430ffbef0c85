"""A model that takes over a recipe which it cannot stand says so, once, and what to do."""

import json
import re
from dataclasses import replace
from html import unescape

from app.results.scene import Scene
from app.screen.takeover import Takeover
from app.state.state import DEFAULT, State
from tests.made.results import result


def shown(model, broken, recipe=DEFAULT.recipe, **more):
    return Scene(result(model, broken=broken, state=State(model, recipe=recipe, **more)))


def test_it_is_said_until_the_recipe_is_another():
    takeover = Takeover()
    assert takeover.html(shown("digits-mlp", 7)) == ""
    said = takeover.html(shown("digits-cnn", 200))
    assert "This recipe is too much for this model: 4" in said and "accuracy instead of 9" in said
    assert "too much" in takeover.html(shown("spirals", 300)), "and of the next one, too"
    assert takeover.html(shown("spirals", 300, recipe=DEFAULT.recipe[:1])) == ""
    assert takeover.html(shown("spirals", 300)) == "", "by then it is the person's own doing"


def test_its_button_takes_all_compression_away():
    takeover = Takeover()
    takeover.html(shown("digits-mlp", 7))
    said = takeover.html(shown("digits-cnn", 200))
    change = json.loads(unescape(re.search(r'data-set="([^"]*)"', said)[1]))
    merged = State("digits-cnn", recipe=DEFAULT.recipe, skipped=("fc1",)).merged(change)
    assert (merged.recipe, merged.skipped) == ((), ())


def test_nothing_is_said_where_the_model_before_was_broken_too_or_this_one_stands():
    for before, after in ((200, 200), (7, 30)):
        takeover = Takeover()
        takeover.html(shown("digits-mlp", before))
        assert takeover.html(shown("digits-cnn", after)) == ""


def test_a_lesson_speaks_for_itself_and_a_held_baseline_needs_no_word():
    takeover = Takeover()
    takeover.html(shown("digits-mlp", 7))
    assert takeover.html(shown("digits-cnn", 200, lesson="speed")) == ""
    scene = shown("digits-cnn", 200)
    assert takeover.html(replace(scene, held=True)) == "" and "too much" in takeover.html(scene)


def test_what_is_held_meanwhile_is_no_other_recipe():
    takeover = Takeover()
    takeover.html(shown("digits-mlp", 7))
    said = takeover.html(shown("digits-cnn", 200))
    for held in ({"pin": "A"}, {"held": True}):
        assert takeover.html(replace(shown("digits-cnn", 0, recipe=DEFAULT.recipe[:1]), **held)) == ""
    assert takeover.html(shown("digits-cnn", 200)) == said
