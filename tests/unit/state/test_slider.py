"""Which slider is in hand, and which strengths its curve is made of."""

from dataclasses import replace

import pytest

from app.state.choices import Step
from app.state.compression import Compression
from app.state.slider import EVEN, Slider, coarse_first, first, in_hand
from app.state.state import DEFAULT, State
from kernels import TECHNIQUES

SLIDERS = [(t.id, p.name) for t in TECHNIQUES.values() for p in t.parameters if p.kind != "choice"]
SPARSITY, BITS = Slider("prune", "sparsity"), Slider("palettize", "bits")


@pytest.mark.parametrize(("technique", "parameter"), SLIDERS)
def test_strengths_are_few_steps_that_the_slider_can_take_and_span_it(technique, parameter):
    slider = Slider(technique, parameter)
    even, of = slider.even(), slider.declared
    assert (even[0], even[-1]) == (of.low, of.high) and 2 <= len(even) <= EVEN + 1
    assert list(even) == sorted(set(even)) and all(of.check(value) == value for value in even)
    steps = [(value - of.low) / (of.step or 1) for value in even]
    assert steps == pytest.approx([round(step) for step in steps], abs=1e-3)
    gaps = [b - a for a, b in zip(steps, steps[1:], strict=False)]
    assert max(gaps) - min(gaps) < 1.001


def test_the_strength_it_stands_at_is_among_them():
    state = replace(DEFAULT, recipe=(Step.of("prune", sparsity=0.33),))
    values = SPARSITY.strengths(state)
    assert 0.33 in values and len(values) == 16 and list(values) == sorted(values)
    assert len(SPARSITY.strengths(replace(state, recipe=(Step.of("prune", sparsity=0.0),)))) == 15
    assert Slider("quantize", "bits").strengths(state) == (1, 2, 3, 4, 5, 6, 7, 8)


def test_the_first_few_span_them_all():
    values = tuple(range(16))
    order = coarse_first(values)
    assert sorted(order) == list(values) and order[:5] == [0, 15, 7, 3, 11]
    assert [coarse_first(tuple(range(n))) for n in range(4)] == [[], [0], [0, 1], [0, 2, 1]]


def test_all_else_stays_as_it_is():
    moved = SPARSITY.at(Compression.of(DEFAULT), 0.9)
    assert moved == Compression.of(DEFAULT.merged({"recipe": [{"technique": "prune", "sparsity": 0.9},
                                                              {"technique": "palettize", "bits": 3}]}))  # fmt: skip
    assert Slider("quantize", "bits").at(DEFAULT, 4).recipe == (*DEFAULT.recipe, Step.of("quantize", bits=4))
    assert SPARSITY.at(DEFAULT, 0.9).merged(Compression.of(DEFAULT).to_json()) == DEFAULT


def test_a_layer_has_a_slider_of_its_own():
    state = DEFAULT.merged({"layers": {"fc1": {"prune": {"sparsity": 0.2}}, "fc2": {"skip": True}}})
    slider = replace(SPARSITY, layer="fc1")
    assert slider.value(state) == 0.2 and replace(SPARSITY, layer="fc2").value(state) is None
    for value in (0.7, 0.5):  # the latter is that of all layers
        special = {"prune": {"sparsity": value}} if value != 0.5 else {}
        assert slider.at(state, value) == state.merged({"layers": {"fc1": special, "fc2": {"skip": True}}})


def test_the_first_in_hand_is_that_of_the_first_step_with_a_number():
    assert first(DEFAULT) == SPARSITY
    assert first(replace(DEFAULT, recipe=(Step.of("repair"), Step.of("palettize")))) == BITS
    assert first(State()) is None and first(replace(State(), recipe=(Step.of("repair"),))) is None


def test_what_moved_last_is_in_hand():
    def recipe(*steps):
        return replace(DEFAULT, recipe=steps)

    two = recipe(Step.of("prune"), Step.of("palettize", bits=3))
    assert in_hand(SPARSITY, two, recipe(Step.of("prune"), Step.of("palettize", bits=4))) == BITS
    assert in_hand(BITS, two, replace(two, sample=3)) == BITS
    assert in_hand(BITS, two, recipe(Step.of("prune", pattern="block"), Step.of("palettize", bits=3))) == BITS, "a menu"
    added = recipe(*two.recipe, Step.of("quantize"))
    assert in_hand(BITS, two, added) == Slider("quantize", "bits"), "switched on"
    assert in_hand(Slider("quantize", "bits"), added, two) == SPARSITY, "and off"
    other = replace(two, model="digits-cnn")
    assert in_hand(replace(BITS, layer="fc1"), two, other) == BITS, "another model has other layers"
    assert in_hand(BITS, two, State()) is None and in_hand(None, State(), two) == SPARSITY


def test_what_moved_in_one_layer_is_in_hand_there():
    own = DEFAULT.merged({"layers": {"fc1": {"prune": {"sparsity": 0.2}}}})
    assert in_hand(BITS, DEFAULT, own) == Slider("prune", "sparsity", "fc1")
    own_one = replace(SPARSITY, layer="fc1")
    assert in_hand(own_one, own, own.merged({"layers": {"fc1": {"prune": False}}})) == SPARSITY


@pytest.mark.parametrize(
    "name", [("prunne", "sparsity"), ("prune", "depth"), ("prune", "pattern"), ("repair", "effort")]
)
def test_only_numbers_have_sliders(name):
    with pytest.raises(ValueError, match="choose|sliders"):
        Slider(*name)
