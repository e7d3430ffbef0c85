"""SparseGPT: exact counts, and better answers than the same number of weights removed without looking."""

import numpy as np
import pytest

from kernels.calibrated.hessian import damped, gram, output_error
from kernels.pruning.masks import magnitude_masks, n_m_mask, n_removed
from kernels.pruning.sparsegpt import sparsegpt
from tests.made.odd_layers import every_layer, layer


@every_layer
@pytest.mark.parametrize("sparsity", [0, 0.3, 0.75, 1])
def test_an_exact_number_of_finite_weights(odd, sparsity):
    W, X = odd
    for block in (1, 3, 16):
        weights, mask = sparsegpt(W, damped(gram(X)), sparsity=sparsity, block=block)
        assert weights.dtype == np.float32 and np.isfinite(weights).all() and (weights[~mask] == 0).all()
        assert np.count_nonzero(~mask) == n_removed(W.size, sparsity)


@every_layer
@pytest.mark.parametrize("n_m", [(2, 4), (0, 2), (1, 1), (1, 20)])
def test_so_many_of_every_group(odd, n_m):
    W, X = odd
    weights, mask = sparsegpt(W, damped(gram(X)), n_m=n_m)
    assert (mask.sum(axis=1) == n_m_mask(np.abs(W), *n_m).sum(axis=1)).all()
    assert np.isfinite(weights).all() and (weights[~mask] == 0).all()


def test_answers_better_than_magnitude():
    W, X = layer(32, 40, 400)
    H = gram(X)
    weights, mask = sparsegpt(W, damped(H), sparsity=0.6)
    (by_size,) = magnitude_masks([W], 0.6)
    _, kept = sparsegpt(W, damped(H), n_m=(2, 4))
    adapted, same = sparsegpt(W, damped(H), mask=by_size)
    assert (same == by_size).all()
    plain = output_error(W, W * by_size, H).sum()
    assert output_error(W, weights, H).sum() < output_error(W, adapted, H).sum() < plain
    assert output_error(W, sparsegpt(W, damped(H), mask=kept)[0], H).sum() < plain


@pytest.mark.parametrize("already", [0.2, 0.9])
def test_what_was_pruned_before_counts_and_stays_so(already):
    W, X = layer(12, 20, 100)
    (before,) = magnitude_masks([W], already)
    weights, mask = sparsegpt(W * before, damped(gram(X)), sparsity=0.5, mask=before)
    assert (mask <= before).all() and (weights[~before] == 0).all()
    assert np.count_nonzero(~mask) == n_removed(W.size, max(already, 0.5))


def test_nothing_to_remove_changes_nothing():
    W, X = layer(4, 6, 50)
    weights, mask = sparsegpt(W, damped(gram(X)))
    assert (weights == W).all() and mask.all()
