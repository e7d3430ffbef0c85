"""Groups, confusion and calibration beside the libraries that everybody trusts."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix

from app.results.groups import calibration, chance, confusion, judged, mcnemar, numbered, to_json
from models.metrics import METRICS, shares

ACCURACY = METRICS["accuracy"]


@pytest.fixture
def answered():
    """Labels and answers of 23 samples in 5 classes, one of which has no sample."""
    rng = np.random.default_rng(1)
    return rng.choice([0, 1, 2, 4], 23), rng.integers(5, size=23), rng.integers(5, size=23)


def test_a_confusion_matrix_is_that_of_scikit_learn(answered):
    labels, old, _ = answered
    assert confusion(labels, old, 5).tolist() == confusion_matrix(labels, old, labels=range(5)).tolist()


def test_a_calibration_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    sure = np.concatenate([rng.uniform(0.2, 1, 97), [0.3, 0.5, 1.0, 0.0]])  # ends of bins, too
    right = rng.random(101) < sure
    true, mean = calibration_curve(right, sure, n_bins=10)
    ours = calibration(sure, right)
    assert ours.confidence == pytest.approx(mean) and ours.accuracy == pytest.approx(true)
    assert ours.n.sum() == 101 and ours.surer == pytest.approx(sure.mean() - right.mean())
    assert ours.error == pytest.approx(np.sum(ours.n * np.abs(mean - true)) / 101)


@pytest.mark.parametrize("lost, gained", [(0, 0), (1, 0), (3, 11), (11, 3), (7, 7), (40, 2)])
def test_the_p_value_is_that_of_the_exact_binomial_test(lost, gained):
    exact = binomtest(lost, lost + gained, 0.5).pvalue if lost + gained else 1
    assert mcnemar(lost, gained) == pytest.approx(exact)


def test_each_class_is_scored_alone_and_an_empty_one_says_nothing(answered):
    labels, old, new = answered
    grouping = numbered("class", "by class", tuple("abcde"), labels)
    values = [(each == labels).astype(float) for each in (old, new)]
    groups, sure = judged(grouping, ACCURACY, *values), chance(grouping, ACCURACY, *values)
    for k in (0, 1, 2, 4):
        ours = labels == k
        assert groups.n[k] == ours.sum()
        assert groups.before[k] == pytest.approx(np.mean(old[ours] == k))
        assert groups.right_after[k] == np.sum(new[ours] == k)
        lost, gained = np.sum(values[0][ours] > values[1][ours]), np.sum(values[0][ours] < values[1][ours])
        assert (sure.low[k], sure.high[k]) == pytest.approx(np.clip(shares.paired(lost, gained, ours.sum()), -1, 1))
        assert sure.p[k] == mcnemar(lost, gained)
    assert groups.n[3] == 0 and np.isnan([groups.before[3], groups.lost[3], sure.low[3]]).all()
    empty = to_json(groups, sure)[3]
    assert empty == {"name": "d", "n": 0, "baseline": None, "score": None, "change": None, "interval": [None, None]}


def test_the_worst_group_loses_most_in_the_direction_of_its_metric():
    grouping = numbered("speed", "by speed", ("slow", "fast", "none"), np.array([0, 0, 1, 1]))
    old, new = np.array([1.0, 1, 1, 1]), np.array([0.5, 0.5, 3, 3])
    worse = judged(grouping, METRICS["position_error"], old, new)
    assert worse.worst == 1 and worse.lost[:2].tolist() == [-0.5, 2] and worse.right_after is None
    assert judged(grouping, METRICS["position_error"], old, old).worst is None


def test_values_that_are_not_one_a_sample_are_refused():
    grouping = numbered("class", "by class", ("a",), np.zeros(3, int))
    with pytest.raises(ValueError, match="3 samples are grouped, but accuracy gives 2 values"):
        judged(grouping, ACCURACY, np.zeros(2), np.zeros(2))
