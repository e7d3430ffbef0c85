"""What models are judged by: scores, directions, intervals, and how they are written."""

import numpy as np
import pytest
import scipy.stats

from models.metrics import METRICS, bootstrap, shares

RNG = np.random.default_rng(0)


def test_halving_the_error_is_one_equal_step_upwards():
    at = shares.height([0.5, 0.75, 0.875], n=360)
    assert np.allclose(np.diff(at), np.log10(2))
    assert shares.height(0.0, 360) == 0
    assert shares.height(1.0, 360) == pytest.approx(np.log10(720))


@pytest.mark.parametrize("id", METRICS)
def test_the_axis_of_a_metric_grows_with_what_is_good(id):
    metric = METRICS[id]
    assert (np.diff(metric.goodness(np.array(metric.marks))) > 0).all()
    assert (np.diff(metric.height(np.array(metric.marks), 360)) > 0).all()
    assert metric.reaches(metric.marks[-1], metric.marks[0]) and not metric.reaches(metric.marks[0], metric.marks[-1])
    assert all(metric.bounds[0] <= mark <= metric.bounds[1] for mark in metric.marks)


def test_wilson_interval():
    assert shares.wilson(0.5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    low, high = shares.wilson(1, 10)
    assert 0.72 < low < 0.73 and high == pytest.approx(1)


@pytest.mark.parametrize(
    "lost, gained, chance",
    [(0, 0, True), (1, 0, True), (4, 0, True), (6, 0, False), (0, 6, False), (12, 9, True), (20, 4, False)],
)
def test_a_difference_is_chance_where_mcnemars_test_says_so(lost, gained, chance):
    old, new = np.zeros(360), np.zeros(360)
    old[:lost], new[lost : lost + gained] = 1, 1
    low, high = METRICS["accuracy"].difference(old, new)
    assert (low <= 0 <= high) == chance
    assert low < (gained - lost) / 362 < high


def test_the_same_samples_tell_more_of_a_difference_than_two_intervals():
    metric = METRICS["position_error"]
    old = RNG.gamma(2, 0.1, 360)
    new = old + RNG.normal(0.02, 0.01, 360)
    (_, high), (low, _) = metric.interval(old), metric.interval(new)
    assert low < high  # they overlap, and yet:
    assert metric.difference(old, new)[0] > 0
    assert metric.difference(old, old) == (0, 0)


def test_the_bootstrap_agrees_with_the_normal_interval_of_a_mean():
    values = RNG.gamma(2, 1, 1500)
    low, high = bootstrap.UNCERTAINTY.interval(values, lambda mean: mean)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.25 * half)


@pytest.mark.parametrize("n", [40, 360, 3000])
def test_the_bootstrap_agrees_with_scipy(n):
    values = RNG.gamma(2, 1, n)
    found = scipy.stats.bootstrap((values,), np.mean, method="percentile", rng=RNG).confidence_interval
    near = 0.08 * (found.high - found.low)  # 400 draws beside its 9999
    assert bootstrap.UNCERTAINTY.interval(values, lambda mean: mean) == pytest.approx(found, abs=near)


def test_draws_are_as_even_as_chance_makes_them():
    counts = bootstrap.times(360)
    assert counts.mean() == pytest.approx(1, abs=0.01)  # of a Poisson distribution with mean 1
    assert counts.var() == pytest.approx(1, abs=0.03)
    assert np.bincount(counts.astype(int).ravel())[:4] / counts.size == pytest.approx(
        np.exp(-1) / np.array([1, 1, 2, 6]), abs=0.003
    )
    assert np.abs(np.corrcoef(counts)[np.triu_indices(len(counts), 1)]).max() < 0.3


def test_scores_of_small_arrays_by_hand():
    def score(id, outputs, labels, row=1):
        outputs, labels = np.array(outputs, np.float32), np.array(labels)
        return METRICS[id].of(METRICS[id].values(outputs, labels, row))

    assert score("accuracy", [[1, 0], [0, 1], [2, 1]], [0, 1, 1]) == pytest.approx(2 / 3)
    assert score("position_error", [[3, 4], [0, 0]], [[0.0, 0], [0, 0]]) == 2.5
    assert score("jitter", [[1, 1], [2, 2], [3, 3]], [[0.0, 0], [1, 1], [2, 2]], 3) == 0  # off by as much all the time
    assert score("jitter", [[1, 0], [-1, 0]], [[0.0, 0], [0, 0]], 2) == 2
    assert score("jitter", [[0, 0], [1, 0], [9, 0], [9, 1]], [[0.0, 0]] * 4, 2) == 1  # two clips of two frames
    assert score("psnr", [[0.1, 0.1]], [[0.0, 0.0]]) == pytest.approx(20, abs=1e-5)
    assert score("pixels", [[[1, 0], [0, 1]], [[1, 1], [0, 0]]], [[0, 1], [0, 1]]) == 0.75
    assert score("perplexity", [[0, 0, 0, 0]], [3]) == pytest.approx(4)


@pytest.mark.parametrize("id", METRICS)
def test_outputs_that_are_no_numbers_score_badly_but_score(id):
    shape = {"position_error": (5, 2), "jitter": (5, 2), "pixels": (5, 3, 2)}.get(id, (5, 3))
    labels = np.zeros(5, np.int64) if id in ("accuracy", "agreement", "perplexity") else np.ones(shape, np.float32)
    labels = np.zeros((5, 2), np.int64) if id == "pixels" else labels
    for bad in (np.nan, np.inf, -np.inf, 1e38):
        with np.errstate(all="ignore"):
            values = METRICS[id].values(np.full(shape, bad, np.float32), labels, 5)
        assert np.isfinite(METRICS[id].of(values)) and np.isfinite(METRICS[id].interval(values)).all()


def test_how_scores_are_written():
    accuracy, error, perplexity = METRICS["accuracy"], METRICS["position_error"], METRICS["perplexity"]
    assert (accuracy.written(0.9583), accuracy.short(0.95)) == ("95.8 %", "95 %")
    assert [accuracy.difference_written(d) for d in (-0.0111, 0.004, 0.0001, -0.0001)] == [
        "−1.1 points", "+0.4 points", "±0 points", "±0 points",
    ]  # fmt: skip
    assert (error.written(0.123), error.limit(0.3)) == ("0.123 px", "≤ 0.3 px")
    assert error.difference_written(0.05) == "+0.050 px"
    assert (perplexity.written(7.5), perplexity.difference_written(-0.5)) == ("7.50", "−0.50")
