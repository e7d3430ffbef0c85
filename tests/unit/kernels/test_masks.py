"""Masks drop an exact number of weights, the earlier of equals first."""

import numpy as np
import pytest

from kernels.masks import channel_norms, magnitude_masks, n_removed, smallest


@pytest.mark.parametrize("count", range(8))
def test_smallest_agrees_with_a_stable_sort(count):
    scores = np.array([2, 1, 2, 0, 1, 1, 3], dtype=np.float32)
    expected = np.ones(7, dtype=bool)
    expected[np.argsort(scores, kind="stable")[:count]] = False
    assert (smallest(scores, count) == expected).all()


def test_counts_are_rounded_down_as_decimals():
    assert [n_removed(100, percent / 100) for percent in range(100)] == list(range(100))
    assert n_removed(3, 0.5) == 1 and n_removed(0, 0.5) == 0


def test_global_counts_all_arrays_together():
    masks = magnitude_masks([np.array([[4.0, -3.0]]), np.array([[0.1], [-0.2], [5.0]])], 0.4)
    assert [mask.tolist() for mask in masks] == [[[True, True]], [[False], [False], [True]]]


def test_ties_across_arrays_fall_to_the_first():
    masks = magnitude_masks([np.ones((1, 2)), -np.ones((1, 2))], 0.75)
    assert [mask.tolist() for mask in masks] == [[[False, False]], [[False, True]]]


def test_channel_norms_of_spread_columns():
    weight = np.arange(2 * 6 * 3, dtype=np.float32).reshape(2, 6, 3)
    expected = [np.linalg.norm(weight[:, 2 * c : 2 * c + 2].astype(np.float64)) for c in range(3)]
    assert np.allclose(channel_norms(weight, 1, spread=2), expected, rtol=1e-12)
    assert channel_norms(np.full((1, 4), 1e38, dtype=np.float32), 0)[0] == pytest.approx(2e38)
