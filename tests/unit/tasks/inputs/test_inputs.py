"""Inputs of a person's own are made as the data sets are, and what is none is refused in words."""

import numpy as np
import pytest
from scipy import stats

from app.results.attempt import Attempt
from app.tasks.inputs import INPUTS, attempt_of, inputs_of, luck, measured, noise, perturbed, word
from models import MODELS
from models import model as models
from models.denoiser import data as photographs
from models.tracker import data as clips


def made(model, index=0, learnt=None, **values):
    """The samples of an input, the first of its model's."""
    loaded = models.load(model)
    kind = INPUTS[attempt_of(loaded, values).input]
    settings = kind.settings(loaded, index, learnt)
    return kind.samples(
        loaded, index, kind.complete(settings, {name: value for name, value in values.items() if name != "input"})
    )


@pytest.mark.parametrize("id", MODELS)
def test_every_model_takes_its_own_input_and_changes_of_its_samples(id):
    model = models.load(id)
    kinds = [each.id for each in inputs_of(model)]
    assert kinds[-1] == "perturbed" and len(kinds) == (1 if id == "untrained" else 2)
    for kind in inputs_of(model):
        learnt = np.arange(30.0) if kind is measured.INPUT else None
        settings = kind.settings(model, 3, learnt)
        samples, labels = kind.samples(model, 3, kind.complete(settings, {}))
        assert samples.dtype == np.float32 and samples.shape[1:] == model.inputs.shape[1:]
        assert labels is None or len(labels) == len(samples)
        assert all(each.low <= each.start <= each.high for each in settings)


def test_a_point_is_where_it_is_dragged_and_never_outside():
    model = models.load("spirals")
    point = INPUTS["point"]
    settings = point.settings(model, 0, None)
    for at, (x, y) in (([0.5, 0.5], (0, 0)), ([0, 0], (-1, 1)), ([0.75, 1], (0.55, -1))):
        moved = point.dragged(settings, {}, {"at": at})
        assert moved == pytest.approx({"x": x, "y": y})
    np.testing.assert_array_equal(made("spirals", x=9, y=-0.5)[0], np.float32([[1, -0.5]]))


def test_a_spot_is_drawn_as_those_of_the_clips():
    frames, place = made("tracker", x=4.5, y=9.0, noise=0)
    pixels = np.arange(clips.SIDE)
    spot = np.exp(-(((pixels[:, None] - 9.0) ** 2 + (pixels - 4.5) ** 2) / (2 * clips.SPREAD**2)))
    np.testing.assert_allclose(frames[0, 0], (0.15 + clips.BRIGHT * spot).clip(0, 1), atol=0.5 / 255 + 1e-6)
    assert place.tolist() == [[4.5, 9.0]]
    noisy = made("tracker", x=4.5, y=9.0, noise=0.1)[0] - frames
    assert noisy.std() == pytest.approx(0.1, rel=0.2)


def test_a_photograph_begins_with_noise_as_that_of_the_data_set():
    assert noise.STRENGTH == photographs.NOISE
    model = models.load("denoiser")
    for index in (0, 20):
        samples, clean = made("denoiser", index)
        patches = noise.square(model, index).ravel()
        np.testing.assert_array_equal(clean, model.labels[patches])
        np.testing.assert_array_equal(samples, photographs.grey(samples))
        spread = [(each - clean)[abs(clean - 0.5) < 0.2].std() for each in (samples, model.inputs[patches])]
        assert spread == pytest.approx([photographs.NOISE] * 2, rel=0.05)


def test_random_numbers_are_normal_and_the_same_for_the_same_seed():
    numbers = luck.normal((7, 3001), 5)
    np.testing.assert_array_equal(numbers, luck.normal((7, 3001), 5))
    assert stats.kstest(numbers.ravel(), "norm").pvalue > 0.01
    assert abs(np.corrcoef(numbers[0], numbers[1])[0, 1]) < 0.1 and numbers.min() < -3 < 3 < numbers.max()


def test_a_word_is_read_as_those_of_the_data_set():
    model = models.load("words")
    samples, _ = made("words", text=" Rock-ets!")
    assert "".join(model.classes[k] for k in samples[0].argmax(axis=1)) == "·rockets"
    assert made("words", text="")[0][0].argmax(axis=1).tolist() == [0] * 8
    assert made("words", text="a" * 99)[0].shape == (1, 8, 27)


def test_a_word_ends_where_the_file_ends_it():
    model = models.load("words")
    writes = word.INPUT.writes(model, {"text": "ab"})
    next(writes)
    assert writes.send(np.eye(27)[[3]]) is not None  # c
    with pytest.raises(StopIteration) as end:
        writes.send(np.eye(27)[[0]])
    assert end.value.value == "abc"


def test_measurements_are_called_as_scikit_learn_calls_them():
    datasets = pytest.importorskip("sklearn.datasets")
    assert list(measured.NAMES) == list(datasets.load_breast_cancer().feature_names)


def test_only_what_is_turned_differs_from_the_chosen_sample():
    model = models.load("cancer")
    learnt = np.zeros(30)
    learnt[[4, 20]] = 2, 1
    samples, _ = made("cancer", 5, learnt, **{measured.NAMES[4]: 1.5})
    assert np.flatnonzero(abs(samples[0] - model.inputs[5]) > 1e-4).tolist() == [4] and samples[0, 4] == 1.5


def test_what_matters_is_found_by_exchanging_measurements():
    """Of a made-up network that looks at two measurements only."""
    probe = measured.INPUT.learns(models.load("cancer"))
    batch = next(probe)
    with pytest.raises(StopIteration) as end:
        probe.send(np.stack([3 * batch[:, 7] + batch[:, 12], 0 * batch[:, 0]], axis=1))
    effects = end.value.value
    assert set(np.flatnonzero(effects)) == {7, 12} and effects[7] > effects[12]


@pytest.mark.parametrize("id", ["digits-cnn", "tracker", "denoiser", "words", "spirals", "cancer"])
def test_a_sample_that_nothing_is_done_to_stays_as_it_is(id):
    model = models.load(id)
    samples, labels = made(id, 7, input="perturbed")
    np.testing.assert_array_equal(samples[0], model.inputs[7])
    np.testing.assert_array_equal(labels[0], model.labels[7])


def test_a_shift_takes_the_truth_along():
    model = models.load("tracker")
    samples, labels = made("tracker", 7, input="perturbed", right=2, down=-1)
    np.testing.assert_array_equal(samples[0, 0, :-1, 2:], model.inputs[7, 0, 1:, :-2])
    np.testing.assert_allclose(labels[0], model.labels[7] + [2, -1])


def test_wrong_letters_are_letters():
    model = models.load("words")
    index = int((model.inputs.argmax(axis=2) > 0).sum(axis=1).argmax())
    samples, _ = made("words", index, input="perturbed", wrong=8)
    assert samples.sum() == 8 and (samples.argmax(axis=2) > 0).all()


@pytest.mark.parametrize("id", ["digits-mlp", "words", "cancer"])
def test_a_search_is_the_same_for_the_same_seed_and_begins_gently(id):
    model = models.load(id)
    found = [list(perturbed.candidates(model, range(9), seed)) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2] and len(found[0]) == perturbed.CANDIDATES
    kind = perturbed.INPUT
    for index, values in found[0][::200]:
        assert 0 <= index < 9 and kind.complete(kind.settings(model, 0, None), values) == values
    strong = next(name for name in found[0][0][1] if name != "luck")
    early, late = (max(abs(values[strong]) for _, values in part) for part in (found[0][:100], found[0][-100:]))
    assert early < late


@pytest.mark.parametrize(
    ("model", "change", "said"),
    [
        ("spirals", {"x": "left"}, "x is a number from -1 to 1"),
        ("spirals", {"x": float("nan")}, "x is a number"),
        ("spirals", {"z": 1}, "has no 'z'; it has x, y"),
        ("spirals", {"input": "drawn"}, "spirals takes no input 'drawn'; choose point or perturbed"),
        ("digits-mlp", {"ink": [1, 2]}, "ink is 64 finite numbers"),
        ("digits-mlp", {"ink": [[1], [2, 3]]}, "ink is 64 finite numbers"),
        ("words", {"text": 5}, "text is the beginning of a word"),
    ],
)
def test_what_is_no_input_is_refused_in_words(model, change, said):
    with pytest.raises(ValueError, match=said):
        made(model, **change)


def test_what_was_moved_stays_until_another_kind_or_model_is_chosen():
    spirals, digits = models.load("spirals"), models.load("digits-mlp")
    first = attempt_of(spirals, {"x": 0.5})
    second = attempt_of(spirals, {"y": 0.1}, first)
    assert second.values == {"x": 0.5, "y": 0.1}
    assert attempt_of(spirals, {"input": "perturbed"}, second).values == {}
    assert attempt_of(digits, {}, second).input == "drawn"
    assert attempt_of(spirals, {"input": "point"}, Attempt("spirals", "point", {"x": 1})).values == {}
