from dataclasses import replace

import numpy as np
import pytest

from app.results.scene import Scene
from app.screen.views import layers
from tests.made.results import result, scene


def changed(**fields):
    """A Scene whose second layer has these fields."""
    shown = result()
    first, second, third = shown.layers
    return Scene(replace(shown, layers=(first, replace(second, **fields), third)))


def test_one_entry_a_layer_in_order():
    it = layers.data(scene("digits-cnn"))
    assert it["name"] == ["conv1", "conv2", "fc1", "fc2"]
    assert it["before"].tolist() == [288, 4608, 102400, 4000]
    assert it["detail"][1] == "Conv 16×8×3×3 · 4.6 kB → 576 B · mask + palette 3 bit"


def test_the_worst_layer_has_the_least_sqnr():
    assert layers.data(changed(sqnr_db=9.0))["worst"] == 1
    assert layers.text(changed(sqnr_db=9.0)).endswith("fc2 suffers most: 9 dB, stored as mask + palette 3 bit.")


def test_where_nothing_can_be_heard_nothing_suffers():
    shown = result()
    loud = tuple(replace(layer, sqnr_db=135.0) for layer in shown.layers)
    assert "None suffers: fc1, which is changed most, has 135 dB." in layers.text(Scene(replace(shown, layers=loud)))


def test_an_unchanged_model_has_no_worst_layer():
    shown = result()
    same = Scene(replace(shown, layers=tuple(replace(layer, sqnr_db=None) for layer in shown.layers)))
    assert layers.data(same)["worst"] is None
    assert layers.text(same).endswith("No layer is changed.")
    columns = layers.columns(layers.data(same))
    assert columns["noise"] == ["exact"] * 3 and columns["track"] == pytest.approx(layers.TRACK[1])


def test_bars_are_on_one_scale_and_stay_in_their_column():
    start, end = layers.BYTES
    columns = layers.columns(layers.data(scene()))
    assert columns["before"].max() == pytest.approx(end)
    assert (columns["after"] - start) / (columns["before"] - start) == pytest.approx(np.full(3, 1 / 8))


@pytest.mark.parametrize("sqnr_db, share", [(-3.0, 0), (25.0, 0.5), (80.0, 1)])
def test_the_track_ends_at_0_and_50_db(sqnr_db, share):
    low, high = layers.TRACK
    track = layers.columns(layers.data(changed(sqnr_db=sqnr_db)))["track"]
    assert track[1] == pytest.approx(low + share * (high - low))


def test_a_layer_that_was_cut_down_shows_both_shapes():
    assert layers.data(changed(shape_after=(50, 150)))["detail"][1].startswith("Gemm 100×300 → 50×150 ·")


def test_the_table_has_the_note_in_full():
    note = "A long sentence about why this layer was left as it is. " * 4
    shown = changed(remarks=(note,), sqnr_db=None)
    row = layers.table(shown).rows[1]
    assert row[0] == "fc2" and row[7] == "no error" and row[-1] == note
    lines = layers.columns(layers.data(shown))["lines"][1].split("\n")
    assert len(lines) == 2 and lines[1].endswith("…") and max(map(len, lines)) <= 62
