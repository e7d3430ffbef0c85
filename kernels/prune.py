"""Prune: set the weights that matter least to zero.

Zeros leave the shape of a layer alone and pay only in an encoding that skips them. What makes the matrices smaller is
`kernels.structured`. Which weights matter is said by a criterion, and which may go together by a pattern.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kernels.asking import Inputs, Moments, Progress
from kernels.pruning import surgery
from kernels.pruning.masks import block_mask, masks_together, n_m_mask, n_of_m, random_scores
from kernels.pruning.wanda import row_mask, wanda_scores
from kernels.storage.encoding import EMPTY, pruned, require_finite
from kernels.technique import Outcome, Parameter, Setting, Skipped, Technique
from kernels.weight import Weight

EMPTIED = "Every weight of it is pruned: its output no longer depends on its input."
SAMPLED = ("wanda", "sparsegpt", "exact_obs")
"Criteria that look at what a layer reads."


def prune(
    weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], setting: Setting
) -> Generator[Inputs | Moments | Progress, Any, Outcome]:
    """Weights with zeros. Contract: `Technique.apply`; a generator, for some criteria ask what a layer reads."""
    require_finite(weights)
    results, before = [EMPTY] * len(weights), {weight.name: weight for weight in weights}
    compared, now = _compared(weights, params), dict(before)
    for done, (indices, chosen) in enumerate(compared):
        part = done / len(compared), (done + 1) / len(compared)
        yield Progress(part[0], f"Pruning {weights[indices[0]].name}")
        found = yield from _found([weights[i] for i in indices], before, now, chosen, setting.seed, part)
        for i, new in zip(indices, found, strict=True):
            said = _said(weights[i], chosen)
            results[i] = new if isinstance(new, Skipped) else replace(new, notes=new.notes + said)
    return results


def _found(
    group: Sequence[Weight],
    before: Mapping[str, Weight],
    now: dict[str, Weight],
    chosen: Mapping[str, Any],
    seed: int,
    part: tuple[float, float],
) -> Generator[Inputs | Moments | Progress, Any, Outcome]:
    """What becomes of weights that are compared with each other; what ExactOBS makes of them is put into `now`."""
    criterion = chosen["criterion"]
    if criterion == "exact_obs":
        return (yield from surgery.by_exact_obs(group, before, now, chosen, part))
    if criterion == "sparsegpt":
        return (yield from _by_sparsegpt(group, before, chosen, part[0]))
    scores = []
    for weight in group:
        inputs = (yield from _inputs(weight, before, part[0])) if criterion == "wanda" else None
        scores.append(_scores(weight, inputs, criterion, seed))
    return [_pruned(*pair) for pair in zip(group, _masks(scores, chosen), strict=True)]


def _compared(
    weights: Sequence[Weight], params: Sequence[Mapping[str, Any]]
) -> list[tuple[list[int], Mapping[str, Any]]]:
    """The weights that are compared with each other, as indices, and their parameters."""
    groups = {}
    for i, (weight, chosen) in enumerate(zip(weights, params, strict=True)):
        if weight.values.size:
            together = chosen["pattern"] == "unstructured" and chosen["scope"] == "global"
            groups.setdefault((None if together else i, *chosen.values()), ([], chosen))[0].append(i)
    return list(groups.values())


def _by_sparsegpt(
    group: Sequence[Weight], now: Mapping[str, Weight], chosen: Mapping[str, Any], share: float
) -> Generator[Moments | Progress, Any, Outcome]:
    """What SparseGPT makes of weights, each by the second moments of what its layer reads; asks for these."""
    results = []
    for weight in group:
        yield Progress(share, f"Reading the inputs of {weight.name}")
        results.append(surgery.by_sparsegpt(weight, (yield Moments(weight.name, now)), chosen))
    return results


def _inputs(weight: Weight, now: Mapping[str, Weight], share: float) -> Generator[Inputs | Progress, Any, np.ndarray]:
    """What a layer reads, shape (groups, n, P); asks for it."""
    yield Progress(share, f"Reading the inputs of {weight.name}")
    return (yield Inputs(weight.name, now))


# ---- criteria that give scores, and patterns that turn them into masks -----------------------------------------------


def _scores(weight: Weight, inputs: np.ndarray | None, criterion: str, seed: int) -> np.ndarray:
    """How much each weight matters: ndarray, shape of the weight; least of all if it is pruned already."""
    if criterion == "random":
        scores = random_scores(weight.values.shape, seed + zlib.crc32(weight.name.encode()))
    elif criterion == "wanda":
        energies = np.square(inputs).sum(axis=1, keepdims=True, dtype=np.float64) / max(inputs.shape[1], 1)
        rows = weight.values.reshape(len(inputs), -1, inputs.shape[-1])
        scores = wanda_scores(rows, energies).reshape(weight.values.shape)
    else:
        scores = np.abs(weight.values)
    return scores if weight.mask is None else np.where(weight.mask, scores, -1)


def _masks(scores: Sequence[np.ndarray], chosen: Mapping[str, Any]) -> list[np.ndarray]:
    """One mask for each of several weights that are compared with each other."""
    if chosen["pattern"] == "n_m":
        return [n_m_mask(each, *n_of_m(chosen["sparsity"], chosen["group"])) for each in scores]
    if chosen["pattern"] == "block":
        return [block_mask(np.maximum(each, 0), chosen["sparsity"], chosen["block_size"]) for each in scores]
    if chosen["scope"] == "row":
        return [row_mask(each.reshape(len(each), -1), chosen["sparsity"]).reshape(each.shape) for each in scores]
    return masks_together(scores, chosen["sparsity"])


def _pruned(weight: Weight, mask: np.ndarray) -> Weight:
    return pruned(weight, mask, *(() if mask.any() else (EMPTIED,)))


def _said(weight: Weight, chosen: Mapping[str, Any]) -> tuple[str, ...]:
    """What there is to say about the pattern or the scope in a layer."""
    criterion, scope = chosen["criterion"], chosen["scope"]
    if chosen["pattern"] == "n_m":
        keep, group = n_of_m(chosen["sparsity"], chosen["group"])
        short = weight.values.shape[1] % group
        last = f" Of its last {short} input channels {-(-keep * short // group)} are kept." if short else ""
        return (f"{keep} of {group} kept.{last}",)
    if chosen["pattern"] == "unstructured" and criterion == "sparsegpt" and scope != "layer":
        return ("SparseGPT prunes layer by layer, the same share of each.",)
    if chosen["pattern"] == "unstructured" and criterion == "exact_obs" and scope == "row":
        return ("ExactOBS compares all rows of a layer.",)
    return ()


TECHNIQUE = Technique(
    id="prune",
    label="Prune",
    summary="Set the weights that matter least to zero.",
    wins=("smaller",),
    alone=lambda params: params["criterion"] not in SAMPLED,
    parameters=(
        Parameter(
            "sparsity", "float", 0.5, low=0.0, high=0.99, step=0.01, label="sparsity", unit="%", primary=True,
            help="The fraction of weights set to zero.",
        ),
        Parameter(
            "pattern", "choice", "unstructured", choices=("unstructured", "n_m", "block"), label="pattern",
            labels=("any weight", "N of M neighbours", "blocks"),
            help="Zeros anywhere; so many among every M neighbouring inputs (N:M sparsity); or whole blocks at a time.",
        ),
        Parameter(
            "scope", "choice", "global", choices=("global", "layer", "row"), label="scope",
            labels=("global", "layer by layer", "row by row"), only_when=("pattern", ("unstructured",)),
            help="Compare weights across all layers, or take the same fraction from each layer or each output channel.",
        ),
        Parameter(
            "group", "choice", 4, choices=(4, 8, 16), labels=("4", "8", "16"), label="M",
            only_when=("pattern", ("n_m",)),
            help="Neighbours that are compared; the sparsity says how many of them stay: 50 % of 4 is 2 of 4 kept.",
        ),
        Parameter(
            "block_size", "choice", 4, choices=(2, 4, 8), labels=("2", "4", "8"), label="block size",
            only_when=("pattern", ("block",)), help="Neighbouring output channels whose weights go together.",
        ),
        Parameter(
            "criterion", "choice", "magnitude", choices=("magnitude", "random", "wanda", "sparsegpt", "exact_obs"),
            labels=("magnitude", "random (control)", "Wanda", "SparseGPT", "ExactOBS"), label="criterion",
            help="What matters least. Magnitude: the smallest. Wanda: the smallest times what they read "
            "(arXiv 2306.11695). SparseGPT, about 0.1 s, and ExactOBS, some seconds, also move the weights that stay "
            "(arXiv 2301.00774, 2208.11580).",
        ),
    ),
    apply=prune,
    source="Han et al., NeurIPS 2015, arXiv 1506.02626",
)  # fmt: skip
