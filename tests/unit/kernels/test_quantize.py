"""Every option of quantize, and what it says where one does not apply."""

import numpy as np
import pytest

from kernels.storage.distortion import mse
from kernels.technique import Skipped
from kernels.weight import Affine, Float, Float8, Palette, RealAffine, Weight
from tests.techniques import run

RNG = np.random.default_rng(0)
FC = Weight("fc", RNG.standard_normal((48, 320)).astype(np.float32))
HEAVY = Weight("heavy", (RNG.laplace(size=(48, 320)) / 10).astype(np.float32))  # outliers in every row
SCALED = {"int": {}, "int16": {"dtype": "int16"}, "fp8": {"dtype": "fp8"}}


def quantized(weight, **params):
    return run("quantize", [weight], params)[0]


def error(weight, **params):
    return mse(weight.values, quantized(weight, **params).values)


def test_each_type_has_its_form():
    kinds = {dtype: quantized(FC, dtype=dtype).form for dtype in ("int", "int16", "fp16", "bf16", "fp8")}
    assert (kinds["int"].bits, kinds["int16"].bits) == (8, 16) and isinstance(kinds["int16"], Affine)
    assert isinstance(kinds["fp8"], Float8) and kinds["fp8"].scale.shape == (48, 1)
    assert [(kinds[dtype].bits, kinds[dtype].kind) for dtype in ("fp16", "bf16")] == [(16, "float"), (16, "bfloat")]


def test_finer_types_are_nearer():
    errors = [error(FC, dtype=dtype) for dtype in ("int16", "fp16", "bf16", "fp8")]
    assert errors == sorted(errors) and error(FC, bits=8) < errors[-1] < error(FC, bits=4)


@pytest.mark.parametrize("dtype", SCALED)
def test_scales_as_fp16_or_integers_cost_little(dtype):
    rule = {**SCALED[dtype], "granularity": "per_block", "block_size": 16}
    exact, half, double = (error(FC, scales=scales, **rule) for scales in ("fp32", "fp16", "int8"))
    # With exact scales one weight of 16 has no error, and that is lost; the wider step itself adds one in a hundred.
    assert half < 1.08 * exact and double < 1.1 * exact
    assert isinstance(quantized(FC, scales="int8", **rule).form.scale_form, Affine)


def test_a_shorter_range_pays_where_there_are_outliers():
    minmax, mse_range = (error(HEAVY, bits=3, range=method) for method in ("minmax", "mse"))
    percentile = error(HEAVY, bits=3, range="percentile", percentile=98)
    assert mse_range < percentile < minmax and mse_range < 0.7 * minmax
    assert error(HEAVY, bits=3, range="percentile", percentile=100) == minmax


def test_hqq_has_real_zero_points_and_stays_near():
    coded = quantized(FC, range="hqq", bits=4)
    assert isinstance(coded.form, RealAffine) and coded.form.zero_point.dtype == np.float32
    assert (np.abs(coded.values - FC.values) <= 2 * coded.form.scale).all()
    assert error(FC, range="hqq", bits=4) < error(FC, bits=4)


def test_hqq_needs_weights_without_exact_zeros():
    (pruned,) = run("prune", [FC], {"sparsity": 0.5})
    assert "pruned, and the grids of HQQ have no exact zero" in quantized(pruned, range="hqq").reason
    assert isinstance(quantized(pruned, range="hqq", dtype="int16"), Weight)  # has no range to choose
    (palette,) = run("palettize", [FC], {})
    assert "its table needs an exact zero" in quantized(palette, range="hqq").reason
    large = Weight("large", np.float32([[1e37] * 20]))
    assert "too large for the sums" in quantized(large, range="hqq").reason


def test_pruning_after_hqq_moves_to_a_grid_with_a_zero():
    coded = quantized(FC, range="hqq", bits=4, scales="int8", granularity="per_block")
    (kept,) = run("prune", [coded], {"sparsity": 0.0})
    assert (kept.values == coded.values).all()  # nothing pruned, nothing changed
    (pruned,) = run("prune", [coded], {"sparsity": 0.5})
    assert isinstance(pruned.form, Affine) and pruned.form.zero_point.dtype == np.int16
    assert isinstance(pruned.form.scale_form, Affine)
    assert (pruned.values == 0).sum() >= FC.values.size / 2 and not pruned.values[~pruned.mask].any()
    assert "no point at zero" in pruned.notes[-1]
    steps = np.repeat(pruned.form.scale, 32, axis=1)
    assert (np.abs(pruned.values - coded.values)[pruned.mask] <= steps[pruned.mask]).all()


def test_what_a_table_can_be():
    (palette,) = run("palettize", [FC], {"bits": 3})
    assert quantized(palette, dtype="bf16").form.lut_form.kind == "bfloat"
    for dtype in ("int16", "fp8"):
        assert "choose integer, fp16 or bf16" in quantized(palette, dtype=dtype).reason
    shared = quantized(palette, range="mse")
    assert isinstance(shared.form, Palette) and "the range of its table is min-max" in shared.notes[-1]


def test_what_16_bits_cannot_hold():
    assert quantized(Weight("w", np.float32([[3.3e38]])), dtype="bf16").form.kind == "bfloat"
    assert quantized(Weight("w", np.float32([[3.4e38]])), dtype="bf16") == Skipped(
        "its largest weight is 3.4e+38, and bf16 ends at 3.38953e+38"
    )
    wide = Weight("w", np.float32([[1e9, 1]]))
    assert "scales would go beyond 65504" in quantized(wide, scales="fp16").reason
    assert isinstance(quantized(wide, scales="int8"), Weight)
    assert isinstance(quantized(wide, dtype="bf16").form, Float)
