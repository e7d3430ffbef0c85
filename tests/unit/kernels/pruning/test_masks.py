"""Masks drop an exact number of weights, the earlier of equals first."""

import numpy as np
import pytest

from kernels.pruning.masks import (
    block_mask,
    channel_norms,
    magnitude_masks,
    n_m_mask,
    n_removed,
    random_scores,
    smallest,
)


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


def test_channel_norms_of_either_order():
    weight = np.arange(-12, 12, dtype=np.float32).reshape(2, 4, 3)
    sums = [np.abs(weight[:, :2]).sum(), np.abs(weight[:, 2:]).sum()]
    assert channel_norms(weight, 1, spread=2, order=1).tolist() == sums


@pytest.mark.parametrize("shape", [(3, 8), (3, 7), (2, 5, 3), (1, 1), (2, 3, 2, 2)])
@pytest.mark.parametrize(("keep", "group"), [(2, 4), (1, 2), (0, 4), (4, 4), (3, 100)])
def test_n_m_keeps_the_largest_of_every_group(shape, keep, group):
    scores = np.random.default_rng(0).random(shape)
    mask = np.moveaxis(n_m_mask(scores, keep, group), 1, -1)
    lines = np.moveaxis(scores, 1, -1)
    for first in range(0, shape[1], group):
        part, kept = lines[..., first : first + group], mask[..., first : first + group]
        count = -(-keep * part.shape[-1] // group)
        assert (kept.sum(axis=-1) == count).all()
        if 0 < count < part.shape[-1]:
            assert (np.where(kept, part, np.inf).min(axis=-1) >= np.where(kept, -np.inf, part).max(axis=-1)).all()


def test_n_m_drops_the_earlier_of_equals():
    assert n_m_mask(np.ones((1, 6)), 1, 4).tolist() == [[False, False, False, True, False, True]]


@pytest.mark.parametrize(("keep", "group"), [(-1, 4), (5, 4), (0, 0)])
def test_n_m_says_what_can_be_kept(keep, group):
    with pytest.raises(ValueError, match="keep 0 to"):
        n_m_mask(np.ones((1, 4)), keep, group)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("block", [1, 2, 3, 50])
@pytest.mark.parametrize("sparsity", [0, 0.4, 1])
def test_blocks_go_whole_and_in_an_exact_number(axis, block, sparsity):
    weight = np.random.default_rng(1).normal(size=(7, 5, 2)).astype(np.float32)
    mask = np.moveaxis(block_mask(weight, sparsity, block, axis), axis, 0)
    firsts = np.arange(0, len(mask), block)
    assert (
        np.add.reduceat(mask, firsts, axis=0, dtype=int).tolist()
        == (mask[firsts] * np.diff(np.append(firsts, len(mask)))[:, None, None]).tolist()
    )
    assert np.count_nonzero(~mask[firsts]) == n_removed(mask[firsts].size, sparsity)


def test_blocks_of_one_are_magnitude():
    weight = np.random.default_rng(2).normal(size=(4, 9)).astype(np.float32)
    assert (block_mask(weight, 0.5, 1) == magnitude_masks([weight], 0.5)[0]).all()


def test_scores_by_chance_are_spread_evenly_and_differ_with_the_seed():
    scores = [random_scores((100, 100), seed) for seed in (0, 1, -1, 2**40)]
    for each in scores:
        assert np.abs(np.histogram(each, 10, (0, 1))[0] - 1000).max() < 150
        assert np.abs(np.corrcoef(each[:, :-1].reshape(-1), each[:, 1:].reshape(-1))[0, 1]) < 0.03
    assert len({each[0, 0] for each in scores[:3]}) == 3


@pytest.mark.parametrize("sparsity", [0, 1])
def test_all_or_nothing(sparsity):
    arrays = [np.zeros((2, 3), dtype=np.float32), np.ones((1, 1), dtype=np.float32)]
    assert [mask.all() for mask in magnitude_masks(arrays, sparsity)] == [sparsity == 0] * 2
