"""The curve in the trade-off view: its named points, its words, its table, and that its points can be taken."""

from dataclasses import replace

import numpy as np
import pytest

from app.results.curve import Curve, Point
from app.screen.views import curve as curves
from app.screen.views import tradeoff
from app.state.choices import Budget, Step
from app.state.compression import Compression
from app.state.slider import Slider
from app.state.state import State
from tests.made.results import scene

SLIDER = Slider("prune", "sparsity")
STATE = State("digits-mlp", (Step.of("prune", sparsity=0.85),))
# of digits-mlp, measured: sparsity -> bytes, accuracy
PRUNED = {
    0.0: (203100, 0.975), 0.14: (181900, 0.975), 0.28: (153800, 0.975), 0.42: (125600, 0.975), 0.57: (95500, 0.975),
    0.71: (67400, 0.975), 0.78: (53400, 0.972), 0.85: (39200, 0.964), 0.92: (23200, 0.594), 0.99: (6200, 0.1),
}  # fmt: skip


def curve(measured=PRUNED, slider=SLIDER, done=True, state=STATE):
    points = tuple(Point(value, score, size, 1) for value, (size, score) in measured.items())
    return Curve(slider, Compression.of(state), points, done)


NO_LIMITS = Budget()


def shown(budget=NO_LIMITS, traced=None, **more):
    seen = scene(state=replace(STATE, budget=budget), **more)
    return replace(seen, curve=traced or curve())


def marks(budget=NO_LIMITS, traced=None):
    return [words for _, words in tradeoff.data(shown(budget, traced))["curve"]["marks"].values()]


def test_the_knee_is_where_smaller_begins_to_cost():
    sizes = np.geomspace(1, 256, 9)
    bent = np.array([0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1])
    assert curves.knee(sizes, bent) == 4
    assert curves.knee(sizes[::-1], bent[::-1]) == 4 and curves.knee(7 * sizes, 3 * bent - 5) == 4
    order = np.array([3, 7, 1, 0, 8, 4, 2, 6, 5])
    assert order[curves.knee(sizes[order], bent[order])] == 4


@pytest.mark.parametrize("heights", [np.arange(9.0), np.ones(9), np.arange(9.0) ** 3])
def test_a_line_has_no_knee_nor_has_what_sags(heights):
    assert curves.knee(np.geomspace(1, 256, 9), heights) is None


def test_sizes_that_are_all_the_same_and_few_points_have_no_knee():
    assert curves.knee(np.full(9, 7.0), np.arange(9.0)) is None
    assert curves.knee(np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 1.0])) is None


def test_the_points_that_cross_the_budget_have_a_name():
    assert marks() == ["knee at 85 %"]
    assert marks(Budget(70_000, 0.96)) == ["knee, good enough at 85 %", "fits at 71 %"]
    assert marks(Budget(54_000, 0.97)) == ["knee at 85 %", "fits, good enough at 78 %"]
    assert marks(Budget(1000, 0.99)) == ["knee at 85 %"], "out of reach"
    assert marks(Budget(10**6, 0.05)) == ["knee at 85 %"], "never crossed"
    assert marks(Budget(70_000), curve(done=False)) == [], "while it comes nobody knows"


def test_the_cliff_is_said_in_numbers_that_were_measured():
    words = tradeoff.text(shown())
    assert "Beyond 85 % sparsity, accuracy falls off a cliff: from 96.4 % to 59.4 % at 92 %." in words
    bits = {8: (54400, 0.992), 4: (29300, 0.992), 3: (23600, 0.978), 2: (17300, 0.403), 1: (11500, 0.097)}
    quantized = State("digits-mlp", (Step.of("quantize", bits=8),))
    traced = curve(dict(sorted(bits.items())), Slider("quantize", "bits"), state=quantized)
    assert "Below 3 bit, accuracy falls off a cliff: from 97.8 % to 40.3 % at 2 bit." in tradeoff.text(
        shown(traced=traced)
    )
    layer = curve(slider=replace(SLIDER, layer="fc1"))
    assert "Beyond 85 % sparsity in fc1, accuracy" in tradeoff.text(shown(traced=layer))


@pytest.mark.parametrize(
    "scores",
    [
        np.linspace(0.975, 0.1, 10),  # a slope
        np.linspace(0.975, 0.96, 10),  # chance
        np.full(10, 0.975),
        [0.975, *np.full(9, 0.1)],  # from the first step on
    ],
)
def test_no_cliff_is_said_where_there_is_none(scores):
    measured = {value: (size, float(score)) for (value, (size, _)), score in zip(PRUNED.items(), scores, strict=True)}
    assert "cliff" not in tradeoff.text(shown(traced=curve(measured)))


def test_nothing_is_said_of_a_curve_that_still_comes_or_has_gaps():
    assert "cliff" not in tradeoff.text(shown(traced=curve(done=False)))
    gaps = {value: PRUNED[value] for value in (0.0, 0.28, 0.42, 0.71, 0.99)}
    assert "cliff" not in tradeoff.text(shown(traced=curve(gaps)))


def test_the_table_lists_its_points():
    rows = tradeoff.table(shown()).rows
    assert ("curve of Prune 85 %", 39200, 0.964) in [row[:3] for row in rows]
    assert len([row for row in rows if str(row[0]).startswith("curve")]) == len(PRUNED)


def test_all_of_it_is_inside_the_plot():
    it = tradeoff.data(shown())
    (low, high), (bottom, top) = it["limits"], it["ends"]
    assert low < min(it["curve"]["sizes"]) and max(it["curve"]["sizes"]) < high
    assert bottom < min(it["curve"]["heights"]) and max(it["curve"]["heights"]) < top


def test_a_point_can_be_taken_and_view_and_budget_stay():
    acts = []
    drawing = tradeoff.VIEW.build(acts.append)
    drawing.draw(shown())
    points = next(
        r.data_source
        for r in drawing.root.children[0].renderers
        if "Prune 92 %" in str(r.data_source.data.get("label"))
    )
    even = [value for value in PRUNED if value in SLIDER.even()]
    points.selected.indices = [even.index(0.92)]
    assert acts == [Compression.of(SLIDER.at(STATE, 0.92)).to_json()] and points.selected.indices == []
    assert points.data["label"][even.index(0.92)] == "Prune 92 %: 23.2 kB, 59.4 %"


def test_a_drag_sends_its_line_alone():
    drawing = tradeoff.VIEW.build(lambda change: None)
    drawing.draw(shown())
    sources = {id(r.data_source): r.data_source for r in drawing.root.children[0].renderers}.values()
    before = [source.data for source in sources]
    moved = curve(dict(sorted({**PRUNED, 0.88: (30_000, 0.9)}.items())))
    drawing.draw(shown(traced=moved))
    changed = [source for source, data in zip(sources, before, strict=True) if source.data is not data]
    line = next(source for source in sources if len(source.data["x"]) == len(PRUNED) + 1)
    assert changed == [line] and set(line.data) == {"x", "y"}


def test_a_model_on_its_way_and_an_empty_recipe_have_none():
    drawing = tradeoff.VIEW.build(lambda change: None)
    seen = shown()
    drawing.draw(seen)
    drawing.draw(replace(seen, curve=None))
    assert not any("Prune 92 %" in str(r.data_source.data.get("label")) for r in drawing.root.children[0].renderers)
    assert tradeoff.data(replace(seen, curve=None))["curve"] is None and "cliff" not in tradeoff.text(
        replace(seen, curve=None)
    )
