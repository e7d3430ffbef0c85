import asyncio
from dataclasses import replace

import numpy as np
import pytest

from app.network.stored import StoredWeight
from app.pipeline.pipeline import Pipeline
from app.results.scene import Scene
from app.runtime.native import NativeRuntime
from app.screen.views import bytes as view
from app.screen.views import layers
from app.state.choices import Step
from app.state.state import State
from tests.made.results import result

OVERHEAD = {"functions": 640, "metadata": 330, "constants": 0, "rest": 124}


def shown(**fields):
    """A Scene whose second layer has these fields, with a rest of the file."""
    it = result()
    first, second, third = it.layers
    return Scene(replace(it, layers=(first, replace(second, **fields), third), overhead=OVERHEAD))


@pytest.fixture(scope="module")
def real():
    recipe = (Step.of("prune", sparsity=0.9), Step.of("palettize", bits=2))
    return Scene(asyncio.run(Pipeline(NativeRuntime()).result(State(recipe=recipe))))


def test_one_row_a_layer_and_one_for_the_rest_add_up():
    it = view.data(shown())
    assert it["name"] == ["fc1", "fc2", "fc3", "the rest"]
    rows = dict(zip(view.PARTS, it["bytes"][1].tolist(), strict=True))
    assert {part: size for part, size in rows.items() if size} == {"payload": 7500, "places": 3750, "graph": 3750}
    assert it["bytes"][-1].tolist() == [0] * 6 + [640, 330, 0, 124]
    assert it["before"].tolist()[:3] == [76800, 120000, 4000]
    assert it["entropy"][1] == 6000 and np.isnan(it["entropy"][-1])


def test_what_no_technique_compresses_is_named_with_its_share():
    """It once stood under "rest", without a word."""
    state = State("digits-vit", recipe=(Step.of("quantize", bits=2),))
    vit = Scene(asyncio.run(Pipeline(NativeRuntime()).result(state)))
    size, whole = vit.result.overhead["constants"], vit.result.compressed.size_bytes
    share = f"{size / 1000:.1f} kB, {100 * size / whole:.0f} % of the file."
    said = f"other numbers, read by Add and LayerNormalization: {share}"
    assert said in view.text(vit) and said in layers.text(vit) and size / whole > 0.1
    assert ("constants", "", size) in [row[:3] for row in view.table(vit).rows]


def test_every_byte_of_a_file_is_in_the_picture(real):
    it, file = view.data(real), real.result.onnx
    assert it["bytes"].sum() == len(file) == real.result.compressed.size_bytes
    assert it["before"].sum() == real.result.baseline.size_bytes
    assert f"{len(file):,} bytes, zipped {real.result.compressed.zipped_bytes:,}" in view.text(real)
    codes = it["bytes"][:-1, :2].sum(axis=1)
    assert (it["entropy"][:-1] < codes).all()


@pytest.mark.parametrize("after, scale", [(900, 10_000), (9_000, 10_000), (16_000, 20_000), (120_000, 200_000)])
def test_the_longest_bar_nearly_fills_a_round_scale(after, scale):
    it = view.data(shown(cost={"payload": after}))
    assert it["scale"] == scale


def test_the_parts_of_a_bar_stand_end_to_end_and_in_two_colours():
    rows, colour, grey = view.columns(view.data(shown()))
    start, end = view.BAR
    wide = (end - start) / 20_000
    second = [i for i, y in enumerate(colour["y"]) if y == 1.5]
    assert [colour["left"][i] for i in second] == pytest.approx([start, start + 7500 * wide])
    assert [colour["right"][i] for i in second] == pytest.approx([start + 7500 * wide, start + 11250 * wide])
    assert grey["left"][grey["y"].tolist().index(1.5)] == pytest.approx(colour["right"][second[-1]])
    assert grey["tip"][-1].startswith("the rest: 124 B · rest: ")
    assert len(set(view.LOOKS.values())) == 7, "three looks stand for two parts each, in different colours"
    assert rows["after"][1] == "15.0 kB" and rows["old"][1] == "of 120 kB"


def test_a_baseline_beyond_the_scale_is_cut_and_marked():
    rows, *_ = view.columns(view.data(shown()))
    assert rows["over"] == ["›", "›", "", ""]
    assert rows["before"][:2] == pytest.approx([view.BAR[1]] * 2) and rows["before"][2] < view.BAR[1]


def test_where_zeros_do_not_pay_it_is_said_why():
    note = "Its zeros are stored like any other weight: to say where they are would take more room."
    stored = StoredWeight("palette 3 bit", zeros_are_stored=True, note="Each 3-bit code takes 4 bits.")
    scene = shown(encodings=(stored,), cost={"payload": 7500})
    assert scene.result.layers[1].note == f"{note} Each 3-bit code takes 4 bits."
    assert view.data(scene)["why"] == ["", note, "", ""]
    assert view.text(scene).endswith(f"fc2: {note}")
    assert view.data(shown(remarks=("Kept in float.",)))["why"] == [""] * 4


def test_the_answer_in_words():
    assert view.text(shown()) == (
        "48 % payload, 24 % places, 24 % graph, 4 % rest add up to the file: 26,194 bytes, zipped 8,248. "
        "The codes take 18.8 kB; one by one, no entropy coder can store them in less than 10.0 kB."
    )


def test_the_table_has_every_number_and_its_sums(real):
    table = view.table(real)
    rows = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    layer = real.result.layers[0]
    assert rows["fc1"]["places"] == layer.cost["places"] and rows["fc1"]["stored as"] == layer.stored
    parts = [row["bytes after"] for name, row in rows.items() if not name.startswith("the file")]
    assert sum(parts) == rows["the file"]["bytes after"] == len(real.result.onnx)
    assert rows["the file, zipped"]["bytes after"] == real.result.compressed.zipped_bytes
    assert rows["the file"]["payload"] == sum(each.cost["payload"] for each in real.result.layers)


def test_the_legend_names_every_part():
    html = view.legend_html()
    assert all(f"</i>{part}</li>" in html for part in view.PARTS) and "entropy" in html and "baseline" in html
