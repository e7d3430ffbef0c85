"""Factorize: replace a layer by two thin ones in a row, by singular value decomposition.

A matrix of rank r takes r numbers for each row and each column instead of one for each pair. Steps that come later work
on the two layers as on any other. The mathematics is in `kernels.storage.low_rank`.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kernels.asking import Inputs, Moments, Progress
from kernels.calibrated.hessian import LARGEST, Read, damped
from kernels.storage.encoding import EMPTY, require_finite
from kernels.storage.low_rank import (
    as_kernels,
    compose,
    decompose,
    factors,
    max_useful_rank,
    rank_of_energy,
    rank_of_share,
)
from kernels.technique import Outcome, Parameter, Setting, Skipped, Technique
from kernels.weight import Float, LowRank, Weight


def factorize(
    weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], setting: Setting
) -> Generator[Inputs | Moments | Progress, Any, Outcome]:
    """Layers of low rank. Contract: `Technique.apply`; a generator, for a weighted decomposition needs samples."""
    require_finite(weights)
    now, results = {weight.name: weight for weight in weights}, []
    for done, (weight, chosen) in enumerate(zip(weights, params, strict=True)):
        yield Progress(done / len(weights), f"Decomposing {weight.name}")
        reason = _refusal(weight) if weight.values.size else EMPTY
        read = None
        if reason is None and chosen["weighted"] == "inputs":
            read = yield from Read.by(weight, now)
        original = weight.reference or setting.originals[weight.name]
        results.append(reason or _factorized(weight, original, chosen, read))
    return results


def _refusal(weight: Weight) -> Skipped | None:
    """Why a weight cannot be taken apart; None if it can."""
    if weight.groups > 1:
        return Skipped("its channels are split into groups, which are thin already")
    if not isinstance(weight.form, Float) or weight.form.bits != 32:
        return Skipped("it is encoded already; let Factorize go before palettize and quantize")
    if weight.mask is not None:
        return Skipped("it is pruned, and a product of two matrices would fill its zeros; let Factorize go first")
    if np.abs(weight.values).max() > LARGEST:
        return Skipped(f"it has weights beyond {LARGEST:.0e}, too large to compute with")


def _factorized(weight: Weight, original: Weight, chosen: Mapping[str, Any], read: Read | None) -> Weight | Skipped:
    """The weight as two; if it is known what it reads, its answers are what stays close."""
    rows, bias = weight.values.reshape(len(weight.values), -1), weight.bias
    left, values, right = decompose(rows, read and damped(read.H))
    if chosen["by"] == "energy":
        rank = rank_of_energy(values, chosen["keep"])
    else:
        rank = rank_of_share(*rows.shape, chosen["keep"])
    most = max_useful_rank(*rows.shape)
    if rank > most:
        return Skipped(f"rank {rank} would take more numbers than the {rows.shape[0]} x {rows.shape[1]} it has; "
                       f"{f'at most {most} takes fewer' if most else 'no rank takes fewer'}")  # fmt: skip
    outer, inner = as_kernels(*factors(left, values, right, rank), weight.values.shape)
    inner = Weight(f"{weight.name}.inner", np.ascontiguousarray(inner))
    values = compose(inner.values, outer)
    if bias is not None and read:  # it takes up the means, so that no rank is spent on them
        bias = (bias + (rows - values.reshape(rows.shape)) @ read.mean).astype(np.float32)
    outer = Weight(f"{weight.name}.outer", np.ascontiguousarray(outer), bias=bias)
    if weight.kept_out is not None:
        kept = None if original.bias is None else original.bias[weight.kept_out]
        original = replace(original, values=original.values[weight.kept_out], bias=kept)
    # The first half has only itself to live up to; the second can make up for what the rank has cost.
    form = LowRank(replace(inner, reference=inner), replace(outer, reference=original))
    return replace(weight, values=values, form=form, bias=bias, notes=(*weight.notes, f"Rank {rank}."))


TECHNIQUE = Technique(
    id="factorize",
    label="Factorize",
    summary="Replace a layer by two thin ones in a row (low rank): fewer numbers, and fewer multiplications.",
    wins=("smaller", "faster"),
    parameters=(
        Parameter(
            "keep", "float", 0.9, low=0.02, high=1.0, step=0.01, label="kept", unit="%", primary=True,
            help="How much of each layer is kept: of its rank, or of its energy.",
        ),
        Parameter(
            "by", "choice", "energy", choices=("energy", "rank"), labels=("energy", "rank"), label="measured by",
            help="Energy: as many singular values as make up that share of their squares, so that layers of little "
            "structure keep more. Rank: the same share of the full rank everywhere.",
        ),
        Parameter(
            "weighted", "choice", "weights", choices=("weights", "inputs"), label="best for",
            labels=("the weights", "the answers"),
            help="What is to stay closest to the original: the weights (plain SVD), or what the layer answers on "
            "calibration samples (activation-weighted SVD, arXiv 2403.07378).",
        ),
    ),
    apply=factorize,
    source="Denton et al., NeurIPS 2014, arXiv 1404.0736",
    whole=True,
)  # fmt: skip
