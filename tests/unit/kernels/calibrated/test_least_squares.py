"""Least squares on a mask: the normal equations of every row, however they are solved."""

import numpy as np
import pytest

from kernels.calibrated import least_squares
from kernels.calibrated.hessian import cross, damped, gram, output_error
from kernels.calibrated.least_squares import refit
from tests.made.odd_layers import every_layer, layer


def row_by_row(W, mask, H, B, share=0.01):
    D = damped(H, share)
    goal = B + W @ (D - H)
    expected = np.zeros(W.shape)
    for row, kept in enumerate(mask):
        columns = np.flatnonzero(kept)
        expected[row, columns] = np.linalg.solve(D[np.ix_(columns, columns)], goal[row, columns])
    return expected


def masks_of(shape):
    rng = np.random.default_rng(5)
    for share in (0, 0.2, 0.5, 0.8, 1):
        yield rng.random(shape) < share
    yield np.repeat(rng.random((1, shape[1])) < 0.5, shape[0], axis=0)  # all rows alike
    mixed = rng.random(shape) < rng.random((shape[0], 1))
    mixed[::2] = mixed[0]  # some rows alike
    yield mixed


@every_layer
def test_every_row_solves_its_normal_equations(odd):
    W, X = odd
    X0 = X + X.std() * np.random.default_rng(1).normal(size=X.shape).astype(np.float32) if len(X) else X
    H, B = gram(X), W @ cross(X, X0).T
    for mask in masks_of(W.shape):
        ours = refit(W, mask, H, B)
        assert ours.dtype == np.float32 and (ours[~mask] == 0).all()
        expected = row_by_row(W, mask, H, B)
        assert np.allclose(ours, expected, rtol=1e-4, atol=1e-5 * max(np.abs(expected).max(), 1e-30))


def test_batches_do_not_show(monkeypatch):
    W, X = layer(23, 11, 60)
    masks = list(masks_of(W.shape))
    whole = [refit(W, mask, gram(X)) for mask in masks]
    monkeypatch.setattr(least_squares, "ENTRIES", 300)
    for mask, expected in zip(masks, whole, strict=True):
        assert np.allclose(refit(W, mask, gram(X)), expected, rtol=1e-5, atol=1e-6)


def test_without_pruning_and_target_nothing_changes():
    W, X = layer(5, 7, 40)
    assert np.allclose(refit(W, np.ones(W.shape, dtype=bool), gram(X)), W, atol=1e-6)


def test_nothing_else_on_the_mask_answers_better():
    W, X = layer(5, 7, 200)
    H, mask = gram(X), np.random.default_rng(3).random(W.shape) < 0.6
    ours = refit(W, mask, H, share=1e-9)
    error = output_error(W, ours, H)
    assert (error < output_error(W, W * mask, H)).all()
    for seed in range(20):
        moved = ours + 0.01 * mask * np.random.default_rng(seed).normal(size=W.shape)
        assert (error <= output_error(W, moved, H) + 1e-6).all()


def test_an_aim_at_other_inputs_makes_up_for_what_was_lost_before():
    W, X0 = layer(5, 7, 300)
    X = 0.5 * X0  # as an earlier layer left it
    mask = np.random.default_rng(4).random(W.shape) < 0.9
    errors = [np.square(X @ refit(W, mask, gram(X), B).T - X0 @ W.T).sum() for B in (None, W @ cross(X, X0).T)]
    assert errors[1] < 0.5 * errors[0]


@pytest.mark.parametrize("kept", [0, 1, 3, 4, 6, 7])
def test_both_ways_to_solve_agree(kept):
    W, X = layer(9, 7, 100)
    mask = np.argsort(np.random.default_rng(kept).random(W.shape), axis=1) < kept
    assert np.allclose(refit(W, mask, gram(X)), row_by_row(W, mask, gram(X), W @ gram(X)), atol=1e-5)
