"""Short floating point numbers and short scales, worked out by hand."""

import numpy as np
import pytest

from kernels.storage import affine, floats, scales
from kernels.storage.floats import decode8, encode8, from_fp8, round16, to_bf16, to_fp8


def row(*values):
    return np.array([values], dtype=np.float32)


def test_fp8_numbers():
    numbers = from_fp8(np.arange(127, dtype=np.uint8))
    assert numbers[:4].tolist() == [0, 2**-9, 2**-8, 3 * 2**-9]  # steps of 2**-9 up to ...
    assert numbers[8] == 2**-6 and numbers[9] == 9 * 2**-9  # ... the first with all four digits
    assert numbers[0x38] == 1 and numbers[0x39] == 1.125 and numbers[126] == 448
    assert (np.diff(numbers) > 0).all() and (from_fp8(np.arange(128, 255, dtype=np.uint8)) == -numbers).all()


def test_fp8_rounds_half_to_even_and_ends_at_448():
    assert from_fp8(to_fp8(row(1.0625, 1.1875, 2**-10, 3 * 2**-10))).tolist() == [[1, 1.25, 0, 2**-8]]
    assert from_fp8(to_fp8(row(1.9375, 0.0155, 447, 463, 1e30, -1e30))).tolist() == [[2, 2**-6, 448, 448, 448, -448]]
    assert np.signbit(from_fp8(to_fp8(row(-0.0))))


def test_every_fp8_number_is_its_own_nearest():
    codes = np.setdiff1d(np.arange(256, dtype=np.uint8), [127, 255])
    assert (to_fp8(from_fp8(codes)) == codes).all()


def test_bf16_is_the_upper_half_of_float32():
    values = np.random.default_rng(0).normal(size=99).astype(np.float32)
    assert (np.abs(round16(values, "bfloat") - values) <= np.abs(values) / 256).all()
    assert (round16(values, "bfloat").view(np.uint32) % 2**16 == 0).all()
    assert to_bf16(row(3.3895314e38)).tolist() == [[0x7F7F]]  # the largest


def test_fp8_scales_bring_the_largest_of_each_block_to_the_end():
    form = encode8(row(1, -896, 0, 0, 3), block_shape=(1, 2), store_scale=scales.exact)
    assert form.scale.tolist() == [[2, 1, np.float32(3 / 448)]]
    assert decode8(form)[0, :4].tolist() == [1, -896, 0, 0] and decode8(form)[0, 4] == pytest.approx(3)


def test_scales_are_rounded_up_so_that_nothing_is_clipped():
    weight = row(0.1, 0.7, 12.7, -3).reshape(2, 2)
    for store in scales.STORE.values():
        form = affine.encode(weight, bits=8, symmetric=True, block_shape=(1, 2), store_scale=store)
        wanted, _ = affine.choose_qparams(weight, bits=8, symmetric=True, block_shape=(1, 2))
        assert (form.scale >= wanted * np.float32(1 - 2**-23)).all()
        assert (np.abs(affine.dequantize(form) - weight) <= form.scale / 2 * 1.00001).all()


def test_fp16_scales_are_never_zero_and_never_infinite():
    fresh, form = scales.halves(np.float32([1e-38, 1e38]))
    assert fresh.tolist() == [2**-24, 65504] and form.bits == 16


def test_integer_scales_share_one_scale():
    fresh, form = scales.doubled(np.float32([[510, 3.9, 2]]))
    assert form.codes.tolist() == [[255, 2, 1]] and form.scale.tolist() == [[2]] and fresh.tolist() == [[510, 4, 2]]
    assert (affine.dequantize(form) == fresh).all()


def test_zero_points_follow_the_scales_that_are_stored():
    weight = np.random.default_rng(1).uniform(-1, 3, (6, 40)).astype(np.float32)
    form = affine.encode(weight, bits=4, symmetric=False, block_shape=(1, 8), store_scale=scales.doubled)
    assert (form.zero_point == np.rint(-np.minimum(weight.reshape(6, 5, 8).min(2), 0) / form.scale)).all()


@pytest.mark.parametrize("kind", floats.LARGEST)
def test_ends_of_the_types(kind):
    largest = np.float32(floats.LARGEST[kind])
    if kind == "fp8":
        assert from_fp8(to_fp8(np.array([largest])))[0] == largest
    else:
        assert round16(np.array([largest]), "bfloat" if kind == "bf16" else "float")[0] == largest
