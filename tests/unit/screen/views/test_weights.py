from dataclasses import replace

import numpy as np
import pytest
from bokeh.events import ButtonClick

from app.results.scene import Scene
from app.screen.views import weights
from app.state.state import State
from tests.made.results import result, scene


def with_weights(before, after, **fields):
    """A Scene of one layer with these weights."""
    shown = result()
    before, after = np.array(before, np.float32), np.array(after, np.float32)
    zeros = float(np.mean(after == 0))
    layer = replace(shown.layers[0], **{"shape": before.shape, "shape_after": after.shape, "before": before,
                    "after": after, "sparsity": zeros} | fields)  # fmt: skip
    return Scene(replace(shown, layers=(layer,)))


def test_few_values_are_stems_where_they_are():
    before = np.linspace(-1, 1, 400).reshape(20, 20)
    after = np.repeat([-0.5, 0.0, 0.75], [100, 200, 100]).reshape(20, 20)
    it = weights.data(with_weights(before, after))
    (values, heights), limit = it["after"][0], it["limit"]
    assert it["stems"] == [True] and limit == 1.0
    assert values == pytest.approx([-0.5, 0, 0.75], abs=limit / (weights.BINS * weights.FINE))
    assert heights.tolist() == [1, 2, 1]
    assert it["gone"] == ["50 % zeros"]


def test_many_values_are_bars_of_all_weights():
    values = np.random.default_rng(0).uniform(-2, 2, (40, 40))
    it = weights.data(with_weights(values, values))
    middles, heights = it["after"][0]
    assert it["stems"] == [False] and len(middles) == weights.BINS
    assert np.array_equal(heights, it["before"][0])
    assert middles[weights.BINS // 2] == pytest.approx(0, abs=1e-12)
    counts, _ = np.histogram(values, weights.BINS, (-it["limit"], it["limit"]))
    assert heights == pytest.approx(counts / np.delete(counts, weights.BINS // 2).max())


def test_many_zeros_do_not_flatten_the_rest():
    values = np.random.default_rng(0).uniform(-2, 2, (40, 40))
    values[np.abs(values) < 1.5] = 0
    it = weights.data(with_weights(values, values))
    _, bars, _, labels = weights.columns(it)
    assert it["after"][0][1].max() > 5  # in truth
    assert bars["top"].max() == pytest.approx(weights.HEIGHT)  # cut off
    assert labels["middle"][0].startswith("↑ 7") and labels["end"] == [""]


def test_removed_channels_are_not_called_zeros():
    shown = with_weights(np.ones((4, 4)), np.ones((2, 2)), sparsity=0.75)
    assert weights.data(shown)["gone"] == ["75 % removed"]


def test_nothing_is_said_where_nothing_is_zero():
    assert weights.data(with_weights(np.ones((4, 4)), np.ones((4, 4))))["gone"] == [""]


def test_all_zeros_and_weights_beyond_the_baseline_can_be_drawn():
    drawing = weights.VIEW.build(print)
    drawing.draw(with_weights(np.zeros((3, 3)), np.zeros((3, 3))))
    drawing.draw(with_weights(np.full((3, 3), 0.5), np.full((3, 3), 7.0)))
    assert drawing.root.children[2].x_range.end == pytest.approx(0.5 * 1.02)


def test_rows_stand_above_each_other_with_the_first_on_top():
    *_, stems, labels = weights.columns(weights.data(scene("digits-cnn")))
    assert labels["floor"].tolist() == [3, 2, 1, 0]
    assert set(np.floor(stems["top"])) == {0, 1, 2, 3}


def test_the_answer_in_words_and_as_a_table():
    shown = scene()
    assert weights.text(shown).startswith("fc1: 50 % zeros, 8 distinct values; fc2: ")
    rows = weights.table(shown).rows
    assert rows[1][:3] == ("fc1", "compressed", 300 * 64) and rows[1][-1] == 8


def test_words_of_many_layers_stand_at_the_ends_of_their_rows():
    it = weights.data(scene("digits-cnn"))
    few, n = len(it["name"]), weights.CROWDED
    many = {key: each * n if isinstance(each, list) else each for key, each in it.items()}
    assert few < n and weights.columns(it)[3]["end"] == [""] * few
    assert weights.columns(many)[3]["middle"] == [""] * few * n
    assert [words.removeprefix("↑ ") for words in weights.columns(many)[3]["end"]] == many["gone"]


def test_one_weight_is_followed_in_words_and_on_its_line():
    drawing = weights.VIEW.build(print)
    shown = scene(state=State("digits-mlp", weight="fc2:3"))
    drawing.draw(shown)
    _, row, plot = drawing.root.children
    layer = shown.result.layers[1]
    assert "fc2, neuron 1 from 4" in row.text
    assert "original <b>" in row.text and "all of fc2: " in row.text
    marks = next(each.data_source.data for each in plot.renderers if "after" in each.data_source.data)
    assert (marks["before"], marks["after"], marks["y"]) == ([layer.before[0, 3]], [layer.after[0, 3]], [1])


def test_a_tap_and_the_keys_follow_another_weight():
    acts = []
    drawing = weights.VIEW.build(acts.append)
    shown = scene(state=State("digits-mlp", weight="fc2:3"))
    drawing.draw(shown)
    tapped = next(each.data_source for each in drawing.root.children[2].renderers if "after" in each.data_source.data)
    layer = shown.result.layers[2]
    tapped.tags = [float(layer.before[4, 9]), 0.4, 1]
    assert acts.pop() == {"weight": "fc3:409"}
    tapped.tags = [0.0, -3.0, 2]
    assert acts == []
    smaller, larger, other = drawing.root.children[0].children
    for button, sign in ((smaller, -1), (larger, 1)):
        button._trigger_event(ButtonClick(button))
        name, place = acts.pop()["weight"].split(":")
        values = shown.result.layers[1].before.ravel()
        assert name == "fc2" and sign * (values[int(place)] - values[3]) > 0
    other._trigger_event(ButtonClick(other))
    assert acts.pop()["weight"].startswith("fc3:")
