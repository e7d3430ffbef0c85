"""Floats, written to a file and decoded by onnxruntime, give back the weight bit for bit; fp8 is in `test_affine`."""

import numpy as np
import pytest

from app.network.encodings import candidates
from kernels.storage import low_rank
from kernels.weight import Float, Weight
from tests.made.encoded import DENSITIES, SHAPES, assert_all_decode, masked, single


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("form", [Float(16), Float(16, "bfloat"), Float(32)], ids=["fp16", "bf16", "fp32"])
def test_floats_decode_exactly(shape, form, density, monkeypatch):
    assert_all_decode(masked(shape, lambda values: form, density), monkeypatch)


def test_positions_win_where_next_to_nothing_is_left(monkeypatch):
    for shape in ((64, 64), (300, 70), (5, 300, 3, 3)):
        values = np.zeros(shape, np.float32)
        values.flat[[0, 70, 4000]] = 1, -2, 3
        weight = Weight("only", values, mask=values != 0)
        with monkeypatch.context() as patch:
            assert_all_decode(weight, patch)
        assert single(shape)[0].write([weight]).stored["only"].label == "COO + float32"


def test_minus_zero_keeps_its_sign(monkeypatch):
    values = np.array([[-0.0, 1.0, 0.0]], np.float32)
    assert_all_decode(Weight("only", values, Float(32), np.array([[True, True, False]])), monkeypatch)


@pytest.mark.parametrize(("shape", "bits"), [((31, 45), 24), ((64, 8, 3, 3), 21)])
def test_factors_take_as_many_bits_as_their_grid_has(shape, bits, monkeypatch):
    factor, _ = low_rank.factors(*low_rank.decompose(np.random.default_rng(0).standard_normal((shape[0], 800))), 9999)
    values = np.resize(factor, shape)
    plain, gridded = candidates(Weight("only", values), "only.weight")
    assert gridded.fragment.cost["payload"] == bits * values.size / 8
    assert plain.label == gridded.label and f"{bits} bits" in gridded.note
    assert_all_decode(Weight("only", values), monkeypatch)
    sparse = np.where(np.random.default_rng(1).random(shape) < 0.6, values, np.float32(0))
    assert any("24 bits" in each.note for each in candidates(Weight("only", sparse), "only.weight"))
    assert_all_decode(Weight("only", sparse), monkeypatch)
    assert len([*candidates(Weight("only", values / np.float32(3)), "only.weight")]) == 1, "others are on no grid"
