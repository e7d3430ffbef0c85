"""Quantize: store weights, or the table of a palette, as small integers or half-precision numbers."""

import numpy as np

from kernels import affine, lookup
from kernels.encoding import EMPTY, encoded, require_finite
from kernels.granularity import block_shape_of
from kernels.technique import Float, Palette, Parameter, Skipped, Technique

LARGEST_FP16 = 65_504.0


def quantize(weights, params, setting):
    """Every weight as integers, one scale per block, or as half-precision numbers. Contract: `Technique.apply`."""
    require_finite(weights)
    return [_one(*pair) if pair[0].values.size else EMPTY for pair in zip(weights, params, strict=True)]


def _one(weight, params):
    return (_to_float16 if params["dtype"] == "fp16" else _to_integers)(weight, params)


def _to_float16(weight, params):
    largest = float(np.abs(weight.values).max())
    if largest > LARGEST_FP16:
        return Skipped(f"its largest weight is {largest:.3g}, and fp16 ends at {LARGEST_FP16:.0f}")
    if isinstance(weight.form, Palette):
        return encoded(weight, lookup.with_table(weight.form, Float(16)))
    return encoded(weight, Float(16))


def _to_integers(weight, params):
    largest = float(np.abs(weight.values).max())
    if largest > affine.LARGEST:
        return Skipped(f"its largest weight is {largest:.3g}, too close to the end of float32 for a scale")
    bits, granularity, notes = params["bits"], params["granularity"], []
    symmetric = params["scheme"] == "symmetric" and bits > 1
    if bits == 1 and params["scheme"] == "symmetric":
        notes.append("1 bit has two values and one of them is zero, so the scheme is asymmetric.")
    if isinstance(weight.form, Palette):
        return encoded(weight, lookup.quantize_table(weight.form, bits=bits, symmetric=symmetric), *notes)
    if granularity == "per_block" and weight.values.shape[1] == 1:
        granularity = "per_channel"
        notes.append("It has one input channel: a block would be a single weight, so scales are per channel.")
    block_shape = block_shape_of(granularity, weight.values.shape, params["block_size"])
    form = affine.encode(weight.values, bits=bits, symmetric=symmetric, block_shape=block_shape)
    return encoded(weight, form, *notes)


TECHNIQUE = Technique(
    id="quantize",
    label="Quantize",
    summary="Round every weight to an evenly spaced grid and store the number of its grid point.",
    parameters=(
        Parameter(
            "bits", "int", 8, low=1, high=8, step=1, label="bits", unit="bit", primary=True,
            help="An integer grid has up to 2**bits points. After palettize it is the table that is quantized.",
        ),
        Parameter(
            "dtype", "choice", "int", choices=("int", "fp16"), labels=("integer", "fp16"), label="type",
            help="Integers with a scale, or half-precision numbers of 16 bits that need none.",
        ),
        Parameter(
            "scheme", "choice", "symmetric", choices=("symmetric", "asymmetric"), labels=("symmetric", "asymmetric"),
            label="scheme", only_when=("dtype", ("int",)),
            help="Symmetric: from -max to max. Asymmetric: from min to max, with a zero point that says where zero is.",
        ),
        Parameter(
            "granularity", "choice", "per_channel", choices=("per_tensor", "per_channel", "per_block"),
            labels=("per tensor", "per channel", "per block"), label="granularity", only_when=("dtype", ("int",)),
            help="How many weights share one scale. Fewer weights follow the data better and cost more scales.",
        ),
        Parameter(
            "block_size", "choice", 32, choices=(16, 32, 64, 128), labels=("16", "32", "64", "128"), label="block size",
            only_when=("granularity", ("per_block",)), help="Weights along the input channels that share one scale.",
        ),
    ),
    apply=quantize,
    source="Jacob et al., CVPR 2018, arXiv 1712.05877",
)  # fmt: skip
