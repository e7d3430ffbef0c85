"""The picture of what changed, for samples that are no classes: a path, a photograph, words."""

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import ColumnDataSource

from app.results.scene import Scene
from app.screen.views import predictions, tradeoff
from app.screen.views.changed import clip, mosaic, writing
from tests.made.real_results import result_of

MODELS = ("tracker", "denoiser", "words")


def drawn(module, act, scene):
    drawing = module.build(act)
    Document().add_root(drawing.root)
    drawing.draw(scene, predictions.data(scene))
    return drawing


def source_with(drawing, column):
    return next(s for s in drawing.root.select({"type": ColumnDataSource}) if column in s.data)


def test_a_path_holds_the_frames_of_one_clip():
    scene = Scene(result_of("tracker", 4, sample=70))
    it = clip.data(scene, predictions.data(scene))
    model, new = scene.result.model, scene.result.compressed
    assert it["sample"].tolist() == list(range(60, 120)) and it["chosen"] == 10
    assert it["new error"] == pytest.approx(np.hypot(*(new.answers - model.labels)[60:120].T))
    assert set(60 + it["broken"]) == {k for k in scene.result.changed.broken.tolist() if 60 <= k < 120}
    steps = np.diff(it["truth"], axis=0) * it["side"]
    np.testing.assert_allclose(steps, np.diff(model.labels[60:120], axis=0), atol=1e-4)
    assert 0 < it["truth"].min() and it["truth"].max() < 1


def test_a_photograph_is_put_together_from_its_patches():
    scene = Scene(result_of("denoiser", 5, sample=24 * 3 + 15))
    it = mosaic.data(scene, predictions.data(scene))
    model, new = scene.result.model, scene.result.compressed
    assert it["new"].shape == (192, 192) and it["samples"][3, 3] == it["chosen"]
    np.testing.assert_allclose(
        it["new"][48:64, 48:64] / 255, new.answers[it["chosen"], 0].clip(0, 1), atol=0.5 / 255 + 1e-6
    )
    assert set(it["worse"]) == set(scene.result.changed.broken) & set(it["samples"].ravel())
    assert mosaic.data(Scene(result_of("denoiser", 5)), predictions.data(scene))["samples"][0, 0] == 0
    assert len(model.labels) == 2 * it["samples"].size


def test_letters_that_differ_are_underlined():
    scene = Scene(result_of("words", 4))
    it = writing.data(scene)
    assert len(it["old"]) == len(it["new"]) == len(scene.result.probed[0]) and "·" not in "".join(it["old"])
    for old, new, line in zip(it["old"], it["new"], it["underlines"], strict=True):
        assert [line[k : k + 1] == "_" for k in range(len(new))] == [old[k : k + 1] != new[k] for k in range(len(new))]
    same = writing.data(Scene(result_of("words")))
    assert same["old"] == same["new"] and set(same["underlines"]) == {""}
    assert source_with(drawn(writing, print, scene), "old").data["new"] == it["new"]


@pytest.mark.parametrize("id", MODELS)
def test_the_answer_in_words_and_as_a_table(id):
    scene = Scene(result_of(id, 4))
    changed, rows = scene.result.changed, predictions.table(scene).rows
    assert len(rows) == changed.count and predictions.text(scene).startswith(f"{changed.count} of ")
    assert predictions.text(Scene(result_of(id))).startswith("No answer ")
    assert tradeoff.text(scene) and tradeoff.data(scene)["new heights"][0] < tradeoff.data(scene)["old height"]


@pytest.mark.parametrize(
    "module, id, column, name", [(clip, "tracker", "ne", "sample"), (mosaic, "denoiser", "worse", "number")]
)
def test_a_tap_chooses_a_sample(module, id, column, name):
    acts = []
    scene = Scene(result_of(id, 4, sample=70))
    source = source_with(drawn(module, acts.append, scene), column)
    source.selected.indices = [5]
    assert acts == [{"sample": int(source.data[name][5]) - (name == "number")}]
