"""Free axes: what each value is, beside another way to it; what is not known is not drawn."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from app.results.device import estimate
from app.results.facts import FACTS, facts_before, facts_of
from app.results.scene import Baseline, Other, Scene
from app.screen.views import axes, tradeoff
from app.state import link
from app.state.axes import ACROSS, UP
from app.state.devices import RATES, device_of
from app.state.state import State
from models.metrics import METRICS
from models.metrics.softmax import probabilities
from tests.made.real_results import PIPELINE, result_of
from tests.made.results import experiment, scene

PAIRS = [(x, y) for x in ACROSS for y in UP]


def shown(x, y, **fields):
    """A Scene of real files, one of them tried before, on these axes."""
    result = result_of("digits-cnn", 3)
    tried = [replace(experiment(each.state, each.compressed.score, each.compressed.size_bytes),
                     changed=each.changed.count, facts={**facts_of(each), "ms": 0.02})
             for each in (result_of("digits-cnn", 2), result)]  # fmt: skip
    return Scene(replace(result, state=replace(result.state, x=x, y=y, **fields)), tuple(tried))


def at(scene):
    return axes.look_of(scene.result.state, Baseline.of(scene.result.model, scene.result.baseline))


@pytest.mark.parametrize("x, y", PAIRS)
def test_any_pair_can_be_drawn_and_told(x, y):
    drawing = tradeoff.VIEW.build(print)
    it = shown(x, y)
    for each in (scene(tried=3), it, replace(it, history=()), scene("spirals")):
        drawing.draw(each)
    found, table = tradeoff.data(it), tradeoff.table(it)
    bottom, top = found["ends"]
    low, high = found["limits"]
    known = np.isfinite(found["sizes"])
    assert ((bottom <= found["heights"]) & (found["heights"] < top)).all()
    assert ((low < found["sizes"][known]) & (found["sizes"][known] < high)).all()
    assert known.all() and len(found["frontier"]) >= 1
    assert all(len(row) == len(table.columns) for row in table.rows) and tradeoff.text(it)
    assert found["budget"] == (None, None) and list(found["marks"]) == sorted(found["marks"])


def test_values_are_those_of_the_files():
    result, apart = result_of("digits-cnn", 2), 0.0
    found = facts_of(result)
    assert set(found) == {*FACTS} - {"ms"}
    assert found["macs"] == result.model.numbers.macs == found["float_macs"] and found["integer_macs"] == 0
    assert found["bits"] == pytest.approx(
        8 * sum(layer.bytes_after for layer in result.layers) / sum(layer.before.size for layer in result.layers)
    )
    p, q = (probabilities(each.outputs) for each in (result.baseline, result.compressed))
    for one, other in zip(p, q, strict=True):
        apart += sum(a * np.log2(a / b) for a, b in zip(one, other, strict=True) if a > 1e-30)
    assert found["divergence"] == pytest.approx(apart / len(p), rel=1e-6)
    lost = [each["baseline"] - each["score"] for each in result.to_json()["groups"]]
    assert found["worst"] > 0 and found["worst"] == pytest.approx(max(lost))
    before = facts_before(result)
    assert before["divergence"] == before["worst"] == 0 and before["bits"] > 32 > found["bits"]


def test_integers_are_counted_apart():
    state = link.decode("?model=digits-cnn&recipe=quantize,bits:8;activations,bits:8")[0]
    result = asyncio.run(PIPELINE.result(state))
    found, by = facts_of(result), {True: 0, False: 0}
    for layer in result.layers:
        by["activations" in layer.stored] += layer.macs
    assert (found["integer_macs"], found["float_macs"]) == (by[True], by[False]) and by[True] > 0


@pytest.mark.parametrize("device", ["phone", "microcontroller", "watch,cache:1"])
def test_energy_is_that_of_the_device_view(device):
    it = shown("energy", "score", device=device, rate="always")
    loads = {layer.name: layer.load for layer in it.result.layers}
    joules = estimate(loads, device_of(device), RATES["always"]).joules
    assert at(it).across.value(it.history[1]) == pytest.approx(1e6 * joules)


def test_what_is_not_known_is_not_drawn():
    it = shown("time", "worst")
    unknown = replace(it, history=(replace(it.history[0], facts={}), it.history[1]))
    found = tradeoff.data(unknown)
    assert np.isnan(found["sizes"][0]) and np.isnan(found["heights"][0]) and found["frontier"].tolist() == [1]
    assert found["compressed"] is None, "its time has not settled"
    assert "not known" in tradeoff.text(unknown)
    spoken = Other(Baseline("digits-mlp", "Digits", "accuracy", 360, 0.97, (0.9, 1.0), 200_000, 180_000))
    assert tradeoff.data(replace(it, rival=spoken))["rival"]["baseline"][0] != 0
    drawing = tradeoff.VIEW.build(print)
    drawing.draw(replace(unknown, rival=spoken))


def test_less_is_lost_the_higher_it_stands():
    for id in UP[1:]:
        up = axes.up(id, METRICS["accuracy"], 360)
        heights = up.height(np.array(up.marks))
        assert heights[0] == 0 and (np.diff(heights) > 0).all() and up.marks[-1] == 0
        assert up.height(np.array([-0.5])) == heights[-1]
    assert axes.up("changed", METRICS["accuracy"], 360).marks[0] == 300


def test_the_edge_has_a_knee_on_any_axes():
    it = shown("bits", "divergence")
    rows = [(1, 5.0), (2, 0.3), (4, 0.02), (8, 0.015), (16, 0.01)]
    tried = tuple(replace(it.history[0], state=replace(it.result.state, seed=i), facts={"bits": bits, "divergence": d})
                  for i, (bits, d) in enumerate(rows))  # fmt: skip
    found = tradeoff.data(replace(it, history=tried))
    assert found["frontier"].tolist() == [0, 1, 2, 3, 4] and found["knee"] == 2
    assert "The knee of the edge is" in tradeoff.text(replace(it, history=tried))


def test_a_menu_at_an_axis_is_in_the_link():
    acts = []
    drawing = tradeoff.VIEW.build(acts.append)
    drawing.draw(scene())
    up, across, *_ = drawing.root.children[1].children
    assert (up.value, across.value, acts) == ("score", "size", [])
    across.value = "macs"
    assert acts == [{"x": "macs"}]
    assert link.encode(State().merged({"x": "macs", "y": "worst"})).endswith("&x=macs&y=worst")
    drawing.draw(scene(state=State("digits-mlp", x="macs", y="worst")))
    assert (up.value, across.value, len(acts)) == ("worst", "macs", 1)
