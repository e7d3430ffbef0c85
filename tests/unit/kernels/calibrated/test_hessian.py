"""Second moments and what is derived from them, against NumPy's own inverses and least squares."""

import numpy as np
import pytest

from kernels.calibrated.hessian import (
    centred,
    cross,
    damped,
    gram,
    least_squares_target,
    output_error,
    shrinkage,
    upper_factor,
)

RNG = np.random.default_rng(3)
X = (RNG.normal(size=(2300, 11)) @ RNG.normal(size=(11, 11))).astype(np.float32)  # more rows than are summed at once
W = RNG.normal(size=(5, 11)).astype(np.float32)


def test_moments_are_those_of_float64():
    exact = X.astype(np.float64)
    np.testing.assert_allclose(gram(X), exact.T @ exact / len(X), rtol=1e-5, atol=1e-5)
    assert (gram(X) == gram(X).T).all() and gram(X).dtype == np.float64


def test_groups_have_moments_of_their_own():
    stacked, other = np.stack([X, 2 * X]), np.stack([X[:, :3], X[:, 2:5]])
    assert (cross(stacked, other)[1] == cross(2 * X, X[:, 2:5])).all()


def test_no_rows_say_nothing():
    nothing = np.empty((0, 4), dtype=np.float32)
    assert not gram(nothing).any() and centred(nothing).shape == (0, 4)
    assert np.isfinite(upper_factor(damped(gram(nothing)))).all()


@pytest.mark.parametrize("rows", [4, 2300])  # fewer samples than inputs, and plenty
def test_the_factor_is_one_and_upper_triangular(rows):
    H = damped(gram(X[:rows]))
    V = upper_factor(H)
    assert (np.tril(V, -1) == 0).all() and (np.diagonal(V) > 0).all()
    np.testing.assert_allclose(V @ V.T, H, rtol=1e-9, atol=1e-9)


def test_singular_moments_are_refused_in_words():
    with pytest.raises(ValueError, match="singular; give more samples or more damping"):
        upper_factor(np.zeros((2, 2)))


def test_the_target_is_the_least_squares_solution():
    X0 = X + RNG.normal(size=X.shape).astype(np.float32)
    B = W @ cross(X, X0).T
    expected = np.linalg.lstsq(X, X0 @ W.T, rcond=None)[0].T
    np.testing.assert_allclose(least_squares_target(W, gram(X), B, share=1e-9), expected, atol=1e-3)
    best = least_squares_target(W, gram(X), B)
    assert np.square(X @ best.T - X0 @ W.T).sum() < np.square(X @ W.T - X0 @ W.T).sum()


def test_the_target_keeps_weights_of_dead_inputs():
    dead = X.copy()
    dead[:, 4] = 0
    best = least_squares_target(W, gram(dead), W @ cross(dead, X).T)
    assert (best[:, 4] == W[:, 4]).all() and np.abs(best - W).max() > 0.01


def test_output_error_is_measured_on_answers():
    Q = W.round()
    expected = np.square(X.astype(np.float64) @ (W - Q).T).mean(axis=0)
    np.testing.assert_allclose(output_error(W, Q, gram(X)), expected, rtol=1e-5)


def test_moments_of_few_rows_are_nearer_to_those_of_all_when_shrunk():
    rows = (RNG.normal(size=(4000, 40)) * np.linspace(0.5, 1.5, 40)).astype(np.float32)
    true, few = gram(rows), gram(rows[:50])
    share = shrinkage(few, 50)
    shrunk = (1 - share) * few + share * np.trace(few) / 40 * np.eye(40)
    assert np.abs(shrunk - true).mean() < 0.7 * np.abs(few - true).mean()
    assert shrinkage(gram(rows), 4000) < 0.02 < 0.3 < share, "many rows are believed"


def test_hardly_anything_is_shrunk_where_all_inputs_are_alike_or_none():
    assert shrinkage(np.eye(3), 997) == 0.003
    assert shrinkage(np.ones((2, 1, 1)), 99).shape == (2, 1, 1) and (shrinkage(np.ones((2, 1, 1)), 99) == 0.01).all()
    assert shrinkage(np.zeros((4, 4)), 0) == 1
