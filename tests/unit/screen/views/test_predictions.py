import numpy as np
import pytest

from app.results.scene import Scene
from app.screen.views import predictions
from app.screen.views.changed import gallery, plane
from app.state.state import State
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
