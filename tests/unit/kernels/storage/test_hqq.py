"""HQQ where its outcome is known beforehand; tests/parity holds it against the published code."""

import numpy as np
import pytest

from kernels.storage import affine
from kernels.storage.granularity import spread_blocks
from kernels.storage.hqq import codes_of, dequantize, hqq, with_zero
from kernels.weight import RealAffine

RNG = np.random.default_rng(8)
FC = (RNG.normal(size=(7, 41)) / 6).astype(np.float32)
CONV = (RNG.laplace(size=(5, 7, 3, 2)) / 6).astype(np.float32)


def decoded(weight, bits, block_shape):
    scale, zero_point = hqq(weight, bits=bits, block_shape=block_shape)
    codes = codes_of(weight, scale, zero_point, bits=bits, block_shape=block_shape)
    assert codes.min() >= 0 and codes.max() < 2**bits and scale.dtype == zero_point.dtype == np.float32
    zero_point, scale = (spread_blocks(each, block_shape, weight.shape) for each in (zero_point, scale))
    return (codes - zero_point) * scale


@pytest.mark.parametrize("bits", [2, 3, 4])
@pytest.mark.parametrize(("weight", "block_shape"), [(FC, (1, 41)), (FC, (1, 16)), (CONV, (1, 7, 3, 2))])
def test_is_closer_than_rounding_to_the_same_scale(weight, block_shape, bits):
    plain = affine.dequantize(affine.encode(weight, bits=bits, symmetric=False, block_shape=block_shape))
    assert np.abs(decoded(weight, bits, block_shape) - weight).mean() <= np.abs(plain - weight).mean()


@pytest.mark.parametrize("value", [0, 3, -0.1, 1e-38])
def test_constant_blocks_are_met_exactly(value):
    weight = np.full((2, 3), value, dtype=np.float32)
    np.testing.assert_allclose(decoded(weight, 2, (1, 3)), weight, rtol=1e-6)


def test_a_single_weight():
    np.testing.assert_allclose(decoded(FC[:1, :1], 1, (1, 1)), FC[:1, :1], rtol=1e-6)


@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_ends_of_float32(size):
    assert np.isfinite(decoded(FC * np.float32(size), 3, (1, 41))).all()


def test_a_grid_gets_a_zero_where_weights_are_pruned():
    codes, scale, zero_point = np.int16([[0, 1, 2, 3]]), np.float32([[0.5]]), np.float32([[1.25]])
    form = RealAffine(codes, scale, zero_point, 2, (1, 4))
    assert dequantize(form).tolist() == [[-0.625, -0.125, 0.375, 0.875]]
    fresh = with_zero(form, np.array([[True, False, True, True]]))
    assert fresh.zero_point.dtype == np.int16 and affine.dequantize(fresh).tolist() == [[-0.5, 0, 0.5, 1]]
