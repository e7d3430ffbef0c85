"""Integers with scales, written to a file and decoded by onnxruntime, give back the weight bit for bit."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from kernels.storage import affine, hqq
from kernels.storage.floats import encode8
from kernels.storage.granularity import GRANULARITIES, block_shape_of
from kernels.storage.scales import STORE
from kernels.weight import Weight
from tests.made.encoded import DENSITIES, SHAPES, assert_all_decode, masked, options, single

BITS = range(1, 9)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("scales", STORE)
def test_fp8_and_int16_decode_exactly(shape, granularity, scales, density, monkeypatch):
    rule = options(shape, granularity, scales)
    assert_all_decode(masked(shape, partial(encode8, **rule), density), monkeypatch)
    assert_all_decode(masked(shape, partial(affine.encode, bits=16, symmetric=True, **rule), density), monkeypatch)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", [*SHAPES, (40, 64)])  # the last has scales enough to make them smaller
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("scales", ["fp16", "int8"])
def test_integers_with_smaller_scales_decode_exactly(shape, granularity, scales, density, monkeypatch):
    rule = options(shape, granularity, scales)
    for bits, symmetric in ((3, True), (4, False), (8, True)):
        encode = partial(affine.encode, bits=bits, symmetric=symmetric, **rule)
        assert_all_decode(masked(shape, encode, density), monkeypatch)


def test_scales_are_stored_as_smaller_numbers_where_that_pays():
    values = np.random.default_rng(0).standard_normal((40, 64)).astype(np.float32)
    costs = {}
    for scales in STORE:
        form = affine.encode(values, bits=4, symmetric=True, **options(values.shape, "per_block", scales))
        stored = single(values.shape)[0].write([Weight("only", affine.dequantize(form), form)]).stored["only"]
        costs[scales] = stored.cost["scales"]
        assert stored.cost["payload"] == 40 * 64 / 2
    assert costs == {"fp32": 40 * 13 * 4, "fp16": 40 * 13 * 2, "int8": 40 * 13 + 4}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("scales", STORE)
def test_real_zero_points_decode_exactly(shape, granularity, scales, monkeypatch):
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    for bits in (1, 3, 4, 8):
        form = hqq.encode(values, bits=bits, **options(shape, granularity, scales))
        assert form.zero_point.dtype == np.float32
        weight = Weight("only", hqq.dequantize(form), form)
        assert_all_decode(weight, monkeypatch)
        assert_all_decode(replace(weight, mask=np.ones(shape, bool)), monkeypatch)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("symmetric", [True, False])
def test_integers_decode_exactly(shape, granularity, symmetric, density, monkeypatch):
    block_shape = block_shape_of(granularity, shape, block_size=5 if len(shape) == 2 else 2)  # the last one is shorter
    for bits in BITS:
        if bits > 1 or not symmetric:
            encode = partial(affine.encode, bits=bits, symmetric=symmetric, block_shape=block_shape)
            assert_all_decode(masked(shape, encode, density), monkeypatch)
