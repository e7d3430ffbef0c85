"""Equalize: bring the channels of a layer to one size before it is rounded, without changing what the network answers.

The mathematics is in `kernels.equalization`. Every scaled weight keeps its unrounded self as `Weight.reference`, for
what comes later is to be compared with that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kernels.equalization import Scaling, equalize
from kernels.storage.encoding import EMPTY, require_finite
from kernels.technique import Outcome, Parameter, Setting, Skipped, Technique
from kernels.weight import Float, Weight

LATE = "it is encoded already, or channels of it are gone; let Equalize go first"
ALONE = (
    "no channel of it can be scaled: nothing but Relu, pooling and the like may lie between two layers, and both need "
    "the same strength"
)
EXTREME = "its channels differ too much in size for float32"


def equalize_layers(weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], setting: Setting) -> Outcome:
    """Weights and biases with channels of one size. Contract: `Technique.apply`."""
    require_finite(weights)
    results = [Skipped(ALONE) for _ in weights]
    for strength in dict.fromkeys(chosen["strength"] for chosen in params):
        group = [i for i, chosen in enumerate(params) if chosen["strength"] == strength and _fresh(weights[i])]
        with np.errstate(all="ignore"):  # what leaves float32 is found below
            scaled = _scaled([weights[i] for i in group], strength, setting)
        for i, new in zip(group, scaled, strict=True):
            results[i] = new
    for i, weight in enumerate(weights):
        if not weight.values.size:
            results[i] = EMPTY
        elif not _fresh(weight):
            results[i] = Skipped(LATE)
    return results


def _fresh(weight: Weight) -> bool:
    """Whether a weight still has all its channels and numbers."""
    whole = weight.kept_out is None and weight.kept_in is None
    return whole and isinstance(weight.form, Float) and weight.form.bits == 32 and weight.values.size > 0


def _scaled(weights: Sequence[Weight], strength: float, setting: Setting) -> list[Weight | Skipped]:
    """Weights that share their channel groups only with each other, scaled."""
    found = equalize({weight.name: weight.values for weight in weights}, setting.channel_groups)
    results = []
    for weight in weights:
        scaling = found.get(weight.name)
        if scaling is None:
            results.append(Skipped(ALONE))
            continue
        scaling = Scaling(scaling.made**strength, scaling.read**strength)
        reference = _times(weight.reference or setting.originals[weight.name], scaling)
        results.append(replace(_times(weight, scaling), reference=reference))
        arrays = scaling.made, scaling.read, reference.values, results[-1].values
        lost = np.count_nonzero(results[-1].values) < np.count_nonzero(weight.values)
        if lost or not all(_is_fine(array) for array in arrays):
            return [Skipped(EXTREME)] * len(weights)  # one left out alone would change the answers
    return results


def _times(weight: Weight, scaling: Scaling) -> Weight:
    bias = None if weight.bias is None else scaling.bias(weight.bias)
    return replace(weight, values=scaling.weight(weight.values), bias=bias)


def _is_fine(array: np.ndarray) -> bool:
    """Whether no number is lost at either end of float32: none too large, and none but zero too small."""
    sizes = np.abs(array[array != 0])
    return bool(np.isfinite(array).all() and (not sizes.size or sizes.min() >= np.finfo(np.float32).tiny))


TECHNIQUE = Technique(
    id="equalize",
    label="Equalize",
    summary="Bring channels to one size, so that one scale fits them all. The answers stay as they are.",
    wins=("free",),
    parameters=(
        Parameter(
            "strength", "float", 1.0, low=0.0, high=1.0, step=0.05, label="strength", unit="%", primary=True,
            help="How far: at 100 % each channel is as large where it is made as where it is read.",
        ),
    ),
    apply=equalize_layers,
    source="Nagel et al., ICCV 2019, arXiv 1906.04721, section 4.1",
    whole=True,
)  # fmt: skip
