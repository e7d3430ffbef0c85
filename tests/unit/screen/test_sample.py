"""The chosen sample and what both models answer."""

import re
from dataclasses import replace

import numpy as np
import pytest

from app.results.samples import chosen, next_changed, step
from app.results.scene import Scene
from app.screen.pictures.image import picture as image
from app.screen.pictures.point import picture as point
from app.screen.sample import answers_html, likeliest, picture_html
from app.state.state import State
from models.metrics.softmax import probabilities
from tests.made.results import result, scene


def at(sample, **options):
    made = result(**options)
    return replace(made, state=replace(made.state, sample=sample))


def test_probabilities_of_large_logits():
    assert probabilities(np.array([1000.0, 1000.0, -1000.0])).tolist() == [0.5, 0.5, 0]


def test_the_likeliest_classes_of_either_model_in_their_own_order():
    old, new = np.array([0.1, 0.6, 0.2, 0.1]), np.array([0.0, 0.1, 0.1, 0.8])
    assert likeliest(old, new, 2).tolist() == [1, 3]


def test_a_sample_that_is_not_there_is_the_last_one():
    assert chosen(at(10_000)) == 359


def test_turning_goes_round():
    assert step(at(359), 1) == 0
    assert step(at(0), -1) == 359


def test_next_changed_goes_round_and_knows_when_there_is_none():
    changed = result().changed.indices
    assert next_changed(at(int(changed[0]))) == changed[1]
    assert next_changed(at(int(changed[-1]))) == changed[0]
    assert next_changed(at(0, broken=0, fixed=0, other=0)) is None


def test_a_broken_answer_is_right_then_wrong():
    made = result()
    shown = answers_html(Scene(at(int(made.changed.broken[0]))))
    verdicts = re.findall(r'<span class="(right|wrong)">', shown)
    assert verdicts == ["right", "wrong"]


def test_only_the_baseline_answers_while_it_is_held():
    shown = answers_html(scene(held=True))
    assert len(re.findall('<span class="(?:right|wrong)">', shown)) == 1
    assert 'class="answers held"' in shown


def test_a_row_for_each_class_of_a_small_model():
    rows = re.findall(r'<th scope="row">(.*?)</th>', answers_html(scene("spirals")))
    assert rows == ["arm A", "arm B", "arm C"]


def test_an_image_has_a_cell_for_each_pixel_in_its_ink():
    model = result().model
    cells = re.findall(r'x="(\d)" y="(\d)" width="1" height="1" fill="var\(--ink-(\d+)\)"', image(model, 3))
    assert len(cells) == 64
    drawn = np.zeros((8, 8))
    for x, y, ink in cells:
        drawn[int(y), int(x)] = int(ink) / 16
    assert np.allclose(drawn, model.inputs[3].reshape(8, 8), atol=1 / 32)


def test_a_point_stands_in_its_place_with_y_upwards():
    model = result("spirals").model
    x, y = model.inputs[5]
    assert f'cx="{x:.3f}" cy="{-y:.3f}"' in point(model, 5)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>'])
def test_names_of_classes_are_never_markup(name):
    made = result(state=State())
    model = replace(made.model, classes=(name,) * 10)
    shown = picture_html(Scene(replace(made, model=model))) + answers_html(Scene(replace(made, model=model)))
    assert "<script" not in shown and "<img" not in shown
