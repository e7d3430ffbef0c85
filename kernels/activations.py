"""Quantize activations: round what a layer reads to eight bits, so that it multiplies integers instead of floats.

The weights have to be integers as well: the sum of products of codes is exact, and one factor for each output channel,
the scale of the inputs times the scale of the weights, turns it into the layer's output. A step of the inputs is chosen
once from calibration samples (static), or anew from the inputs of every run (dynamic).
"""

from dataclasses import replace

import numpy as np

from kernels import affine
from kernels.calibration import METHODS, calibrate
from kernels.encoding import EMPTY, encoded, require_finite
from kernels.granularity import block_shape_of
from kernels.technique import Activation, Affine, Float, Inputs, Palette, Parameter, Progress, Skipped, Technique

WEIGHTS_TOO = "Its weights became int8 per-channel: integer kernels take no others."
DYNAMIC_BITS = "Dynamic activations always have 8 bits."
FEW = 64
"Inputs to each output below which rounding takes longer than integer products save (onnxruntime-web 1.30, measured)."
NO_FASTER = "Each output reads few inputs, so integers save no time here: left out, this layer is faster."


def quantize_activations(weights, params, setting):
    """Every layer with integer weights and quantized inputs. Contract: `Technique.apply`; a generator."""
    require_finite(weights)
    outcome = [_with_integers(weight) for weight in weights]
    network = {weight.name: weight for weight in weights}
    network.update({weight.name: weight for weight in outcome if not isinstance(weight, Skipped)})
    for i, (weight, chosen) in enumerate(zip(outcome, params, strict=True)):
        yield Progress(i / len(outcome), f"inputs of {weights[i].name}")
        if isinstance(weight, Skipped):
            continue
        notes = weight.notes + ((NO_FASTER,) if weight.values[0].size < FEW else ())
        if chosen["mode"] == "dynamic":
            notes += (DYNAMIC_BITS,) if chosen["bits"] != 8 else ()
            outcome[i] = replace(weight, activation=Activation(), notes=notes)
            continue
        inputs = yield Inputs(weight.name, network, whole=True)
        if not np.abs(inputs).max() <= affine.LARGEST:  # so that NaN does not pass either
            outcome[i] = Skipped("what it reads on the calibration samples is not finite")
            continue
        bits, share = chosen["bits"], chosen["percentile"] / 100
        scale, zero_point = calibrate(inputs, method=chosen["calibration"], bits=bits, share=share)
        if float(weight.form.scale.max()) * float(scale) > affine.LARGEST:
            outcome[i] = Skipped("the steps of its weights times those of its inputs go beyond float32")
            continue
        outcome[i] = replace(weight, activation=Activation(bits, scale, zero_point), notes=notes)
    return outcome


def obstacle(form):
    """Why integer kernels cannot compute with weights of this form, as the end of a sentence; "" if they can.

    They take codes of at most eight bits with one scale for each output channel, and one zero point for all.

    >>> obstacle(Float(16))
    'its weights are no integers; quantize them to integers first'
    """
    match form:
        case Palette():
            return "its weights come from a table, not from an even grid; quantize them instead, or leave it out"
        case Affine() if form.zero_point.dtype == np.float32:
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


def offset_of(form):
    """What makes the steps ``code - zero_point`` of an `Affine` form numbers from 0 on when it is added to them.

    >>> form = affine.encode(np.ones((1, 2), np.float32), bits=8, symmetric=True, block_shape=(1, 2))
    >>> offset_of(form)
    127
    """
    return int(form.zero_point.max()) - affine.grid(form.bits, form.symmetric)[0]


def _above(form):
    """The largest step that the grid allows."""
    return affine.grid(form.bits, form.symmetric)[1] - int(form.zero_point.min())


def _with_integers(weight):
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
    summary="Round what each layer reads to 8 bits and multiply integers instead of floats. This makes a quantized "
    "model faster where its layers are wide; small weights alone only make its file smaller.",
    parameters=(
        Parameter(
            "bits", "int", 8, low=4, high=8, step=1, label="bits", unit="bit", primary=True,
            help="Steps for what a layer reads: 2**bits. They are kept in bytes, so fewer bits cost accuracy and save "
            "no time.",
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
