"""Wanda: large weights on large inputs stay."""

import numpy as np
import pytest

from kernels.calibrated.hessian import gram, output_error
from kernels.pruning.masks import magnitude_masks, masks_together, n_removed
from kernels.pruning.wanda import row_mask, wanda_scores
from tests.made.odd_layers import every_layer, layer


@every_layer
@pytest.mark.parametrize("sparsity", [0, 0.4, 1])
def test_every_row_loses_the_same_number(odd, sparsity):
    W, X = odd
    mask = row_mask(wanda_scores(W, np.diagonal(gram(X))), sparsity)
    assert (np.count_nonzero(~mask, axis=1) == n_removed(W.shape[1], sparsity)).all()


def test_a_score_squared_is_the_loss_of_that_weight_alone():
    W, X = layer(3, 5, 60)
    H = gram(X)
    for column in range(5):
        without = W.copy()
        without[:, column] = 0
        assert np.allclose(wanda_scores(W, np.diagonal(H))[:, column] ** 2, output_error(W, without, H), rtol=1e-5)


def test_loses_less_than_magnitude_where_inputs_differ():
    W, X = layer(20, 30, 200)
    X *= np.linspace(0, 2, 30, dtype=np.float32)
    H = gram(X)
    (by_size,), (ours,) = magnitude_masks([W], 0.5), masks_together([wanda_scores(W, np.diagonal(H))], 0.5)
    assert output_error(W, W * ours, H).sum() < 0.7 * output_error(W, W * by_size, H).sum()
