"""The four figures say what the Result says."""

import re
from dataclasses import replace
from html import unescape

import pytest

from app.results.scene import Scene
from app.screen.figures import figures_html
from app.state.choices import Budget
from app.state.state import State
from tests.made.results import result, scene


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
    assert time == "Time 0.16 ms about × 1.5 a sample; was 0.11"


def test_a_difference_that_may_be_chance_is_said_as_such():
    assert "−0.3 points (chance)" in said(scene(broken=1, fixed=0, other=0))[0]
    assert "chance" not in said(scene(broken=7, fixed=1, other=0))[0]


def test_better_and_worse_have_their_colours_and_say_so_themselves():
    def judged(shown):
        return re.findall(r'<span class="(better|worse)">(.*?)</span>', figures_html(shown))

    assert judged(scene(broken=7, fixed=1, other=1)) == [
        ("worse", "−1.7 points"), ("better", "÷ 12.3 from 203 kB"), ("worse", "7 broken,"), ("better", "1 fixed"),
        ("worse", "about × 1.5"),
    ]  # fmt: skip
    assert judged(scene(broken=0, fixed=0, other=0, ratio=1.01)) == [("worse", "about × 1.5")], "as good as the same"
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


@pytest.mark.parametrize(
    "latency, words",
    [(0.11, "about the same"), (0.12, "about the same"), (0.22, "about × 2.0"), (0.055, "about ÷ 2.0")],
)
def test_times_are_compared_no_finer_than_a_machine_is_quiet(latency, words):
    assert words in said(with_("compressed", latency_ms=latency))[3]


def test_a_single_run_is_compared_with_nothing():
    first = said(with_("compressed", latency_ms=0.3, steady=False))[3]
    assert "300 µs" in first.replace("0.30 ms", "300 µs") and "…" in first and "×" not in first and "÷" not in first


def test_a_clock_too_coarse_is_said_as_such():
    assert "too short to tell" in said(with_("baseline", latency_ms=0.0))[3]


def test_short_times_are_told_in_microseconds():
    assert "160 µs" in said(with_("baseline", latency_ms=0.05))[3]


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


def test_a_difference_below_the_step_of_the_clock_is_no_difference():
    made = result()
    old = replace(made.baseline, latency_ms=0.1, latency_step_ms=0.05)
    new = replace(made.compressed, latency_ms=0.2, latency_step_ms=0.05)
    assert "too short to tell apart" in figures_html(Scene(replace(made, baseline=old, compressed=new)))
    fine = replace(made, baseline=replace(old, latency_step_ms=0.001), compressed=replace(new, latency_step_ms=0.001))
    assert "about × 2.0" in figures_html(Scene(fine))
