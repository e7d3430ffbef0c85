"""Low rank: the sum of all terms is the matrix, and ranks are counted as said."""

import numpy as np
import pytest

from kernels.calibrated.hessian import damped, gram
from kernels.storage.low_rank import as_kernels, decompose, factors, max_useful_rank, rank_of_energy, rank_of_share
from tests.made.odd_layers import every_layer, layer


@every_layer
@pytest.mark.parametrize("weighted", [False, True])
def test_all_terms_together_are_the_matrix(odd, weighted):
    W, X = odd
    left, values, right = decompose(W, damped(gram(X)) if weighted else None)
    assert (np.diff(values) <= 0).all() and (values >= 0).all()
    assert np.allclose(left * values @ right, W, rtol=1e-5, atol=1e-6 * max(np.abs(W).max(), 1e-30))
    first, second = factors(left, values, right, len(values))
    assert first.dtype == second.dtype == np.float32
    assert np.allclose(first @ second, W, rtol=1e-4, atol=1e-5 * max(np.abs(W).max(), 1e-30))


def test_signs_do_not_depend_on_the_machine(monkeypatch):
    W, _ = layer(5, 7, 1)
    expected = factors(*decompose(W), 3)
    svd = np.linalg.svd

    def other(matrix, **options):
        left, values, right = svd(matrix, **options)
        return -left, values, -right

    monkeypatch.setattr(np.linalg, "svd", other)
    assert all((ours == theirs).all() for ours, theirs in zip(factors(*decompose(W), 3), expected, strict=True))


def test_factors_of_a_convolution_are_convolutions():
    weight = np.random.default_rng(0).normal(size=(5, 3, 2, 2)).astype(np.float32)
    first, second = as_kernels(*factors(*decompose(weight.reshape(5, 12)), 5), weight.shape)
    assert first.shape == (5, 5, 1, 1) and second.shape == (5, 3, 2, 2)
    assert np.allclose(np.einsum("orxy,rihw->oihw", first, second), weight, atol=1e-5)  # steps of BITS


def test_last_bits_of_a_machine_leave_no_trace(monkeypatch):
    """Once the page and CPython gave other bytes: where weights hardly differ, or not at all, only rounding decides."""
    W = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    W[5] = 0
    expected = factors(*decompose(W), 20)
    svd = np.linalg.svd

    def other(matrix, **options):
        return [part + 1e-15 * np.sin(np.arange(part.size)).reshape(part.shape) for part in svd(matrix, **options)]

    monkeypatch.setattr(np.linalg, "svd", other)
    assert all((ours == theirs).all() for ours, theirs in zip(factors(*decompose(W), 20), expected, strict=True))


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (3, 7), (64, 64), (10, 300)])
def test_no_larger_rank_saves_anything(shape):
    rank = max_useful_rank(*shape)
    assert rank == 0 or rank * sum(shape) < np.prod(shape)
    assert (rank + 1) * sum(shape) >= np.prod(shape)


def test_ranks_of_a_share_and_of_an_energy():
    assert [rank_of_share(10, 64, share) for share in (0, 0.3, 0.99, 1)] == [1, 3, 9, 10]
    values = np.array([4.0, 2.0, 1.0, 0.0])  # 16, 4, 1 of 21
    assert [rank_of_energy(values, energy) for energy in (0, 0.7, 0.8, 0.96, 1)] == [1, 1, 2, 3, 3]
    assert rank_of_energy(np.zeros(3), 1.0) == 1
