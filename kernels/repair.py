"""Repair: win back what compression lost, without labels and without training.

The steps before decided how a weight is stored: its grid, the length of its table, its zeros, its channels. That
stays, and the numbers are chosen anew so that each layer answers as the original one did. Layers are repaired in order,
each on what it reads behind those already repaired, so that errors do not add up on the way through the network.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from kernels.asking import Apart, Inputs, Product, Progress
from kernels.calibrated import reconstruction
from kernels.calibrated.bias_correction import bias_correction
from kernels.calibrated.hessian import LARGEST, centred, shrinkage
from kernels.calibrated.moments import gram_of
from kernels.calibrated.reconstruction import Layer, kept_columns, still_there
from kernels.calibrated.spread_correction import LIMIT, spread_correction
from kernels.calibrated.together import answers, fitted_together
from kernels.channel_group import Member
from kernels.progress import reported
from kernels.storage.encoding import EMPTY, require_finite, scaled, scaled_together
from kernels.technique import Outcome, Parameter, Setting, Skipped, Technique
from kernels.weight import Affine, Float, Float8, Palette, RealAffine, Weight


@dataclass(frozen=True)
class Method:
    """One way to repair a layer.

    forms : in which a weight can be for it
    apply : (Layer, sweeps) -> Weight; None moves biases, and perhaps scales
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
    "moments": Method(
        "means and spreads", (Float, Float8, *CODED, Palette), None, "Jordan et al., ICLR 2023, arXiv 2211.08403",
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
PLANS = {"calibrated": (8,), "thorough": (8,) * 4}
"Steps in which layers are fitted together, see `kernels.calibrated.together`."
FEW = 9000
"Weights that a calibrated repair fits together at most: on a slider that costs a tenth of the move."
UNKNOWN = 0.1
"Share of the second moments of inputs that samples do not tell, from which on layers are not fitted together to them."
TOGETHER = {"instant": 0, "calibrated": 0.2, "thorough": 0.7}
"Share of the work that this is, about."
GAIN = 0.98
"Of the distance between the network's answers and the original ones: a repair that wins less than that is none."
WORSE = Skipped("it would bring the network's answers to calibration samples no closer to the original ones")
BEST = "Repair found nothing better for its weights."


def repair(
    weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], setting: Setting
) -> Generator[Inputs | Apart | Product | Progress, Any, Outcome]:
    """The weights in the forms they had, closer to the original answers. Contract: `Technique.apply`."""
    require_finite(weights)
    now, results, seen = {weight.name: weight for weight in weights}, [], {}
    alone = 1 - max((TOGETHER[chosen["effort"]] for chosen in params), default=0)
    for done, (weight, chosen) in enumerate(zip(weights, params, strict=True)):
        told = Progress(alone * done / len(weights), f"Repairing {weight.name}")
        yield told
        result = (yield from _repaired(weight, chosen, now, setting, seen, told)) if weight.values.size else EMPTY
        if not isinstance(result, Skipped):
            now[weight.name] = result
        results.append(result)
    efforts = {weight.name: chosen["effort"] for weight, chosen in zip(weights, params, strict=True)}
    chains = [_affordable(chain, now, efforts[chain[0]]) for chain in _chains(list(seen), efforts, setting)]
    chains = yield from _fittable([chain for chain in chains if len(chain) > 1 and _linked(chain, now, seen)], seen)
    for done, chain in enumerate(chains):
        fitted = fitted_together(
            [now[name] for name in chain], seen[chain[0]].inputs, seen[chain[-1]].goal(), PLANS[efforts[chain[0]]]
        )
        part = (alone + (1 - alone) * (done + each) / len(chains) for each in (0, 1))
        fitted = yield from reported(fitted, tuple(part), "Repairing layers together")
        now.update(zip(chain, fitted, strict=True))
    results = [now[w.name] if w.name in seen else new for w, new in zip(weights, results, strict=True)]
    without = {weight.name: weight for weight in weights}
    return results if (yield Apart(now)) <= GAIN * (yield Apart(without)) else [WORSE] * len(results)


@dataclass(frozen=True, eq=False)
class _Seen:
    """A matrix that was repaired by what suits it.

    inputs, before : float32, shape (n, C_in), what it read when it was repaired, and what the original reads
    rows, bias : of the original, of the output channels that are still there
    """

    inputs: np.ndarray
    before: np.ndarray
    rows: np.ndarray
    bias: np.ndarray | None

    def goal(self) -> np.ndarray:
        """The original answers: float32, shape (n, C_out)."""
        return self.before @ self.rows.T + (0 if self.bias is None else self.bias)


def _chains(names: Sequence[str], efforts: Mapping[str, str], setting: Setting) -> list[list[str]]:
    """Layers in order, in chains of which each layer alone reads what the one before puts out."""
    behind = {
        group.producers[0].name: group.consumers[0].name
        for group in setting.channel_groups
        if not group.stays and not group.between and group.runs == 1
        and [*map(len, (group.producers, group.consumers))] == [1, 1]
        and all(member == Member(member.name) for member in (*group.producers, *group.consumers))
    }  # fmt: skip
    chains: list[list[str]] = []
    for name in names:
        last = chains[-1][-1] if chains else ""
        if behind.get(last) == name and efforts[last] == efforts[name]:
            chains[-1].append(name)
        else:
            chains.append([name])
    return chains


def _affordable(chain: Sequence[str], now: Mapping[str, Weight], effort: str) -> Sequence[str]:
    """The layers of a chain that are fitted together: all, or the last ones as long as they cost little to move."""
    if effort == "thorough":
        return chain
    sizes = np.cumsum([now[name].values.size for name in reversed(chain)])
    last = chain[len(chain) - np.count_nonzero(sizes <= FEW) :]
    return last if all(isinstance(now[name].form, Float) for name in last) else ()


def _linked(chain: Sequence[str], now: Mapping[str, Weight], seen: Mapping[str, _Seen]) -> bool:
    """Whether each layer reads the Relu of what the one before makes, and nothing else lies between, up to rounding."""
    for maker, reader in pairwise(chain):
        made, read = np.maximum(answers(now[maker], seen[maker].inputs), 0), seen[reader].inputs
        if made.shape != read.shape or not np.allclose(made, read, rtol=1e-3, atol=1e-4 * np.abs(read).max(initial=0)):
            return False
    return True


def _fittable(
    chains: Sequence[Sequence[str]], seen: Mapping[str, _Seen]
) -> Generator[Product, np.ndarray, list[Sequence[str]]]:
    """The chains of whose first layers' inputs the samples tell enough to fit many weights to them."""
    fittable = []
    for chain in chains:
        inputs = seen[chain[0]].inputs
        H = yield from gram_of(centred(inputs)[None])
        if shrinkage(H, len(inputs)) < UNKNOWN:
            fittable.append(chain)
    return fittable


def _repaired(
    weight: Weight,
    chosen: Mapping[str, Any],
    now: Mapping[str, Weight],
    setting: Setting,
    seen: dict[str, _Seen],
    told: Progress,
) -> Generator[Inputs | Product | Progress, Any, Weight | Skipped]:
    """One layer; asks for its inputs, as `repair` does, and tells once more how far it is, for it may be stopped.

    What it read is put into `seen` if it can be fitted together with others.
    """
    rescaled = {name: now[name].reference for name in setting.originals if name in now and now[name].reference}
    original = weight.reference or setting.originals[weight.name]
    if max(np.abs(original.values).max(), np.abs(weight.values).max()) > LARGEST:
        return Skipped(f"it has weights beyond {LARGEST:.0e}, too large to compute with")
    before = yield Inputs(original.name, rescaled)
    if chosen["effort"] == "instant":
        if original.name == weight.name:
            inputs, _ = still_there(weight, original, before)
            after = kept_columns(inputs, weight)
        else:
            after = yield Inputs(weight.name, dict(now))
        return _with_moments(weight, original, before, after)
    method = METHODS[_suited(weight) if chosen["method"] == "auto" else chosen["method"]]
    if not isinstance(weight.form, method.forms):
        taken = " or ".join(dict.fromkeys(FORMS[form] for form in method.forms))
        return Skipped(f"{method.label} is for {taken}, and this layer is stored as {FORMS[type(weight.form)]}")
    if method.apply and isinstance(weight.form, Palette) and weight.form.cluster_dim > 1:
        return Skipped(
            f"{method.label} takes weights one by one, and its table holds vectors; choose means and spreads"
        )
    if method is METHODS["bias_correction"] and weight.bias is None:
        return Skipped("it has no bias of its own, and bias correction moves nothing else")
    after = yield Inputs(weight.name, dict(now))
    if method is METHODS["moments"]:
        return _with_moments(weight, original, before, after)
    if method.apply:
        layer = yield from Layer.of(weight, original, after, before)
        yield told
        new = method.apply(layer, SWEEPS[chosen["effort"]])
        weight = new if layer.improves(new) else _noted(weight, BEST)  # what was there may be the best there is
    weight = weight if weight.bias is None else _with_bias(weight, original, before, after)
    if chosen["method"] == "auto" and weight.values.ndim == 2 and original.name == weight.name:
        (reads,), ((inputs,), (rows,)) = after, still_there(weight, original, before)
        seen[weight.name] = _Seen(reads, inputs, rows, _original_bias(weight, original))
    return weight


def _noted(weight: Weight, note: str) -> Weight:
    return replace(weight, notes=weight.notes + (() if note in weight.notes else (note,)))


def _suited(weight: Weight) -> str:
    """The method for the form that a weight has."""
    if isinstance(weight.form, Palette):
        return "output_aware" if weight.form.cluster_dim == 1 else "moments"
    if isinstance(weight.form, CODED):
        return "gptq_descent"
    return "least_squares" if isinstance(weight.form, Float) else "moments"


def _with_bias(weight: Weight, original: Weight, before: np.ndarray, after: np.ndarray) -> Weight:
    """The weight with a bias that brings its mean answers back."""
    before, rows = still_there(weight, original, before)
    bias = bias_correction(weight.values, rows, after, before, _original_bias(weight, original))
    return replace(weight, bias=bias)


def _with_moments(weight: Weight, original: Weight, before: np.ndarray, after: np.ndarray) -> Weight:
    """The weight with scales that bring the spread of its answers back, where it can be scaled, and their means."""
    together = scaled_together(weight)
    inputs, rows = still_there(weight, original, before)
    if together is not None and inputs.shape[:2] == after.shape[:2]:
        least = 1 if isinstance(weight.form, Float) else 1 / LIMIT  # shared values add noise, which may be too much
        weight = scaled(weight, spread_correction(weight.values, rows, after, inputs, together, least))
    return weight if weight.bias is None else _with_bias(weight, original, before, after)


def _original_bias(weight: Weight, original: Weight) -> np.ndarray | None:
    """That of the output channels that are still there."""
    gone = original.bias is not None and weight.kept_out is not None
    return original.bias[weight.kept_out] if gone else original.bias


TECHNIQUE = Technique(
    id="repair",
    label="Repair",
    summary="Win back what was lost, from samples without labels and without training.",
    wins=("free",),
    parameters=(
        Parameter(
            "effort", "choice", "calibrated", choices=("instant", "calibrated", "thorough"), label="effort",
            labels=("instant: means and spreads", "calibrated: part of a second", "thorough: some seconds"),
            primary=True,
            help="Instant scales and shifts each channel by what the original layers read. Calibrated makes every "
            "layer answer as before, given what it reads now. Thorough goes on for longer and fits layers that follow "
            "each other together, whatever they are stored as; it can be cancelled.",
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
