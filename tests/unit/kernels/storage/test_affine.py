"""The integer grid: scales, zero points and codes worked out by hand."""

import numpy as np
import pytest

from kernels.storage import affine
from kernels.storage.affine import choose_qparams, dequantize, encode, grid


def row(*values):
    return np.array([values], dtype=np.float32)


def coded(weight, bits, symmetric, block_shape=None):
    return encode(weight, bits=bits, symmetric=symmetric, block_shape=block_shape or weight.shape)


def test_symmetric_grid_is_narrow():
    form = coded(row(-7, 3.4, 7, 0), 4, True)
    assert form.codes.tolist() == [[-7, 3, 7, 0]] and form.scale.tolist() == [[1]] and form.zero_point.tolist() == [[0]]
    assert form.codes.dtype == form.zero_point.dtype == np.int16 and form.scale.dtype == np.float32


def test_asymmetric_grid_runs_from_lowest_to_highest():
    form = coded(row(-1, 0, 2, 1.4), 2, False)
    assert form.codes.tolist() == [[0, 1, 3, 2]] and form.scale.tolist() == [[1]] and form.zero_point.tolist() == [[1]]
    assert dequantize(form).tolist() == [[-1, 0, 2, 1]]


def test_zero_stays_on_the_grid_of_positive_weights():
    form = coded(row(3, 6), 2, False)
    assert form.zero_point.tolist() == [[0]] and form.scale.tolist() == [[2]] and dequantize(form).tolist() == [[4, 6]]


def test_half_way_goes_to_the_even_code():
    assert coded(row(3, 0.5, 1.5, 2.5, -0.5, -2.5), 3, True).codes.tolist() == [[3, 0, 2, 2, 0, -2]]


def test_one_bit_holds_zero_and_one_other_value():
    assert np.unique(dequantize(coded(row(-1, 0.2, 3), 1, False))).tolist() == [0, 4]
    assert np.unique(dequantize(coded(row(-3, 0.2, 1), 1, False))).tolist() == [-4, 0]


@pytest.mark.parametrize("bits,symmetric", [(1, True), (0, False), (9, False), (9, True)])
def test_refuses_bits_without_a_grid(bits, symmetric):
    with pytest.raises(ValueError, match=f"bits is {bits}; choose {2 if symmetric else 1} to 8"):
        grid(bits, symmetric)


def test_block_of_zeros_gets_scale_one():
    weight = row(0, 0, -3)
    for symmetric in (True, False):
        scale, _ = choose_qparams(weight, bits=3, symmetric=symmetric, block_shape=(1, 2))
        assert scale[0, 0] == 1
        assert dequantize(coded(weight, 3, symmetric, (1, 2))).tolist() == [[0, 0, -3]]


def test_last_block_may_be_shorter():
    form = coded(row(1, 2, 30, 10, 500), 8, True, (1, 2))
    assert form.scale.shape == (1, 3)
    assert dequantize(form)[0, [1, 2, 4]].tolist() == [2, 30, 500]


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("size", [1e-45, 1e-38, affine.LARGEST])
def test_ends_of_float32(size, symmetric):
    weight = row(-size, size, size / 3)
    for bits in (2, 8):
        form = coded(weight, bits, symmetric)
        assert np.isfinite(form.scale).all() and (form.scale > 0).all()
        assert (np.abs(dequantize(form) - weight) <= form.scale * np.float32(0.5001)).all()
