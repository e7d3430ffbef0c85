from dataclasses import replace

import numpy as np
import pytest

from app.results.groups import Grouping, judged
from app.results.scene import Scene
from app.screen.views import predictions
from app.screen.views.changed import gallery, plane, sieve
from app.screen.views.grouped import matrix, reliability, scores
from app.state.state import State
from models.metrics import METRICS
from tests.made.real_results import result_of
from tests.made.results import result, scene


def test_broken_answers_come_first_then_fixed_then_still_wrong():
    shown = scene(broken=7, fixed=2, other=1)
    it = predictions.data(shown)
    assert it["kind"].tolist() == [0] * 7 + [1] * 2 + [2]
    assert (it["before"][:7] == it["label"][:7]).all() and (it["after"][7:9] == it["label"][7:9]).all()
    assert (it["before"] != it["after"]).all()
    assert sorted(it["indices"]) == shown.result.changed.indices.tolist()


@pytest.mark.parametrize(
    "counts, words",
    [
        ((0, 0, 0), "No answer changed: all 360 are as before."),
        ((1, 0, 0), "1 of 360 answers changed: 1 broken."),
        ((50, 1, 2), "53 of 360 answers changed: 50 broken, 1 fixed, 2 still wrong."),
    ],
)
def test_the_answer_in_words(counts, words):
    broken, fixed, other = counts
    said = predictions.text(scene(broken=broken, fixed=fixed, other=other))
    assert said.startswith(words)
    assert ("The first 40 are shown." in said) == (broken == 50)


def test_the_table_names_the_classes():
    rows = predictions.table(scene("spirals", broken=1, fixed=0, other=0)).rows
    ((sample, *words),) = rows
    assert words == ["arm A", "arm A", "arm B", "broken"] or words[0] == words[1] != words[2]
    assert sample == result("spirals", broken=1, fixed=0, other=0).changed.indices[0]


def test_the_gallery_shows_the_pictures_as_levels_of_ink():
    shown = scene(state=State("digits-mlp", sample=int(result().changed.broken[2])))
    it = predictions.data(shown)
    columns = gallery.data(shown, it)
    assert len({len(column) for column in columns.values()}) == 1
    index = it["indices"][0]
    assert columns["image"][0].shape == (8, 8)
    assert np.allclose(columns["image"][0].ravel() / 16, shown.result.model.inputs[index])
    assert columns["cross"].count("✕") == 7 and columns["check"].count("✓") == 1
    assert [bool(words) for words in columns["truth"]] == [False] * 8 + [True]
    assert columns["chosen"].tolist() == [0, 0, 1] + [0] * 6


def test_the_gallery_stops_at_forty():
    shown = scene("digits-cnn", broken=100)
    assert len(gallery.data(shown, predictions.data(shown))["sample"]) == gallery.SHOWN == 40


def test_a_tap_on_a_picture_chooses_its_sample():
    acts = []
    drawing = gallery.build(acts.append)
    shown = scene()
    it = predictions.data(shown)
    drawing.draw(shown, it)
    source = drawing.root.renderers[0].data_source
    source.selected.indices = [3]
    assert acts == [{"sample": int(it["indices"][3])}] and type(acts[0]["sample"]) is int


def test_a_tap_on_a_point_chooses_its_sample():
    acts = []
    drawing = plane.build(acts.append)
    shown = scene("spirals")
    drawing.draw(shown, predictions.data(shown))
    points = next(r.data_source for r in drawing.root.renderers if "tip" in r.data_source.data)
    points.selected.indices = [41]
    assert acts == [{"sample": 41}]


def test_only_the_picture_of_the_model_is_visible():
    drawing = predictions.VIEW.build(print)
    seen = []
    for model in ("spirals", "digits-mlp", "spirals"):
        drawing.draw(Scene(result(model)))
        seen.append([child.visible for child in drawing.root.children[-1].children])
    assert seen == [[True], [False, True], [True, False]]  # each is built when it is first needed


def by(way, model="digits-mlp", **options):
    return scene(model, state=State(model, by=way), **options)


def test_in_each_kind_what_moved_most_comes_first():
    it = predictions.data(Scene(result_of("digits-mlp", 2)))
    for kind in range(3):
        moved = np.abs(it["gained"][it["kind"] == kind])
        assert (np.diff(moved) <= 0).all()
    assert (np.diff(it["kind"]) >= 0).all()


def test_the_worst_class_is_named():
    shown = scene(broken=60)
    grouping = predictions.groupings(shown.result)[0]
    groups = judged(grouping, METRICS["accuracy"], shown.result.baseline.values, shown.result.compressed.values)
    i = groups.worst
    words = f"{i} suffers most: {groups.right_after[i]} of {groups.n[i]} instead of {groups.right_before[i]}."
    assert words in predictions.text(shown)
    assert predictions.text(by("class", broken=60)).startswith(words)
    assert "No group has lost anything." in predictions.text(by("class", broken=0, fixed=0, other=0))


def test_a_way_that_the_task_does_not_know_shows_samples():
    assert predictions.way(by("speed")) == "" and predictions.way(by("confusion")) == "confusion"
    assert list(predictions.ways(result_of("words", 3))) == ["", "place", "letter"]


def test_scores_stay_on_their_track_and_an_empty_group_is_said():
    shown = result()
    members = np.vstack([np.ones((1, 360), bool), np.zeros((1, 360), bool)])
    it = scores.data(shown, Grouping("class", "by class", ("all", "nobody"), members))
    columns = scores.columns(it, METRICS["accuracy"])
    low, high = scores.TRACK
    assert columns["new"][0] == pytest.approx(low + (high - low) * shown.compressed.score)
    assert columns["said"][1] == "no samples" and np.isnan(columns["new"][1])
    assert scores.table(shown, it["groups"].grouping).rows[1][:2] == ("nobody", 0)


def test_the_matrix_shows_what_became_more_frequent():
    shown = by("confusion", broken=60)
    it = matrix.data(shown.result)
    cells = matrix.cells(it, shown.result.model.classes)
    assert len(cells["x"]) == 100 and it["new"].sum() == 360
    more = it["new"] - it["old"]
    assert cells["more"][0] == matrix._signed(int(more[0, 0])) and cells["sign"].min() == -matrix.SIGNS
    assert predictions.table(shown).rows[0][4] == more[~np.eye(10, dtype=bool)].max()


def test_a_thousand_classes_show_those_that_changed():
    labels = np.arange(50)
    many = result()
    many = replace(
        many, model=replace(many.model, classes=tuple(map(str, labels)), labels=labels, inputs=many.model.inputs[:50]),
        baseline=replace(many.baseline, answers=labels), compressed=replace(many.compressed, answers=labels[::-1]),
    )  # fmt: skip
    assert len(matrix.data(many)["shown"]) == matrix.SHOWN
    assert "30 classes" in matrix.text(many)


def test_calibration_says_who_is_too_sure():
    shown = result()  # its outputs are one-hot, so each is e / (e + 9) sure
    old, new = reliability.data(shown).values()
    assert old.n.tolist() == new.n.tolist() == [360]
    assert new.accuracy[0] == pytest.approx(shown.compressed.score) and new.confidence[0] == pytest.approx(
        0.2319, abs=1e-4
    )
    assert reliability.text(shown).startswith("The compressed model is less sure than it is right, by 7")


def test_the_filter_keeps_kind_group_and_what_was_brushed():
    shown = Scene(result_of("digits-mlp", 2))
    it = predictions.data(shown)
    members = shown.result.model.labels == 3
    left = sieve.sifted(it, 0, members, (-1, -0.2), 1)
    assert 0 < len(left["indices"]) < len(it["indices"])
    assert (left["kind"] == 0).all() and members[left["indices"]].all() and left["gained"].max() <= -0.2
    assert all(len(left[name]) == len(left["indices"]) for name in sieve.COLUMNS)
    assert sieve.histogram(it["gained"], 1).sum() == len(it["indices"])
    assert len(sieve.sifted(it, None, np.zeros(360, bool), None, 1)["indices"]) == 0


def test_a_tap_on_a_group_shows_its_samples():
    acts = []
    drawing = predictions.VIEW.build(acts.append)
    drawing.draw(by("class", broken=60))
    plot = drawing.root.children[-1].children[0].children[1]
    plot.renderers[-1].data_source.selected.indices = [4]
    assert acts == [{"by": ""}]
    drawing.draw(scene(broken=60))
    shown = scene(broken=60)
    source = drawing.root.children[-1].children[1].renderers[0].data_source
    assert set(shown.result.model.labels[source.data["sample"]]) == {4}
    drawing.draw(scene("spirals"))  # another model shows everything again
    assert drawing.root.children[1].children[0].children[0].children[0].value == sieve.ANY


@pytest.mark.parametrize("model, bits", [("tracker", 3), ("denoiser", 3), ("words", 3), ("spirals", 2)])
def test_every_way_of_every_task_is_drawn(model, bits):
    drawing = predictions.VIEW.build(print)
    shown = result_of(model, bits)
    for way in predictions.ways(shown):
        seen = Scene(replace(shown, state=replace(shown.state, by=way)))
        drawing.draw(seen)
        assert predictions.text(seen).endswith((".", "”.")) and predictions.table(seen).rows


def test_without_labels_nothing_is_said_of_how_often_a_model_is_right():
    labelled = result()
    unlabelled = replace(labelled, model=replace(labelled.model, metric="agreement"))
    assert list(predictions.ways(unlabelled)) == ["", "class", "confusion"]
    assert predictions.way(Scene(replace(unlabelled, state=State("digits-mlp", by="calibration")))) == ""
