"""Quantize: store weights, or the table of a palette, as small integers or short floating point numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from kernels.storage import affine, floats, hqq, lookup
from kernels.storage.encoding import EMPTY, encoded, require_finite
from kernels.storage.granularity import block_shape_of
from kernels.storage.ranges import ranges
from kernels.storage.scales import LARGEST_FP16, STORE, StoredScale
from kernels.technique import Outcome, Parameter, Setting, Skipped, Technique
from kernels.weight import Affine, Float, Palette, RealAffine, Weight

SIXTEEN = {"fp16": Float(16), "bf16": Float(16, "bfloat")}


def quantize(weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], setting: Setting) -> Outcome:
    """Every weight as integers or fp8 numbers with scales, or as numbers of 16 bits. Contract: `Technique.apply`."""
    require_finite(weights)
    return [_one(*pair) if pair[0].values.size else EMPTY for pair in zip(weights, params, strict=True)]


def _one(weight: Weight, params: Mapping[str, Any]) -> Weight | Skipped:
    largest = float(np.abs(weight.values).max())
    if params["dtype"] in SIXTEEN:
        return _as_floats(weight, params["dtype"], largest)
    if largest > affine.LARGEST:
        return Skipped(f"its largest weight is {largest:.3g}, too close to the end of float32 for a scale")
    if isinstance(weight.form, Palette):
        return _table(weight, params)
    if params["range"] == "hqq" and params["dtype"] == "int":
        if weight.mask is not None and not weight.mask.all():
            return Skipped("it is pruned, and the grids of HQQ have no exact zero; choose another range")
        if largest * weight.values.size > affine.LARGEST:
            return Skipped(f"its largest weight is {largest:.3g}, too large for the sums that HQQ takes")
    return _with_scales(weight, params)


def _as_floats(weight: Weight, dtype: str, largest: float) -> Weight | Skipped:
    """The weight, or its table, as numbers of 16 bits."""
    if largest > floats.LARGEST[dtype]:
        return Skipped(f"its largest weight is {largest:.3g}, and {dtype} ends at {floats.LARGEST[dtype]:.6g}")
    if isinstance(weight.form, Palette):
        return encoded(weight, lookup.with_table(weight.form, SIXTEEN[dtype]))
    return encoded(weight, SIXTEEN[dtype])


def _table(weight: Weight, params: Mapping[str, Any]) -> Weight | Skipped:
    """The weight with the table of its palette as integers."""
    if params["dtype"] != "int":
        return Skipped("it is a palette, and its table is small; choose integer, fp16 or bf16 for it")
    if params["range"] == "hqq":
        return Skipped("it is a palette, and its table needs an exact zero, which HQQ does not keep")
    plain = params["range"] == "minmax" and params["scales"] == "fp32"
    notes = () if plain else ("It is a palette: the range of its table is min-max, and the scale of that is fp32.",)
    symmetric, said = _scheme(params)
    form = lookup.quantize_table(weight.form, bits=params["bits"], symmetric=symmetric)
    return encoded(weight, form, *said, *notes)


def _with_scales(weight: Weight, params: Mapping[str, Any]) -> Weight | Skipped:
    """The weight as integers or fp8 numbers, one scale per block."""
    granularity, dtype, notes = params["granularity"], params["dtype"], []
    if granularity == "per_block" and weight.values.shape[1] == 1:
        granularity = "per_channel"
        notes.append("It has one input channel: a block would be a single weight, so scales are per channel.")
    rule = {"block_shape": block_shape_of(granularity, weight.values.shape, params["block_size"])}
    rule["store_scale"] = STORE[params["scales"]]
    if dtype == "fp8":
        form = floats.encode8(weight.values, **rule)
    elif dtype == "int16":
        form = affine.encode(weight.values, bits=16, symmetric=True, **rule)
    elif params["range"] == "hqq":
        form = hqq.encode(weight.values, bits=params["bits"], **rule)
    else:
        symmetric, said = _scheme(params)
        form = _integers(weight.values, params, symmetric, **rule)
        notes += said
    if params["scales"] == "fp16" and form.scale.max() >= LARGEST_FP16:
        return Skipped(f"its scales would go beyond {LARGEST_FP16:.0f}, where fp16 ends; choose fp32 or int8 scales")
    return encoded(weight, form, *notes)


def _integers(
    values: np.ndarray,
    params: Mapping[str, Any],
    symmetric: bool,
    *,
    block_shape: tuple[int, ...],
    store_scale: Callable[[np.ndarray], StoredScale],
) -> Affine | RealAffine:
    grid = {"bits": params["bits"], "symmetric": symmetric, "block_shape": block_shape}
    reach = None
    if params["range"] != "minmax":
        reach = ranges(values, method=params["range"], share=params["percentile"] / 100, **grid)
    return affine.encode(values, reach=reach, store_scale=store_scale, **grid)


def _scheme(params: Mapping[str, Any]) -> tuple[bool, tuple[str, ...]]:
    """Whether the grid is symmetric, and what there is to say about it."""
    symmetric = params["scheme"] == "symmetric"
    if symmetric and params["bits"] == 1:
        return False, ("1 bit has two values and one of them is zero, so the scheme is asymmetric.",)
    return symmetric, ()


_SCALED = ("int", "int16", "fp8")
"The types that have scales."

TECHNIQUE = Technique(
    id="quantize",
    label="Quantize",
    summary="Round every weight to a coarse grid and store the number of its grid point. The file becomes smaller, "
    "not faster: weights are turned back into floats when the model is loaded.",
    wins=("smaller",),
    alone=lambda params: True,
    parameters=(
        Parameter(
            "bits", "int", 8, low=1, high=8, step=1, label="bits", unit="bit", primary=True,
            help="An integer grid has up to 2**bits points. After palettize it is the table that is quantized.",
        ),
        Parameter(
            "dtype", "choice", "int", choices=("int", "int16", "fp16", "bf16", "fp8"),
            labels=("integer", "int16", "fp16", "bf16", "fp8 (e4m3)"), label="type",
            help="Integers of as many bits as the slider says, integers of 16 bits, or short floating point numbers.",
        ),
        Parameter(
            "granularity", "choice", "per_channel", choices=("per_tensor", "per_channel", "per_block"),
            labels=("per tensor", "per channel", "per block"), label="granularity", only_when=("dtype", _SCALED),
            help="How many weights share one scale. Fewer weights follow the data better and cost more scales.",
        ),
        Parameter(
            "block_size", "choice", 32, choices=(16, 32, 64, 128), labels=("16", "32", "64", "128"), label="block size",
            only_when=("granularity", ("per_block",)), help="Weights along the input channels that share one scale.",
        ),
        Parameter(
            "range", "choice", "minmax", choices=("minmax", "percentile", "mse", "hqq"),
            labels=("min-max", "percentile", "MSE", "HQQ"), label="range", only_when=("dtype", ("int",)),
            help="How far the grid reaches: to the outermost weights, to nearly all of them, to where the squared "
            "error is least, or where most weights are met and outliers forgiven (half-quadratic quantization).",
        ),
        Parameter(
            "percentile", "float", 99.9, low=90.0, high=100.0, step=0.1, label="percentile",
            only_when=("range", ("percentile",)), help="Of the weights of a block, how many in a hundred are in range.",
        ),
        Parameter(
            "scheme", "choice", "symmetric", choices=("symmetric", "asymmetric"), labels=("symmetric", "asymmetric"),
            label="scheme", only_when=("range", ("minmax", "percentile", "mse")),
            help="Symmetric: from -max to max. Asymmetric: from min to max, with a zero point that says where zero is.",
        ),
        Parameter(
            "scales", "choice", "fp32", choices=("fp32", "fp16", "int8"), labels=("fp32", "fp16", "int8 (double)"),
            label="scales", only_when=("dtype", _SCALED),
            help="How the scales are stored: exactly, or as shorter numbers, or as integers with a scale of their own "
            "(double quantization). Pays where blocks are small.",
        ),
    ),
    apply=quantize,
    source="Jacob et al., CVPR 2018, arXiv 1712.05877",
)  # fmt: skip
