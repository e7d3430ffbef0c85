"""Repair: win back what compression lost, without labels and without training.

The steps before decided how a weight is stored: its grid, the length of its table, its zeros, its channels. That
stays, and the numbers are chosen anew so that each layer answers as the original one did. Layers are repaired in order,
each on what it reads behind those already repaired, so that errors do not add up on the way through the network.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kernels.asking import Inputs, Progress
from kernels.calibrated import reconstruction
from kernels.calibrated.bias_correction import bias_correction
from kernels.calibrated.hessian import LARGEST
from kernels.calibrated.reconstruction import Layer, kept_columns, still_there
from kernels.storage.encoding import EMPTY, require_finite
from kernels.technique import Outcome, Parameter, Setting, Skipped, Technique
from kernels.weight import Affine, Float, Float8, Palette, RealAffine, Weight


@dataclass(frozen=True)
class Method:
    """One way to repair a layer.

    forms : in which a weight can be for it
    apply : (Layer, sweeps) -> Weight; None moves biases alone
    source : the paper
    """

    label: str
    forms: tuple[type, ...]
    apply: Callable[[Layer, int], Weight] | None
    source: str


CODED = (Affine, RealAffine)
"Forms with codes on a grid."
METHODS = {
    "bias_correction": Method(
        "bias correction", (Float, Float8, *CODED, Palette), None, "Nagel et al., ICCV 2019, arXiv 1906.04721",
    ),
    "least_squares": Method(
        "least squares", (Float,), reconstruction.least_squares,
        "Hassibi and Stork, NeurIPS 1992; where channels went, structured refit: He et al., arXiv 1707.06168",
    ),
    "gptq": Method("GPTQ", (*CODED, Palette), reconstruction.gptq_only, "Frantar et al., ICLR 2023, arXiv 2210.17323"),
    "coordinate_descent": Method(
        "coordinate descent", (*CODED, Palette), reconstruction.descent_only, "Behdin et al., arXiv 2309.01885",
    ),
    "gptq_descent": Method(
        "GPTQ and coordinate descent", (*CODED, Palette), reconstruction.gptq_and_descent,
        "Frantar et al., arXiv 2210.17323; Behdin et al., arXiv 2309.01885",
    ),
    "output_aware": Method(
        "output-aware tables", (Palette,), reconstruction.output_aware, "Stock et al., ICLR 2020, arXiv 1907.05686",
    ),
}  # fmt: skip
FORMS = {
    Float: "floating point", Float8: "fp8", Affine: "integers", RealAffine: "integers", Palette: "a palette",
}  # fmt: skip
SWEEPS = {"calibrated": 1, "thorough": 4}
"How often the codes are gone over."
BEST = "Repair found nothing better for its weights."


def repair(
    weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], setting: Setting
) -> Generator[Inputs | Progress, Any, Outcome]:
    """The weights in the forms they had, closer to the original answers. Contract: `Technique.apply`."""
    require_finite(weights)
    now, results = {weight.name: weight for weight in weights}, []
    for done, (weight, chosen) in enumerate(zip(weights, params, strict=True)):
        told = Progress(done / len(weights), f"Repairing {weight.name}")
        yield told
        result = (yield from _repaired(weight, chosen, now, setting, told)) if weight.values.size else EMPTY
        if not isinstance(result, Skipped):
            now[weight.name] = result
        results.append(result)
    return results


def _repaired(
    weight: Weight, chosen: Mapping[str, Any], now: Mapping[str, Weight], setting: Setting, told: Progress
) -> Generator[Inputs | Progress, Any, Weight | Skipped]:
    """One layer; asks for its inputs, as `repair` does, and tells once more how far it is, for it may be stopped."""
    rescaled = {name: now[name].reference for name in setting.originals if name in now and now[name].reference}
    original = weight.reference or setting.originals[weight.name]
    if max(np.abs(original.values).max(), np.abs(weight.values).max()) > LARGEST:
        return Skipped(f"it has weights beyond {LARGEST:.0e}, too large to compute with")
    before = yield Inputs(original.name, rescaled)
    if chosen["effort"] == "instant":
        if weight.bias is None:
            return Skipped("it has no bias of its own, and in an instant nothing else is moved")
        if original.name == weight.name:
            inputs, _ = still_there(weight, original, before)
            after = kept_columns(inputs, weight)
        else:
            after = yield Inputs(weight.name, dict(now))
        return _with_bias(weight, original, before, after)
    method = METHODS[_suited(weight) if chosen["method"] == "auto" else chosen["method"]]
    if not isinstance(weight.form, method.forms):
        taken = " or ".join(dict.fromkeys(FORMS[form] for form in method.forms))
        return Skipped(f"{method.label} is for {taken}, and this layer is stored as {FORMS[type(weight.form)]}")
    if method.apply and isinstance(weight.form, Palette) and weight.form.cluster_dim > 1:
        return Skipped(f"{method.label} takes weights one by one, and its table holds vectors; choose bias correction")
    if not method.apply and weight.bias is None:
        return Skipped("it has no bias of its own, and bias correction moves nothing else")
    after = yield Inputs(weight.name, dict(now))
    if method.apply:
        layer = Layer.of(weight, original, after, before)
        yield told
        new = method.apply(layer, SWEEPS[chosen["effort"]])
        weight = min(_noted(weight, BEST), new, key=layer.error)  # what was there may be the best there is
    return weight if weight.bias is None else _with_bias(weight, original, before, after)


def _noted(weight: Weight, note: str) -> Weight:
    return replace(weight, notes=weight.notes + (() if note in weight.notes else (note,)))


def _suited(weight: Weight) -> str:
    """The method for the form that a weight has."""
    if isinstance(weight.form, Palette):
        return "output_aware" if weight.form.cluster_dim == 1 else "bias_correction"
    if isinstance(weight.form, CODED):
        return "gptq_descent"
    return "least_squares" if isinstance(weight.form, Float) else "bias_correction"


def _with_bias(weight: Weight, original: Weight, before: np.ndarray, after: np.ndarray) -> Weight:
    """The weight with a bias that brings its mean answers back."""
    before, rows = still_there(weight, original, before)
    bias = original.bias
    if bias is not None and weight.kept_out is not None:
        bias = bias[weight.kept_out]
    return replace(weight, bias=bias_correction(weight.values, rows, after, before, bias))


TECHNIQUE = Technique(
    id="repair",
    label="Repair",
    summary="Win back what was lost, from samples without labels and without training.",
    wins=("free",),
    parameters=(
        Parameter(
            "effort", "choice", "calibrated", choices=("instant", "calibrated", "thorough"), label="effort",
            labels=("instant: biases only", "calibrated: part of a second", "thorough: some seconds"), primary=True,
            help="Instant moves biases by what the original layers read. Calibrated makes every layer answer as "
            "before, given what it reads now. Thorough goes over it several times; it can be cancelled.",
        ),
        Parameter(
            "method", "choice", "auto", choices=("auto", *METHODS), label="method",
            labels=("what suits each layer", *(method.label for method in METHODS.values())),
            only_when=("effort", ("calibrated", "thorough")),
            help="\n".join(f"{method.label}: {method.source}" for method in METHODS.values()),
        ),
    ),
    apply=repair,
    source="Nagel et al., arXiv 1906.04721; Frantar and Alistarh, arXiv 2208.11580",
)  # fmt: skip
