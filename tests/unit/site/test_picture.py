"""The still picture of a Result: its figures are those of the Result, in the picture and in its words."""

import xml.etree.ElementTree as xml
from dataclasses import replace

import pytest

from app.lessons import LESSONS
from app.screen.theme import SWAP
from app.site.picture import LINE, ROWS, WIDTH, drawn, of_lessons, opened, told
from app.state.choices import Step
from app.state.state import State
from app.state.wording import described
from kernels import TECHNIQUES
from tests.made.results import result

HALF = State("digits-cnn", recipe=(Step.of("prune", sparsity=0.7),))


def texts(svg: str) -> list[str]:
    return [node.text for node in xml.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_a_picture_says_what_was_done_and_what_came_of_it():
    made = result("digits-cnn", state=HALF)
    said = texts(drawn(made))
    assert said[:2] == ["Digits: small CNN", "prune 70 %"]
    assert "9 of 360" in said and "97.5 %" not in said[:2]
    for layer in made.layers:
        assert layer.name in said
    title = xml.fromstring(drawn(made))[0].text
    assert title == told(made) and title.startswith("Digits: small CNN, prune 70 %. Accuracy ")
    assert "Changed answers 9 of 360." in title and "\n" not in title


def test_the_dark_picture_is_the_light_one_in_other_colours():
    light, dark = drawn(result(), dark=False), drawn(result(), dark=True)
    swapped = light
    for one, other in SWAP.items():
        swapped = swapped.replace(f'"{one}"', f'"{other}"')
    assert light != dark == swapped


def test_many_layers_share_a_bar_and_no_bar_leaves_the_picture():
    made = result()
    svg = xml.fromstring(drawn(replace(made, layers=made.layers * 4)))
    bars = [node for node in svg.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert len(bars) == 2 * (ROWS + 1) and "4 others" in texts(drawn(replace(made, layers=made.layers * 4)))
    assert all(float(bar.get("x")) + float(bar.get("width")) <= WIDTH for bar in bars)


def test_a_long_recipe_takes_more_lines_and_no_longer_ones():
    state = State("digits-cnn", recipe=tuple(Step.of(id) for id in TECHNIQUES))
    made = result("digits-cnn", state=state)
    said = texts(drawn(made))
    assert max(map(len, said)) <= LINE and described(state) in " ".join(said)


def test_words_are_never_markup():
    made = result()
    layer = made.layers[0]
    object.__setattr__(layer, "name", "<script>alert(1)</script>")
    assert "<script>" not in drawn(made) and texts(drawn(made))


def test_a_link_that_cannot_be_read_whole_has_no_picture():
    with pytest.raises(ValueError, match="no model 'nobodys'"):
        opened("?model=nobodys")
    assert opened("?model=digits-cnn&recipe=prune,sparsity:0.7") == HALF
    assert opened("?lesson=pruning") == of_lessons()["pruning"]


def test_the_start_and_every_lesson_have_a_picture():
    states = of_lessons()
    assert list(states) == ["start", *LESSONS]
    assert all(states[id].lesson == id for id in LESSONS)


@pytest.mark.parametrize("dark", [False, True])
def test_a_picture_names_no_font_or_file_from_outside(dark):
    assert "url(" not in drawn(result(), dark=dark) and "href" not in drawn(result(), dark=dark)
