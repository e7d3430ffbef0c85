"""Ranges of a grid: what each method promises, for every way to cut a weight into blocks."""

import numpy as np
import pytest

from kernels.storage import affine
from kernels.storage.granularity import block_shape_of
from kernels.storage.ranges import METHODS, ranges

RNG = np.random.default_rng(6)
FC = RNG.laplace(size=(7, 41)).astype(np.float32)
CONV = RNG.normal(size=(5, 7, 3, 2)).astype(np.float32)
BLOCKS = [(FC, FC.shape), (FC, (1, 41)), (FC, (1, 16)), (FC, (3, 41)), (CONV, (1, 7, 3, 2)), (CONV, (1, 3, 1, 1))]
every_block = pytest.mark.parametrize(("weight", "block_shape"), BLOCKS)
every_scheme = pytest.mark.parametrize("symmetric", [True, False], ids=["symmetric", "asymmetric"])


def error(weight, block_shape, bits, symmetric, method):
    rule = {"bits": bits, "symmetric": symmetric}
    least, most = ranges(weight, method=method, block_shape=block_shape, **rule)
    scale, zero_point = affine.qparams_of(least, most, **rule)
    codes = affine.quantize(weight, scale, zero_point, block_shape=block_shape, **rule)
    form = affine.Affine(codes, scale, zero_point, bits, symmetric, block_shape)
    return np.square(affine.dequantize(form) - weight).sum()


@every_block
@every_scheme
@pytest.mark.parametrize("method", METHODS)
def test_zero_is_inside_and_shapes_are_those_of_scales(weight, block_shape, symmetric, method):
    rule = {"bits": 4, "symmetric": symmetric, "block_shape": block_shape}
    least, most = ranges(weight, method=method, **rule)
    assert least.shape == most.shape == affine.choose_qparams(weight, **rule)[0].shape
    assert least.dtype == most.dtype == np.float32 and (least <= 0).all() and (most >= 0).all()


@every_block
@every_scheme
def test_minmax_is_the_range_without_clipping(weight, block_shape, symmetric):
    rule = {"bits": 4, "symmetric": symmetric}
    ends = ranges(weight, method="minmax", block_shape=block_shape, **rule)
    for ours, plain in zip(
        affine.qparams_of(*ends, **rule), affine.choose_qparams(weight, block_shape=block_shape, **rule), strict=True
    ):
        assert (ours == plain).all()


@every_block
@every_scheme
@pytest.mark.parametrize("bits", [2, 3, 4])
def test_mse_is_better_than_minmax(weight, block_shape, symmetric, bits):
    # up to the last bit of float32, for a symmetric grid may be scaled by exactly 1
    assert error(weight, block_shape, bits, symmetric, "mse") <= error(weight, block_shape, bits, symmetric, "minmax")


@every_scheme
def test_mse_is_close_to_a_search_over_every_factor(symmetric):
    least, most = ranges(FC, method="mse", block_shape=(1, 41), bits=3, symmetric=symmetric)
    rule = {"bits": 3, "symmetric": symmetric}
    found = np.zeros(len(FC)) + np.inf
    full = ranges(FC, method="minmax", block_shape=(1, 41), **rule)
    full = (-np.maximum(-full[0], full[1]), np.maximum(-full[0], full[1])) if symmetric else full
    errors = []
    for ends in [(least, most)] + [(full[0] * f, full[1] * f) for f in np.linspace(0.16, 1, 1000, dtype=np.float32)]:
        scale, zero_point = affine.qparams_of(*ends, **rule)
        codes = affine.quantize(FC, scale, zero_point, block_shape=(1, 41), **rule)
        errors.append(np.square((codes - zero_point) * scale - FC).sum(axis=1))
    found = np.min(errors[1:], axis=0)
    assert errors[0].sum() <= 1.05 * found.sum()


@pytest.mark.parametrize("share", [0.5, 0.9, 1.0])
def test_percentiles_are_those_of_numpy(share):
    rule = {"method": "percentile", "bits": 4, "share": share, "block_shape": (1, 41)}
    least, most = ranges(FC, symmetric=False, **rule)
    for end, place in ((least, (1 - share) / 2), (most, (1 + share) / 2)):
        np.testing.assert_allclose(end[:, 0], np.quantile(FC, place, axis=1), rtol=1e-5)
    least, most = ranges(FC, symmetric=True, **rule)
    np.testing.assert_allclose(most[:, 0], np.quantile(np.abs(FC), share, axis=1), rtol=1e-5)
    assert (least == -most).all()
    last = ranges(FC, symmetric=False, **{**rule, "block_shape": (1, 16)})[1][:, 2]  # nine weights, not sixteen
    np.testing.assert_allclose(last, np.quantile(FC[:, 32:], (1 + share) / 2, axis=1), rtol=1e-5)


@pytest.mark.parametrize("value", [0, 3, -3, 1e-45, affine.LARGEST, -affine.LARGEST])
@every_scheme
@pytest.mark.parametrize("method", METHODS)
def test_constant_blocks(value, symmetric, method):
    weight = np.full((2, 3), value, dtype=np.float32)
    with np.errstate(under="ignore", over="ignore"):
        least, most = ranges(weight, method=method, block_shape=(1, 3), bits=2, symmetric=symmetric)
    assert np.isfinite(least).all() and np.isfinite(most).all()
    assert (least <= 0).all() and (most >= 0).all() and (value == 0 or (most - least > 0).all())


def test_one_bit():
    assert error(FC, (1, 41), 1, False, "mse") < error(FC, (1, 41), 1, False, "minmax")
    assert block_shape_of("per_channel", FC.shape) == (1, 41)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"method": "kl"}, "method is 'kl'"), ({"method": "percentile", "share": 0}, "share is 0; choose")],
)
def test_refuses_in_words(options, message):
    with pytest.raises(ValueError, match=message):
        ranges(FC, block_shape=(1, 41), bits=4, symmetric=False, **options)
