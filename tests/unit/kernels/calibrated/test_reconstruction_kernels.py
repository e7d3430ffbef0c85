"""GPTQ, coordinate descent and output-aware tables: what each promises, by brute force where that is possible."""

from itertools import product

import numpy as np
import pytest

from kernels.calibrated.coordinate_descent import coordinate_descent
from kernels.calibrated.gptq import gptq
from kernels.calibrated.hessian import damped, gram, output_error
from kernels.calibrated.output_aware import least_squares_tables, output_aware_palette
from kernels.calibrated.points import GridPoints, TablePoints
from kernels.storage import affine

RNG = np.random.default_rng(4)
X = np.maximum(RNG.normal(size=(300, 61)) @ RNG.normal(size=(61, 61)), 0).astype(np.float32)
W = (RNG.normal(size=(7, 61)) / 8).astype(np.float32)
MASK = RNG.random(W.shape) < 0.6
TABLE = np.float32([[-0.3, -0.1, 0, 0.2]])


def grid_of(W, bits=2, mask=None):
    scale, zero_point = affine.choose_qparams(W, bits=bits, symmetric=False, block_shape=(1, W.shape[1]))
    return GridPoints(scale, zero_point, 0, 2**bits - 1, W.shape, mask)


def table_of(W, mask=None):
    return TablePoints(TABLE, len(W), W.shape, mask)


def rounded(W, points):
    return np.stack([points.nearest(j, column)[0] for j, column in enumerate(W.T)], axis=1)


def error(W, points, codes, H):
    return output_error(W, points.values(codes), H)


every_kind = pytest.mark.parametrize("kind", [grid_of, table_of])
every_order = pytest.mark.parametrize("order", ["natural", "activation"])


@every_kind
@every_order
@pytest.mark.parametrize("mask", [None, MASK], ids=["dense", "pruned"])
def test_gptq_beats_rounding_and_descent_beats_gptq(kind, order, mask):
    W0, H = W if mask is None else W * mask, damped(gram(X))
    points = kind(W0, mask=mask)
    codes = gptq(W0, H, points, order=order)
    better = coordinate_descent(W0, H, points, codes, sweeps=3)
    nearest, found, last = (error(W0, points, c, H) for c in (rounded(W0, points), codes, better))
    assert found.sum() < 0.8 * nearest.sum()
    assert (last <= found * 1.0001).all() and last.sum() < found.sum()
    assert codes.dtype == better.dtype == points.dtype and codes.shape == W.shape
    if mask is not None:
        assert not points.values(codes)[~mask].any() and not points.values(better)[~mask].any()


@every_kind
@every_order
def test_without_correlation_nothing_can_be_made_up_for(kind, order):
    points, H = kind(W), np.diag(RNG.random(61) + 0.5)
    assert (gptq(W, H, points, order=order) == rounded(W, points)).all()


def test_gptq_follows_the_papers_loop():
    H, points = damped(gram(X)), grid_of(W, bits=3)
    U = np.linalg.cholesky(np.linalg.inv(H)).T
    left, expected = W.astype(np.float64), np.empty(W.shape)
    for i in range(W.shape[1]):  # algorithm 1, one column at a time, no blocks
        codes, values = points.nearest(i, left[:, i].astype(np.float32))
        expected[:, i] = codes
        left[:, i:] -= np.outer((left[:, i] - values) / U[i, i], U[i, i:])
    assert (gptq(W, H, points) == expected).mean() > 0.99  # ours is in float32


def test_descent_ends_where_no_single_change_helps():
    W, H = RNG.normal(size=(3, 5)).astype(np.float32), damped(gram(X[:, :5]))
    points = GridPoints(0.5, 0, -2, 2, W.shape)
    codes = coordinate_descent(W, H, points, np.zeros(W.shape), sweeps=50)
    least = error(W, points, codes, H)
    for row, column, code in product(range(3), range(5), range(-2, 3)):
        changed = codes.copy()
        changed[row, column] = code
        assert error(W, points, changed, H)[row] >= least[row] * (1 - 1e-5)


def test_descent_leaves_its_argument_alone_and_stops_by_itself():
    codes = rounded(W, grid_of(W)).astype(np.int16)
    before = codes.copy()
    once = coordinate_descent(W, damped(gram(X)), grid_of(W), codes, sweeps=60)
    assert (codes == before).all()
    assert (once == coordinate_descent(W, damped(gram(X)), grid_of(W), once, sweeps=1)).all()


def test_tables_of_least_squares_are_those_of_the_normal_equations():
    H, group_size = damped(gram(X)), 4
    indices = RNG.integers(0, 4, W.shape)
    lut = np.repeat(TABLE, 2, axis=0)
    found = least_squares_tables(W, H, lut, indices, group_size)
    for group, rows in enumerate((slice(0, 4), slice(4, 7))):
        spread = np.eye(4)[indices[rows]]  # (rows, P, entries)
        normal = np.einsum("rpk,pq,rql->kl", spread, H, spread)
        expected = np.linalg.solve(normal, np.einsum("rpk,pq,rq->k", spread, H, W[rows]))
        np.testing.assert_allclose(found[group], expected, rtol=1e-3, atol=1e-4)


def test_entries_that_are_fixed_or_unused_stay():
    indices = RNG.integers(0, 3, W.shape)
    found = least_squares_tables(W, damped(gram(X)), TABLE, indices, len(W), fixed=TABLE == 0)
    assert found[0, 2] == 0 and found[0, 3] == TABLE[0, 3] and found[0, 0] != TABLE[0, 0]


@pytest.mark.parametrize("group_size", [3, 7])
@pytest.mark.parametrize("mask", [None, MASK], ids=["dense", "pruned"])
def test_output_aware_palettes(group_size, mask):
    W0, H = W if mask is None else W * mask, damped(gram(X))
    start = np.repeat(TABLE, -(-7 // group_size), axis=0)
    points = TablePoints(start, group_size, W.shape, mask)
    lut, indices = output_aware_palette(W0, H, start, group_size, mask=mask)
    assert lut.shape == start.shape and (np.diff(lut, axis=1) >= 0).all()
    assert indices.dtype == np.uint8 and lut.dtype == np.float32
    fresh = TablePoints(lut, group_size, W.shape, mask)
    plain = gptq(W0, H, points, order="activation")
    assert error(W0, fresh, indices, H).sum() < 0.9 * error(W0, points, plain, H).sum()
    if mask is not None:
        assert not fresh.values(indices)[~mask].any()


HARD = {
    "constant rows": (np.full((3, 6), 0.25, np.float32), X[:, :6]),
    "zeros": (np.zeros((3, 6), np.float32), X[:, :6]),
    "one row": (W[:1], X),
    "one column": (W[:, :1], X[:, :1]),
    "one weight": (W[:1, :1], X[:, :1]),
    "all inputs dead": (W, np.zeros_like(X)),
    "some inputs dead": (W, X * (np.arange(61) % 3 > 0)),
    "equal inputs": (W, np.repeat(X[:, :1], 61, axis=1)),
    "fewer samples than inputs": (W, X[:5]),
    "one sample": (W, X[:1]),
    "tiny weights": (W * np.float32(1e-30), X),
    "huge inputs": (W, X * np.float32(1e12)),
}


@pytest.mark.parametrize("name", HARD)
@every_order
def test_hard_cases_are_never_worse_than_rounding(name, order):
    W, X = HARD[name]
    H, points = damped(gram(X.astype(np.float32))), grid_of(W, bits=3)
    nearest = rounded(W, points)
    found = coordinate_descent(W, H, points, gptq(W, H, points, order=order))
    assert np.isfinite(points.values(found)).all() and found.min() >= 0 and found.max() <= 7
    limit = error(W, points, nearest, H).sum()
    assert error(W, points, found, H).sum() <= limit * 1.001 + 1e-30
    if name == "all inputs dead":
        assert (found == nearest).all()
    lut = np.sort(np.unique(W)[None, [0, -1]] if W.size > 1 else np.float32([[0, 1]]), axis=1)
    lut, indices = output_aware_palette(W, H, lut, len(W))
    assert np.isfinite(lut).all() and indices.max() < lut.shape[1]


def test_all_pruned_stays_zero():
    mask, H = np.zeros(W.shape, bool), damped(gram(X))
    for kind in (grid_of, table_of):
        points = kind(np.zeros_like(W), mask=mask)
        codes = coordinate_descent(W, H, points, gptq(W, H, points))
        assert not points.values(codes).any()
    lut, indices = output_aware_palette(W, H, TABLE, 7, mask=mask)
    assert not lut[0, indices].any()


def test_tables_of_groups_are_searched_apart():
    lut = np.sort(RNG.normal(size=(4, 9)).astype(np.float32), axis=1)
    W = (2 * RNG.normal(size=(10, 8))).astype(np.float32)  # groups of 3 rows, the last one shorter
    points = TablePoints(lut, 3, W.shape)
    for column in range(8):
        indices, values = points.nearest(column, W[:, column])
        expected = np.abs(lut[np.arange(10) // 3] - W[:, column, None]).argmin(axis=1)
        assert (indices == expected).all() and (values == lut[np.arange(10) // 3, expected]).all()


def test_one_entry_is_always_the_nearest():
    assert not gptq(W, damped(gram(X)), TablePoints(np.float32([[0.1]]), 7, W.shape)).any()


def test_refuses_an_unknown_order():
    with pytest.raises(ValueError, match="order is 'random'; choose 'natural' or 'activation'"):
        gptq(W, damped(gram(X)), grid_of(W), order="random")
