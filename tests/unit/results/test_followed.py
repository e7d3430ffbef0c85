"""One weight followed through real files: what is said of it is in the file, and decodes to what it says."""

import asyncio
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from app.results.followed import beside, chosen, follow, nearest, stored
from app.results.result import Result
from app.state import link
from kernels.weight import Affine, Palette, Weight
from tests.made.real_results import PIPELINE


def followed(query: str) -> Result:
    state, notes = link.decode(query)
    assert not notes
    return asyncio.run(PIPELINE.result(state))


def test_a_quantized_weight_by_hand():
    result = followed("?recipe=quantize,bits:4,granularity:per_tensor&weight=fc3:7")
    it, layer = follow(result), result.layers[2]
    scale = np.abs(layer.before).max() / 7
    real = float(layer.before[0, 7] / scale)
    code = round(real)
    assert (it.layer.name, it.at) == ("fc3", (0, 7)) and it.stored.codes == (-7, 7)
    assert it.stored.scale == pytest.approx(scale) and it.stored.code == code
    assert it.after == pytest.approx(code * scale) == layer.after[0, 7]
    assert [word for word, _ in it.steps[2:]] == ["rounded", "clipped to −7 and 7", "code", "decoded", "error"]
    assert it.stored.points == pytest.approx(scale * np.arange(-7, 8)) and it.aside == ""


def test_codes_scales_and_tables_are_those_of_the_file():
    result = followed("?recipe=quantize,bits:8,granularity:per_tensor")
    tensors = {each.name: numpy_helper.to_array(each) for each in onnx.load_from_string(result.onnx).graph.initializer}
    codes, layer = np.zeros((10, 100), int), result.layers[2]
    codes[layer.after != 0] = tensors["2.q"]  # a mask says where they stand
    largest = f"fc3:{np.abs(layer.before).argmax()}"
    it = follow(replace(result, state=replace(result.state, weight=largest)))
    assert it.stored.code == codes[it.at] != 0 and tensors["2.s"] == np.float32(it.stored.scale)
    palette = follow(followed("?recipe=palettize,bits:2&weight=fc1:99"))
    assert palette.after == pytest.approx(palette.stored.points[palette.stored.code])
    assert palette.steps[1] == ("entry", f"{palette.stored.code + 1} of 4")


@pytest.mark.parametrize(
    "recipe",
    ["prune,sparsity:0.7;quantize,bits:3", "quantize,bits:4,scheme:asymmetric", "quantize,dtype:fp8", "none",
     "quantize,bits:4,granularity:per_block,block_size:16", "palettize,bits:3,cluster_dim:2", "factorize,keep:0.4",
     "palettize,bits:3,granularity:per_grouped_channel,group_size:20", "palettize,bits:2,per_channel_scale:yes",
     "structured,sparsity:0.5;palettize,bits:3", "quantize,scheme:asymmetric,range:hqq", "quantize,dtype:fp16"],
)  # fmt: skip
def test_what_a_weight_is_decoded_to_is_the_weight_of_the_result(recipe):
    state, notes = link.decode(f"?recipe={recipe}")
    result = asyncio.run(PIPELINE.result(state))
    weight, layer = result.weights["fc2"], result.layers[1]
    rows = np.arange(len(layer.before)) if weight.kept_out is None else weight.kept_out
    columns = np.arange(layer.before.shape[1]) if weight.kept_in is None else weight.kept_in
    full = np.zeros(layer.before.shape, np.float32)
    full[np.ix_(rows, columns)] = layer.after
    for place in range(0, layer.before.size, 1999):
        it = follow(replace(result, state=replace(state, weight=f"fc2:{place}")))
        assert it.after == full[it.at] and it.before == layer.before[it.at]
        if it.stored.fate:
            assert it.after == 0 and it.steps[-1] == (it.stored.fate, "0")
        elif len(it.stored.points):
            low = it.stored.codes[0] if it.stored.codes else 0
            assert it.stored.points[it.stored.code - low] == pytest.approx(it.after, rel=1e-5, abs=1e-7)


def test_a_code_that_is_not_the_nearest_is_said():
    one = np.ones((1, 1), np.float32)
    form = Affine(np.int16([[3, 0]]), one, np.int16(0 * one), 3, True, (1, 2))
    result = followed("?recipe=none")
    layer = replace(result.layers[0], before=np.float32([[1.2, 0.1]]), after=np.float32([[3, 0]]))
    moved = replace(result, layers=(layer,), weights={layer.name: Weight(layer.name, layer.after, form)})
    first, second = (follow(replace(moved, state=replace(moved.state, weight=f"fc1:{i}"))) for i in (0, 1))
    assert "another code" in first.aside and second.aside == ""
    palette = Palette(np.uint8([[1, 0]]), np.float32([[0, 3]]), 1, 1)
    moved = replace(moved, weights={layer.name: Weight(layer.name, layer.after, palette)})
    assert "Another entry" in follow(replace(moved, state=replace(moved.state, weight="fc1:0"))).aside


def test_a_weight_that_is_not_there_is_another_one():
    result = followed("?recipe=none")
    for name in ("", "fc1:99999999", "gone:3"):
        layer, place = chosen(replace(result, state=replace(result.state, weight=name)))
        sizes = np.abs(layer.before.ravel()[:100])
        assert layer.name == "fc1" and np.mean(sizes < sizes[place]) == pytest.approx(0.74)
    assert chosen(replace(result, state=replace(result.state, layer="fc3")))[0].name == "fc3"
    told = follow(replace(result, weights={}))
    assert told.stored is None and len(told.steps) == 1


def test_keys_go_on_to_larger_and_smaller_weights_and_stop_at_the_ends():
    layer = replace(followed("?recipe=none").layers[0], before=np.float32([[0.5, -1, 0.1, 0.11]]))
    assert nearest(layer, 0.3) in (0, 3)
    assert [beside(layer, 2, by) for by in (0.01, 0.001, -0.001, 5)] == [3, 3, 1, 0]
    assert beside(layer, 0, 1) == 0 and beside(layer, 1, -1) == 1


def test_where_a_removed_channel_was_nothing_is_stored():
    weight = Weight("fc", np.float32([[5, 6]]), kept_out=np.array([1]), mask=np.array([[True, False]]))
    assert stored(weight, (0, 1)).fate == "removed" and stored(weight, (1, 1)).fate == "pruned"
    assert stored(weight, (1, 0)).fate == ""
