"""Links: every State survives the way into a link and back; any text gives a usable State."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state import link
from app.state.choices import Budget, Step
from app.state.efforts import EFFORTS, POST_TRAINING
from app.state.reading import comparable
from app.state.state import DEFAULT, State
from app.state.views import VIEWS
from kernels import TECHNIQUES
from models import MODELS
from models.metrics import METRICS
from models.model import info


def values(parameter):
    if parameter.kind == "choice":
        return st.sampled_from(parameter.choices)
    if parameter.kind == "int":
        return st.integers(int(parameter.low), int(parameter.high))
    return st.floats(parameter.low, parameter.high).map(lambda value: round(value, 6))


@st.composite
def steps(draw, technique):
    return Step.of(technique, **{p.name: draw(values(p)) for p in TECHNIQUES[technique].parameters})


@st.composite
def owns(draw):
    """Strengths of single layers: at most one entry for a layer and a technique, sorted."""
    entries = {}
    names, techniques = st.text(min_size=1, max_size=8), st.sampled_from(list(TECHNIQUES))
    for layer, technique in draw(st.sets(st.tuples(names, techniques), max_size=3)):
        parameters = TECHNIQUES[technique].parameters
        chosen = draw(st.none() | st.sets(st.sampled_from(parameters), min_size=1))
        params = None if chosen is None else tuple((p.name, draw(values(p))) for p in parameters if p in chosen)
        entries[layer, technique] = params
    return tuple((*key, entries[key]) for key in sorted(entries))


def thresholds(model):
    """A threshold that is not the model's own, where it has one."""
    own = info(model).threshold
    if own is None:
        return st.none()
    other = st.floats(own.low, own.high).map(lambda value: round(value, 4)).filter(lambda value: value != own.own)
    return st.none() | other


@st.composite
def states(draw):
    techniques = draw(st.lists(st.sampled_from(list(TECHNIQUES)), unique=True))
    model = draw(st.sampled_from(MODELS))
    return State(
        model=model,
        threshold=draw(thresholds(model)),
        recipe=tuple(draw(steps(technique)) for technique in techniques),
        skipped=tuple(sorted(draw(st.sets(st.text(min_size=1, max_size=8), max_size=3)))),
        overrides=draw(owns()),
        effort=draw(st.sampled_from(list(EFFORTS) if info(model).checkpoints else [POST_TRAINING])),
        budget=Budget(
            draw(st.none() | st.integers(1, 10**9)),
            draw(st.none() | st.floats(*METRICS[info(model).metric].bounds).map(lambda score: round(score, 4))),
        ),
        view=draw(st.sampled_from(VIEWS)),
        layer=draw(st.text(max_size=8)),
        sample=draw(st.integers(0, 2**31 - 1)),
        seed=draw(st.integers(0, 2**31 - 1)),
        compare=draw(st.sampled_from(("", *comparable(model)))),
        lesson=draw(st.text(max_size=8)),
        stop=draw(st.integers(1, 99)),
        guess=draw(st.none() | st.floats(-1e4, 1e4).map(lambda guess: round(guess, 4))),
    )


@given(states())
def test_a_state_survives_its_link(state):
    assert link.decode(link.encode(state)) == (state, ())


@given(states())
def test_a_state_survives_json(state):
    assert DEFAULT.merged(state.to_json()) == state


@given(st.text() | st.from_regex(r"\?(v|model|recipe|keep|own|size|score|view|layer|sample|seed)=.*", fullmatch=True))
def test_any_text_gives_a_usable_state(text):
    state, notes = link.decode(text)
    assert link.decode(link.encode(state))[0] == state
    assert all(isinstance(note, str) for note in notes)


def test_the_default_state_is_the_empty_link():
    assert link.decode("") == (DEFAULT, ())
    assert link.encode(DEFAULT) == "?v=1"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?model=digits-xl", "there is no model 'digits-xl'"),
        ("?recipe=prunne,sparsity:0.5;palettize,bits:4", "unknown technique 'prunne'"),
        ("?recipe=prune,sparsity:2", "choose 0 to"),
        ("?recipe=prune,sparsity:nan", "not a number"),
        ("?recipe=prune;prune", "second time"),
        ("?size=-3", "choose 1 to"),
        ("?view=inside-out", "there is no view"),
        ("?colour=red", "'colour' is not a part of a link"),
        ("?v=99", "another version"),
        ("?sample=1e99", "choose 0 to"),
    ],
)
def test_an_odd_link_says_what_was_left_out(query, said):
    state, notes = link.decode(query)
    assert any(said in note for note in notes), notes


def test_the_rest_of_an_odd_recipe_is_kept():
    state, _ = link.decode("?recipe=prunne,sparsity:0.5;palettize,bits:2")
    assert [step.technique for step in state.recipe] == ["palettize"]


def test_a_new_model_drops_what_belonged_to_the_old_one():
    state = State(skipped=("fc1",), sample=5)
    changed = state.merged({"model": "spirals"})
    assert changed.skipped == () and changed.sample == 0
    assert state.merged({"model": "spirals", "sample": 7}).sample == 7
