"""The picture of a network: what is drawn is what is in the Result, and stands where it can be seen."""

from dataclasses import replace

import numpy as np
import pytest

from app.network.vertex import Vertex
from app.results.scene import Scene
from app.screen.views import network
from app.screen.views.networked import neurons, pointed
from app.screen.views.networked.cards import name_in
from app.screen.views.networked.depth import beyond
from app.screen.views.networked.layout import boxes, depths
from app.screen.views.networked.parts import EXACT, fall, parts
from app.screen.views.networked.pictures import places, places_said, places_within, shades
from app.screen.views.networked.sheet import GAP, ZERO
from kernels.weight import Affine, Palette
from tests.made.results import result, scene

SIZES = [(640, 430), (1000, 600), (360, 330)]


def drawn(shown, width=640, height=430):
    it = network.data(shown)
    return network.sheet_of(shown, it, width, height), {part.name: part for part in it["parts"]}


def test_a_line_for_each_weight_that_is_not_zero():
    shown = scene("spirals")
    sheet, _ = drawn(shown)
    lines = sheet.columns()["lines"]
    for strands, layer in zip(sheet.strands, shown.result.layers, strict=True):
        assert strands.layer == layer.name
        assert sorted(strands.place) == np.flatnonzero(layer.after).tolist()
    signs = np.concatenate([layer.after.ravel()[s.place] > 0 for s, layer in
                            zip(sheet.strands, shown.result.layers, strict=True)])  # fmt: skip
    assert lines["color"].astype(bool).tolist() == signs.tolist()
    for strands, layer in zip(sheet.strands, shown.result.layers, strict=True):  # the larger the thicker
        assert (np.diff(np.abs(layer.after.ravel()[strands.place])) >= 0).all()
    assert (np.diff(lines["width"][: len(sheet.strands[0].place)]) >= 0).all()


@pytest.mark.parametrize("model", ["digits-mlp", "digits-cnn"])
def test_pictures_show_the_weights_of_the_result(model):
    shown = scene(model)
    sheet, _ = drawn(shown, 1400, 900)
    images = sheet.columns()["images"]["image"]
    for layer in shown.result.layers:
        spot = next(each for each in sheet.spots if each.layer == layer.name and each.kind == "weights")
        image = next(each for each in images if each.shape == spot.places.shape)
        there = spot.places >= 0
        values = layer.after.ravel()[spot.places[there]]
        assert ((image[there] == ZERO) == (values == 0)).all()
        assert (image[there][values > 0] > ZERO).all() and (image[there][values < 0] < ZERO).all()


def test_few_values_have_few_shades():
    values = np.array([-0.5, 0, 0.25, 1.0])[np.random.default_rng(0).integers(0, 4, (30, 40))]
    assert set(np.unique(shades(values, 1.0))) == {ZERO - 4, ZERO, ZERO + 2, ZERO + 8}


def test_no_number_is_drawn_twice_and_none_is_lost():
    for shape, tile in (((7, 5), ()), ((12, 64), (8, 8)), ((5, 3, 3, 3), ()), ((16, 1, 5, 5), ()), ((6, 4, 1, 1), ())):
        for gap in (0, 1):
            there = places(shape, tile, 1.3, gap)
            assert sorted(there[there >= 0]) == list(range(int(np.prod(shape))))
    for shape in ((10,), (16, 32), (8, 4, 4)):
        there = places_said(shape, 1.0)
        assert sorted(there[there >= 0]) == list(range(int(np.prod(shape))))


def test_what_is_smaller_than_pixels_is_thinned_out_evenly():
    there = places_within((64, 64, 3, 3), (), 60, 60)
    assert len(there) < 100 and len(set(there.ravel())) == there.size and (there >= 0).all()


def test_what_was_removed_is_a_gap():
    shown = result("digits-mlp")
    layer, weights = shown.layers[1], shown.weights
    kept = np.arange(0, 100, 2)
    weight = replace(weights["fc2"], values=layer.after[kept], mask=None, kept_out=kept)
    weights = {**weights, "fc2": weight}
    layers = (shown.layers[0], replace(layer, after=layer.after[kept], shape_after=(50, 300)), shown.layers[2])
    sheet, found = drawn(Scene(replace(shown, weights=weights, layers=layers)), 1400, 900)
    part = found["fc2"]
    assert not part.here[1].any() and part.here[::2].all() and not part.after[1].any()
    spot = next(each for each in sheet.spots if each.layer == "fc2" and each.kind == "weights")
    image = next(each for each in sheet.columns()["images"]["image"] if each.shape == spot.places.shape)
    assert (image[spot.places // 300 % 2 == 1] == GAP).all()
    assert "removed with its channel" in pointed.weight_told(part, 300)
    assert "50 neurons or channels" in network.text(Scene(replace(shown, weights=weights, layers=layers)))


def test_a_neuron_that_was_removed_is_not_drawn():
    shown = result("spirals")
    kept = np.array([0, 3, 31])
    weight = replace(shown.weights["fc1"], values=shown.layers[0].after[kept], mask=None, kept_out=kept)
    layers = (replace(shown.layers[0], after=shown.layers[0].after[kept]), *shown.layers[1:])
    sheet, _ = drawn(Scene(replace(shown, weights={**shown.weights, "fc1": weight}, layers=layers)))
    assert [int(s.places[0, 0]) for s in sheet.spots if s.layer == "fc1"] == kept.tolist()


def test_the_first_layer_behind_which_error_grows_by_more_than_a_bit():
    shown = result("digits-cnn")  # 22, 18, 11, 10 dB
    part, before = fall(shown.flow.wiring, parts(shown))
    assert (part.name, before) == ("fc1", 18.0)
    assert "in fc1: from 18.0 dB to 11.0 dB" in network.text(Scene(shown))
    calm = {name: replace(said, sqnr_db=20.0) for name, said in shown.flow.said.items()}
    assert fall(shown.flow.wiring, parts(replace(shown, flow=replace(shown.flow, said=calm)))) is None
    exact = replace(shown, flow=replace(shown.flow, said=calm | {"conv1": replace(calm["conv1"], sqnr_db=None)}))
    part, before = fall(exact.flow.wiring, parts(exact))
    assert (part.name, before) == ("conv2", EXACT)


def test_nothing_is_said_of_errors_that_are_not_known():
    shown = result("digits-mlp")
    waiting = Scene(replace(shown, flow=replace(shown.flow, said=None)))
    assert "dB" not in network.text(waiting)
    assert all(row[3] == "unknown" for row in network.table(waiting).rows)
    sheet, _ = drawn(waiting)
    assert {spot.kind for spot in sheet.spots} == {"weights"}
    assert network.data(Scene(replace(shown, flow=None)))["parts"] == []


@pytest.mark.parametrize("model", ["digits-mlp", "digits-cnn", "spirals"])
@pytest.mark.parametrize("size", SIZES)
def test_all_is_inside_and_no_picture_covers_another(model, size):
    sheet, _ = drawn(scene(model), *size)
    pictures = [(s.x, s.y, s.x + s.width, s.y + s.height) for s in sheet.spots if s.kind != "neurons"]
    for left, top, right, bottom in pictures:
        assert left >= 0 and top >= 0 and right <= size[0] + 0.5 and bottom <= size[1]
    for i, (left, top, right, bottom) in enumerate(pictures):
        for other in pictures[i + 1 :]:
            assert right <= other[0] + 0.01 or other[2] <= left + 0.01 or bottom <= other[1] or other[3] <= top
    words = sheet.columns()["words"]
    assert (words["x"] >= -1).all() and (words["x"] <= size[0]).all() and (words["y"] <= size[1]).all()


def test_branches_stand_above_each_other_and_deep_networks_wrap():
    chain = [Vertex("x", "input"), *(Vertex(f"t{i}", "Conv", f"layer{i}", (i,)) for i in range(14))]
    fork = [Vertex("x", "input"), Vertex("a", "Conv", "a", (0,)), Vertex("b", "Conv", "b", (0,)),
            Vertex("c", "Add", "", (1, 2)), Vertex("y", "output", "", (3,))]  # fmt: skip
    assert depths(fork) == [0, 1, 1, 1, 1]
    at, _ = boxes(fork, {}, 600, 300, 0)
    assert at[1].x == at[2].x and at[1].y + at[1].height <= at[2].y and at[3].x > at[1].x + at[1].width
    at, end = boxes(chain, {}, 640, 320, 100)
    assert [box.row for box in at] == [0] * 8 + [1] * 7 and end.row == 1
    assert at[8].x == at[0].x and at[8].y > at[0].y
    assert len({box.row for box in boxes(chain, {}, 1600, 320, 100)[0]}) == 1


def test_the_pointer_finds_a_weight_of_a_line():
    shown = scene("spirals")
    sheet, found = drawn(shown)
    strands = sheet.strands[1]
    x0, y0, x1, y1, c0, c1 = strands.ends[:, -1]  # the thickest
    words = pointed.told(sheet, found, (x0 + 3 * c0 + 3 * c1 + x1) / 8, (y0 + y1) / 2)
    layer = shown.result.layers[1]
    row, column = divmod(int(strands.place[-1]), 32)
    assert words.startswith(f"fc2: neuron {row + 1} from {column + 1}\n")
    assert f"{layer.before[row, column]:.4g} → {layer.after[row, column]:.4g}" in words
    assert pointed.layer_at(sheet, sheet.spots[-1].x + 1, sheet.spots[-1].y + 1) == "fc3"
    assert pointed.told(sheet, found, 1, 1) == pointed.layer_at(sheet, 1, 1) == ""


def test_the_lens_shows_what_a_neuron_sees_in_both_networks():
    sheet, found = drawn(scene("spirals"))
    spot = next(each for each in sheet.spots if each.kind == "neurons")
    assert len(pointed.seen(sheet, found, spot.x + 2, spot.y + 2)) == 3
    assert pointed.seen(sheet, found, 1, 1) == []


def test_how_a_weight_is_stored_is_said():
    part = drawn(scene("digits-mlp"))[1]["fc3"]
    values = np.float32([[0.5, 0.0], [1.0, -0.5]])
    mask = values != 0
    base = replace(part.weight, values=values, mask=mask)
    indices, lut = np.uint8([[1, 0], [2, 0]]), np.float32([[-0.5, 0.5, 1.0]])
    palette = replace(base, form=Palette(indices, lut, 2, 2))
    assert pointed.stored_told(palette, (0, 0)) == "entry 2 of 3 in the palette"
    assert pointed.stored_told(palette, (0, 1)) == "pruned"
    one = np.ones((1, 1), np.float32)
    affine = Affine(np.int16([[1, 0], [2, -1]]), 0.5 * one, np.int16(0 * one), 3, True, (2, 2))
    assert pointed.stored_told(replace(base, form=affine), (1, 1)) == "code -1, scale 0.5"
    assert pointed.stored_told(base, (1, 0)) == "float32"
    assert pointed.stored_told(replace(base, kept_out=np.array([0])), (1, 0)) == "removed with its channel"


def test_a_click_on_a_layer_chooses_it_and_another_none():
    asked = []
    drawing = network.build(asked.append)
    shown = scene("digits-mlp")
    drawing.draw(shown)
    sheet, _ = drawn(shown)
    spot = next(each for each in sheet.spots if each.layer == "fc2")
    note = next(each for each in drawing.root.select({}) if "side" in getattr(each, "column_names", []))
    note.tags = [spot.x + 0.1, spot.y + 0.1, 1]
    assert asked == [{"layer": "fc2"}] and note.data["text"][0].startswith("fc2: neuron 1 from 1")
    drawing.draw(Scene(replace(shown.result, state=replace(shown.result.state, layer="fc2"))))
    note.tags = [spot.x + 2, spot.y + 2, 2]
    assert asked[1] == {"layer": ""}
    note.tags = []
    assert note.data["text"] == []


def test_small_things():
    assert beyond((0, 1), (0, 1.1)) and beyond((0, 1), (-0.1, 1)) and not beyond((0, 1), (0.2, 1.001))
    assert name_in("block1.attention.proj", 95) == "attention.proj" and name_in("block1.conv1", 40) == "conv1"
    assert neurons.fits(network.data(scene("spirals"))["wiring"], parts(result("spirals")))
    assert not neurons.fits(network.data(scene("digits-mlp"))["wiring"], parts(result("digits-mlp")))
