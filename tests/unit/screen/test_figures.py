"""The four figures say what the Result says."""

import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from app.network.stored import StoredWeight
from app.results import slower
from app.results.result import Route
from app.results.scene import Scene
from app.results.times import Ratio, Times
from app.screen.figures import figures_html
from app.site.prerender import untimed
from app.state.choices import Budget
from app.state.state import State
from tests.made.results import result, scene

WHY = f"why Slower, why? {slower.ALIKE}"


def said(shown):
    """The text of each figure."""
    figures = re.findall(r"<div>(.*?)</div>", figures_html(shown))
    return [unescape(" ".join(re.sub(r"<[^>]*>", " ", figure).split())) for figure in figures]


def spans(shown, kind):
    """(left, width) in percent of each bar of a kind."""
    found = re.findall(rf'<i class="{kind}" style="left:([\d.]+)%;width:([\d.]+)%"', figures_html(shown))
    return [(float(left), float(width)) for left, width in found]


def with_(measured, **changes):
    made = result()
    return Scene(replace(made, **{measured: replace(getattr(made, measured), **changes)}))


def test_each_figure_with_its_difference_from_the_baseline():
    score, size, changed, time = said(scene(broken=7, fixed=1, other=1))
    assert score.startswith("Accuracy 95.8 % −1.7 points 95 % CI 93.")
    assert size == "Size 16.5 kB ÷ 12.3 from 203 kB 8.2 kB zipped"
    assert changed == "Changed answers 9 of 360 7 broken, 1 fixed 1 other · 2.5 %"
    assert time == f"Time 0.16 ms × 1.4 (1.4 to 1.6) {WHY} a sample; alone ÷ 2.0"


def test_a_difference_that_may_be_chance_is_said_as_such():
    assert "−0.3 points (chance)" in said(scene(broken=1, fixed=0, other=0))[0]
    assert "chance" not in said(scene(broken=7, fixed=1, other=0))[0]


def test_better_and_worse_have_their_colours_and_say_so_themselves():
    def judged(shown):
        return re.findall(r'<span class="(better|worse)">(.*?)</span>', figures_html(shown))

    assert judged(scene(broken=7, fixed=1, other=1)) == [
        ("worse", "−1.7 points"), ("better", "÷ 12.3 from 203 kB"), ("worse", "7 broken,"), ("better", "1 fixed"),
        ("worse", "× 1.4 (1.4 to 1.6)"),
    ]  # fmt: skip
    slower = ("worse", "× 1.4 (1.4 to 1.6)")
    assert judged(scene(broken=0, fixed=0, other=0, ratio=1.01)) == [slower], "as good as the same"
    assert judged(scene(broken=1, fixed=0, other=0, ratio=0.5))[0] == ("worse", "× 2.0 from 203 kB"), (
        "chance is neither"
    )
    made = result()
    worse = replace(made, model=replace(made.model, metric="perplexity"), difference=(0.1, 0.3))
    worse = replace(worse, baseline=replace(made.baseline, score=6.2), compressed=replace(made.compressed, score=6.4))
    assert judged(Scene(worse))[0] == ("worse", "+0.20, worse"), "lower is better"


def test_no_change_is_said_as_such():
    shown = scene(broken=0, fixed=0, other=0)
    assert "±0 points" in said(shown)[0]
    assert said(shown)[2] == "Changed answers 0 of 360 0 broken, 0 fixed 0.0 % of the answers"


def timed(whole, single=None, **changes):
    return Scene(replace(result(), times=Times(whole, single), **changes))


@pytest.mark.parametrize(
    "ratio, words",
    [
        (Ratio(1.45, 1.4, 1.6), f"× 1.4 (1.4 to 1.6) {WHY} a sample"),
        (Ratio(0.5, 0.4, 0.625), "÷ 2.0 (2.5 to 1.6) a sample"),
        (Ratio(2.0, 0.9, 3.0), "about the same a sample"),  # which may be chance
        (Ratio(1.1, 1.09, 1.11), "about the same a sample"),  # which is nobody's reason
    ],
)
def test_times_are_compared_with_their_spread_or_called_the_same(ratio, words):
    assert said(timed(ratio))[3].endswith(words)
    low, high = 100 * ratio.low / max(ratio.high, 1), 100 * ratio.high / max(ratio.high, 1)
    assert spans(timed(ratio), "sure")[1] == pytest.approx((low, high - low), abs=0.01)


def test_one_sample_at_a_time_is_a_figure_of_its_own():
    whole = Ratio(0.5, 0.45, 0.55)
    assert "a sample; alone × 1.9" in said(timed(whole, Ratio(1.9, 1.8, 2.0)))[3]
    assert "a sample; alone as fast" in said(timed(whole, Ratio(1.0, 0.9, 1.2)))[3]


def test_a_dynamic_network_has_both_figures_in_one_line():
    route = Route(np.arange(10) < 4, 25_000)
    shown = timed(Ratio(0.5, 0.45, 0.55), Ratio(1.0, 0.9, 1.2), compressed=replace(result().compressed, route=route))
    assert said(shown)[3] == "Time 0.16 ms ÷ 2.0, alone as fast 40 % go on · 25 k MACs"


def test_until_the_times_have_settled_nothing_is_compared():
    first = said(Scene(replace(result(), times=None)))[3]
    assert first == "Time 0.16 ms measuring a sample"


def test_a_time_of_another_machine_is_not_shown():
    painted = untimed(replace(result(), times=None))
    assert said(Scene(painted))[3] == "Time … measuring a sample"


@pytest.mark.parametrize(
    "ms, spread, words",
    [
        (0.5, (0.4, 0.6), "0.40 to 0.60"),
        (0.05, (0.04, 0.06), "40 to 60"),
        (0.5, (0.48, 0.52), "a sample"),
    ],
)
def test_a_time_that_is_not_steady_says_between_what_it_lies(ms, spread, words):
    assert f" {words}; alone" in said(with_("compressed", latency_ms=ms, latency_spread=spread))[3]


def test_short_times_are_told_in_microseconds():
    assert "50 µs" in said(with_("compressed", latency_ms=0.05))[3]


def test_a_budget_is_passed_or_failed_in_words():
    def marks(budget):
        return re.findall(r'<span class="(pass|fail)">(.*?)</span>', figures_html(scene(state=State(budget=budget))))

    assert marks(Budget()) == []
    assert marks(Budget(20000, 0.9)) == [("pass", "✓ ≥ 90 %"), ("pass", "✓ ≤ 20 kB")]
    assert marks(Budget(16000, 0.975)) == [("fail", "✕ &lt; 97.5 %"), ("fail", "✕ &gt; 16 kB")]


def test_exactly_the_budget_passes():
    made = result()
    state = State(budget=Budget(made.compressed.size_bytes, made.compressed.score))
    assert 'class="fail"' not in figures_html(Scene(replace(made, state=state)))


def test_bars_are_to_scale():
    shown = scene(broken=36, fixed=9, other=0, ratio=4)
    assert spans(shown, "broken") == [(0, 10)]
    assert spans(shown, "fixed") == [(10, 2.5)]
    assert spans(shown, "new")[1] == (0, 25)


def test_a_file_larger_than_the_baseline_fits_its_bar():
    assert spans(scene(ratio=0.5), "new")[1] == (0, 100)
    assert "× 2.0 from 203 kB" in said(scene(ratio=0.5))[1]


def test_the_held_baseline_is_marked():
    assert 'class="figures held"' in figures_html(scene(held=True))


def test_a_slower_file_says_why_and_no_other():
    made, slow = result(), Ratio(1.45, 1.4, 1.6)
    integers = tuple(
        replace(each, encodings=(StoredWeight("int8, static uint8 activations", rounded="static"),))
        for each in made.layers
    )
    shown = replace(made, layers=integers, times=Times(slow, None))
    assert said(Scene(shown))[3].startswith(f"Time 0.16 ms × 1.4 (1.4 to 1.6) why Slower, why? {slower.STATIC}")
    assert shown.to_json()["times"]["slower_because"] == slower.STATIC
    alone = replace(shown, times=Times(Ratio(0.5, 0.4, 0.6), slow))
    assert slower.STATIC in said(Scene(alone))[3], "slower alone, though not on the whole set"
    for times in (Times(Ratio(0.5, 0.4, 0.6), Ratio(1.1, 1.09, 1.11)), Times(Ratio(2.0, 0.9, 3.0), None), None):
        assert "why" not in said(Scene(replace(shown, times=times)))[3]
