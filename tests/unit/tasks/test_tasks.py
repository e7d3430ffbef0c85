"""Each task says what its models must be, when an answer counts as changed, and what a person is told about it."""

from dataclasses import replace

import numpy as np
import pytest

from app.results.scene import Scene
from app.screen.figures import figures_html
from app.screen.pictures import PICTURES
from app.screen.sample import answers_html, picture_html
from app.tasks import TASKS, check
from models.metrics import METRICS
from models.model import load
from tests.made.real_results import result_of

MODELS = {"classification": "digits-mlp", "regression": "tracker", "image": "denoiser", "sequence": "words"}


def changes(task, old, new, labels):
    """Indices of what changed, broke and was fixed."""
    arrays = (np.array(array, np.float32) for array in (old, new, labels))
    return [part.tolist() for part in vars(TASKS[task].changed(*arrays)).values()]


def test_a_place_has_changed_when_it_moved_by_more_than_half_a_pixel():
    labels = [[0, 0]] * 5
    old = [[0, 0], [0, 0], [0, 2], [0.3, 0], [0, 2]]
    new = [[0.4, 0], [0, 0.6], [0, 0.2], [-0.3, 0], [2, 0]]
    assert changes("regression", old, new, labels) == [[1, 2, 3, 4], [1], [2]]


def test_a_picture_has_changed_when_a_decibel_is_lost_or_won():
    labels = np.zeros((4, 1, 2, 2))
    old = labels + 0.1
    new = labels + np.array([0.105, 0.12, 0.08, -0.5])[:, None, None, None]  # nothing is darker than black
    assert changes("image", old, new, labels) == [[1, 2, 3], [1], [2, 3]]


def test_who_has_no_labels_is_told_of_other_answers_and_not_of_wrong_ones():
    task, model = TASKS["imitation"], load("digits-mlp")
    same, other = (task.verdict(model, 0, np.int64(answer)) for answer in (model.labels[0], model.labels[0] + 1))
    assert (same, other) == ((True, "the same"), (False, "another"))
    words = (*task.kinds, task.caption, task.truth)
    assert not {"broken", "wrong", "right", "labelled", "true class"}.intersection(words)


def test_a_map_has_changed_when_more_than_a_hundredth_of_its_pixels_has():
    labels = np.zeros((4, 10, 20), int)
    old, new = labels.copy(), labels.copy()
    new[0, 0, :3] = old[1, 0, :3] = new[2, 0, :2] = 1
    old[3, 0, :3], new[3, 0, :3] = 1, 2  # neither is right
    assert changes("segmentation", old, new, labels) == [[0, 1, 3], [0], [1]]


def test_a_letter_has_changed_as_a_class_has():
    assert changes("sequence", [1, 1, 2, 3], [1, 2, 1, 4], [1, 1, 1, 1]) == [[1, 2, 3], [1], [2]]


@pytest.mark.parametrize("task", MODELS)
@pytest.mark.parametrize(
    "damage, message",
    [
        ({"task": "translation"}, "task is 'translation'; choose classification"),
        ({"metric": "speed"}, "metric is 'speed'; choose"),
        ({"labels": np.zeros((1, 7), np.float32)}, "needs a"),
    ],
)
def test_a_model_that_does_not_fit_its_task_is_explained(task, damage, message):
    model = load(MODELS[task])
    check(model)
    with pytest.raises(ValueError, match=message):
        check(replace(model, **damage))


@pytest.mark.parametrize("task", MODELS)
@pytest.mark.parametrize("held", [False, True])
def test_what_is_told_of_a_sample_comes_from_both_models(task, held):
    result = result_of(MODELS[task], bits=3)
    k = int(result.changed.broken[0])
    scene = Scene(replace(result, state=replace(result.state, sample=k)), held=held)
    shown = picture_html(scene) + answers_html(scene)
    model, it = result.model, TASKS[task]
    assert f"{k + 1} of {len(model.labels)}" in shown and f">{it.right(model, k)}<" in shown
    for measured in (result.baseline,) if held else (result.baseline, result.compressed):
        good, verdict = it.verdict(model, k, measured.answers[k])
        assert f"<b>{it.said(model, k, measured.answers[k])}</b>" in shown and verdict in shown
    assert shown.count("<figure") == 1 and PICTURES[model.picture].draw(result, k, held) in shown


def test_the_figures_say_a_score_in_its_own_unit_and_direction():
    shown = figures_html(Scene(result_of("tracker", bits=4)))
    assert "<dt>Position error" in shown and "</b> px</dd>" in shown
    assert 'px, worse</span></dd><dd class="detail">95 % CI 0.' in shown


def test_further_metrics_are_measured_besides():
    result = result_of("tracker", bits=4)
    assert result.compressed.others["jitter"] > result.baseline.others["jitter"] > 0
    assert result.to_json()["compressed"]["others"]["jitter"] == result.compressed.others["jitter"]


def test_frames_of_different_clips_are_not_compared():
    result, jitter = result_of("tracker", bits=4), METRICS["jitter"]
    model = result.model
    off = result.compressed.outputs + np.repeat(np.arange(6) % 2, model.row)[:, None]  # by a pixel in every other clip
    assert jitter.of(jitter.values(off, model.labels, model.row)) == pytest.approx(result.compressed.others["jitter"])
    with pytest.raises(ValueError, match="a clip needs two frames"):
        check(replace(model, row=1))


def test_words_are_written_letter_by_letter_by_the_file_itself():
    result = result_of("words", bits=4)
    old, new = result.probed
    assert old.shape == new.shape and (old != new).any()
    for words in (old, new):
        ended = np.maximum.accumulate(words == 0, axis=1)
        assert (words[ended] == 0).all() and words.max() < len(result.model.classes)
    again = result_of("words", bits=4, anew=True)
    np.testing.assert_array_equal(again.probed, result.probed)
    np.testing.assert_array_equal(result_of("words").probed[0], result_of("words").probed[1])


GROUPS = {
    "digits-mlp": ["class"], "spirals": ["class", "border"], "tracker": ["border", "speed"],
    "denoiser": ["region", "part"], "words": ["place", "letter"],
}  # fmt: skip


@pytest.mark.parametrize("model", GROUPS)
def test_each_task_names_groups_of_all_its_samples(model):
    loaded = load(model)
    groupings = TASKS[loaded.task].groupings(loaded)
    assert [each.id for each in groupings] == GROUPS[model]
    for each in groupings:
        assert each.members.shape == (len(each.names), len(loaded.labels))
        assert each.members.any(axis=1).any() and "{}" in each.said
        if each.id != "region":  # whose patches may be dark and busy at once, or neither
            assert (each.members.sum(axis=0) == 1).all()


def test_groups_are_what_they_are_called():
    denoiser, words, tracker = load("denoiser"), load("words"), load("tracker")
    dark, bright, flat, busy = TASKS["image"].groupings(denoiser)[0].members
    clean = denoiser.labels.reshape(len(denoiser.labels), -1)
    assert clean[dark].mean() < clean.mean() < clean[bright].mean() and clean[flat].std() < clean[busy].std()
    first = TASKS["sequence"].groupings(words)[0].members[0]
    assert (words.inputs[first, :, 0] == 1).all(), "nothing stands before a first letter"
    speed = TASKS["regression"].groupings(tracker)[1].members
    steps = np.hypot(*np.diff(tracker.labels.reshape(-1, tracker.row, 2), axis=1).transpose(2, 0, 1))
    fast = speed[3].reshape(-1, tracker.row)[:, 1:]
    assert steps[fast].min() >= np.quantile(steps, 0.7) > steps[~fast].min()


def test_what_is_gained_has_the_sign_of_what_is_better():
    old, new = np.array([[2.0, 0], [0, 0]]), np.array([[0.0, 0], [3, 0]])
    sure = TASKS["classification"].gained(old, new, np.array([0, 0]))
    assert sure == pytest.approx([0.5 - 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(-3)) - 0.5])
    assert np.isfinite(TASKS["classification"].gained(old, np.full((2, 2), np.nan), np.array([0, 1]))).all()
    nearer = TASKS["regression"].gained(np.array([[3.0, 4]]), np.array([[0.0, 1]]), np.zeros((1, 2)))
    assert nearer.tolist() == [4.0]
