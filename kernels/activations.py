"""Quantize activations: round what a layer reads to eight bits, so that it multiplies integers instead of floats.

The weights have to be integers as well: the sum of products of codes is exact, and one factor for each output channel,
the scale of the inputs times the scale of the weights, turns it into the layer's output. A step of the inputs is chosen
once from calibration samples (static), or anew from the inputs of every run (dynamic). With static inputs what a
convolution puts out is rounded at once, as most integer kernels do: on a grid for its own outputs, unless the next
layer's grid can take its place.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kernels.asking import Inputs, Progress
from kernels.calibrated.calibration import METHODS, calibrate
from kernels.storage import affine
from kernels.storage.encoding import EMPTY, encoded, require_finite
from kernels.storage.granularity import block_shape_of
from kernels.technique import Outcome, Parameter, Setting, Skipped, Technique
from kernels.weight import Activation, Affine, Float, Form, Palette, RealAffine, Weight

WEIGHTS_TOO = "Its weights became int8 per-channel: integer kernels take no others."
DYNAMIC_BITS = "Dynamic activations always have 8 bits."
FEW = 64
"""Inputs to each output of a convolution below which integer products save no time: rounding an output takes longer
(onnxruntime-web 1.30 and onnxruntime 1.30, measured)."""
LARGEST_BIAS = 2**30
"""Of a bias that is added to the sums of products, in their steps: half of int32, so that both together fit."""
VANISHED = "Weights of channels in which they are next to nothing beside the bias became zero."
STAYS = "Each output reads few inputs, so that integer products would save no time: its inputs stay floats"
_ONE = np.float32(1)
NO_FASTER = "Each output reads few inputs, so integers save no time here."


def quantize_activations(
    weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], setting: Setting
) -> Generator[Inputs | Progress, Any, Outcome]:
    """Layers with integer weights and quantized inputs. Contract: `Technique.apply`; a generator."""
    require_finite(weights)
    outcome = [_with_integers(weight) for weight in weights]
    network = {weight.name: weight for weight in weights}
    network.update({weight.name: weight for weight in outcome if not isinstance(weight, Skipped)})
    for i, (weight, chosen) in enumerate(zip(outcome, params, strict=True)):
        yield Progress(i / len(outcome), f"inputs of {weights[i].name}")
        if isinstance(weight, Skipped):
            continue
        few = weight.values.ndim > 2 and weight.values[0].size < FEW
        if few and chosen["where"] == "faster":
            outcome[i] = Skipped(STAYS) if weight is weights[i] else _noted(weight, f"{STAYS}.")
            continue
        notes = (NO_FASTER,) if few else ()
        if chosen["mode"] == "dynamic":
            notes += (DYNAMIC_BITS,) if chosen["bits"] != 8 else ()
            outcome[i] = replace(_noted(weight, *notes), activation=Activation())
        else:
            outcome[i] = yield from _static(_noted(weight, *notes), chosen, network)
    return outcome


def _static(
    weight: Weight, chosen: Mapping[str, Any], network: Mapping[str, Weight]
) -> Generator[Inputs | Progress, Any, Weight | Skipped]:
    """The weight with grids for what its layer reads, and for what a convolution puts out; Skipped if there is none."""
    inputs = yield Inputs(weight.name, network, whole=True)
    if not _finite(inputs):
        return Skipped("what it reads on the calibration samples is not finite")
    method, share = chosen["calibration"], chosen["percentile"] / 100
    scale, zero_point = calibrate(inputs, method=method, bits=chosen["bits"], share=share)
    if float(weight.form.scale.max()) * float(scale) > affine.LARGEST:
        return Skipped("the steps of its weights times those of its inputs go beyond float32")
    activation = Activation(chosen["bits"], scale, zero_point)
    if weight.values.ndim > 2:
        weight = _without_vanished(weight, scale)
        outputs = yield Inputs(weight.name, network, whole=True, behind=True)
        if _finite(outputs):
            scale, zero_point = calibrate(outputs, method=method, bits=8, share=share)
            activation = replace(activation, out_scale=scale, out_zero_point=zero_point)
    return replace(weight, activation=activation)


def bias_steps(weight: Weight, scale: np.float32) -> np.ndarray:
    """The bias in steps of the sums of products, if `scale` is that of the inputs: float64, whole, shape (C_out,)."""
    steps = np.broadcast_to(weight.form.scale.reshape(-1), len(weight.bias)) * scale
    return np.rint(weight.bias / steps.astype(np.float64))


def _without_vanished(weight: Weight, scale: np.float32) -> Weight:
    """The weight with zeros in channels whose weights are so small that the bias is no int32 in their steps.

    Such channels are left over from training. What they add is lost anyway when the output is rounded.
    """
    if weight.bias is None or weight.form.scale.size != len(weight.bias) or weight.form.scale_form is not None:
        return weight
    stays = (np.abs(bias_steps(weight, scale)) < LARGEST_BIAS).reshape(-1, *[1] * (weight.values.ndim - 1))
    if stays.all():
        return weight
    form = weight.form
    form = replace(form, codes=np.where(stays, form.codes, form.zero_point), scale=np.where(stays, form.scale, _ONE))
    return _noted(replace(weight, values=weight.values * stays, form=form), VANISHED)


def _finite(values: np.ndarray) -> bool:
    return bool(np.abs(values).max() <= affine.LARGEST)  # false for NaN, too


def _noted(weight: Weight, *notes: str) -> Weight:
    return replace(weight, notes=weight.notes + notes)


def obstacle(form: Form) -> str:
    """Why integer kernels cannot compute with weights of this form, as the end of a sentence; "" if they can.

    They take codes of at most eight bits with one scale for each output channel, and one zero point for all.

    >>> obstacle(Float(16))
    'its weights are no integers; quantize them to integers first'
    """
    match form:
        case Palette():
            return "its weights come from a table, not from an even grid; quantize them instead, or leave it out"
        case RealAffine():
            return "its weights have a grid without a zero; choose another range than HQQ"
        case Affine() if form.bits > 8:
            return f"its weights have {form.bits} bits, and integer kernels take 8; quantize them to 8 or fewer"
        case Affine() if form.block_shape[1:] != form.codes.shape[1:]:
            return "its weights have a scale for each block; choose per channel or per tensor"
        case Affine() if offset_of(form) + _above(form) > 255:
            return "its zero points are too far apart for one byte; choose the symmetric scheme, or 7 bits"
        case Affine():
            return ""
    return "its weights are no integers; quantize them to integers first"


def offset_of(form: Affine) -> int:
    """What makes the steps ``code - zero_point`` of an `Affine` form numbers from 0 on when it is added to them.

    >>> form = affine.encode(np.ones((1, 2), np.float32), bits=8, symmetric=True, block_shape=(1, 2))
    >>> offset_of(form)
    127
    """
    return int(form.zero_point.max()) - affine.grid(form.bits, form.symmetric)[0]


def _above(form: Affine) -> int:
    """The largest step that the grid allows."""
    return affine.grid(form.bits, form.symmetric)[1] - int(form.zero_point.min())


def _with_integers(weight: Weight) -> Weight | Skipped:
    """The weight as integer kernels can take it, or Skipped."""
    if not weight.values.size:
        return EMPTY
    if not isinstance(weight.form, Float) or weight.form.bits != 32:
        reason = obstacle(weight.form)
        return Skipped(reason) if reason else weight
    if np.abs(weight.values).max() > affine.LARGEST:
        return Skipped("its weights are too close to the end of float32 for a scale")
    block_shape = block_shape_of("per_channel", weight.values.shape)
    return encoded(weight, affine.encode(weight.values, bits=8, symmetric=True, block_shape=block_shape), WEIGHTS_TOO)


TECHNIQUE = Technique(
    id="activations",
    label="Quantize activations",
    summary="Round what each layer reads to 8 bits and multiply integers instead of floats. This makes a "
    "quantized model faster where its layers are wide; small weights alone only make its file smaller.",
    wins=("faster",),
    parameters=(
        Parameter(
            "bits", "int", 8, low=4, high=8, step=1, label="bits", unit="bit", primary=True,
            help="Steps for what a layer reads: 2**bits. They are kept in bytes, so fewer bits cost accuracy and save "
            "no time.",
        ),
        Parameter(
            "where", "choice", "faster", choices=("faster", "everywhere"), label="layers",
            labels=("where it saves time", "all"),
            help="A convolution whose outputs each read fewer than 64 inputs is faster with floats. Where time is to "
            "be saved, it gets int8 weights and keeps its inputs as they are.",
        ),
        Parameter(
            "mode", "choice", "static", choices=("static", "dynamic"), labels=("static", "dynamic"), label="range",
            help="Static: from calibration samples, once and for all. Dynamic: from the inputs of each run.",
        ),
        Parameter(
            "calibration", "choice", "minmax", choices=METHODS, label="calibration", only_when=("mode", ("static",)),
            labels=("min-max", "percentile", "entropy", "least squared error"),
            help="Which inputs the steps cover: all seen; all but the outermost; those that keep the histogram's "
            "information (entropy); those with the least squared error.",
        ),
        Parameter(
            "percentile", "float", 99.99, low=90, high=100, step=0.01, label="percentile",
            only_when=("calibration", ("percentile",)), help="Share of the inputs that the steps cover, in percent.",
        ),
    ),
    apply=quantize_activations,
    source="Jacob et al., CVPR 2018, arXiv 1712.05877; Wu et al., arXiv 2004.09602",
)  # fmt: skip
