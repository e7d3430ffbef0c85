"""Pruning that also moves the weights that stay: the network's optimal brain surgeons, on whole weights.

`sparsegpt` and `exact_obs` work on matrices; this takes weights apart into the matrices of their groups
and puts them together again.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from kernels.asking import Inputs, Moments, Product, Progress
from kernels.calibrated.bias_correction import bias_correction
from kernels.calibrated.hessian import LARGEST, damped, least_squares_target
from kernels.calibrated.least_squares import refit
from kernels.calibrated.moments import cross_of, gram_of, product_of
from kernels.progress import reported
from kernels.pruning.exact_obs import Removals, affordable_width, cheapest, exact_obs, too_wide
from kernels.pruning.masks import n_of_m
from kernels.pruning.sparsegpt import sparsegpt
from kernels.storage.encoding import refilled
from kernels.technique import Skipped
from kernels.weight import Float, Weight

FEW_ROWS = 16
"Rows of each group of a layer that say how much it can lose."
FIRST = 0.3
"Share of the work that the first of two searches is."


def by_sparsegpt(weight: Weight, moments: np.ndarray, chosen: Mapping[str, Any]) -> Weight | Skipped:
    """A weight pruned by SparseGPT.

    Parameters
    ----------
    weight : Weight
    moments : ndarray of float64, shape (groups, P, P), of what it reads
    chosen : the parameters of `kernels.prune`

    Returns
    -------
    Weight or Skipped
    """
    refused = _refusal(weight, "SparseGPT", chosen["pattern"] == "block")
    if refused:
        return refused
    groups, width, _ = moments.shape
    rule = {"sparsity": chosen["sparsity"]}
    if chosen["pattern"] == "n_m":
        rule = {"n_m": n_of_m(chosen["sparsity"], chosen["group"]), "run": weight.values.shape[1]}
    # Neighbours are input channels, which have to stand side by side: the places of a kernel go outside.
    order = np.arange(width).reshape(weight.values.shape[1], -1).T.reshape(-1)
    rows = weight.values.reshape(groups, -1, width)
    masks = np.ones(rows.shape, bool) if weight.mask is None else weight.mask.reshape(rows.shape)
    values, kept = np.empty_like(rows), np.empty(rows.shape, bool)
    for g in range(groups):
        H = damped(moments[g])[np.ix_(order, order)]
        values[g][:, order], kept[g][:, order] = sparsegpt(rows[g][:, order], H, mask=masks[g][:, order], **rule)
    return _with(weight, values, kept)


def by_exact_obs(
    weights: Sequence[Weight],
    before: Mapping[str, Weight],
    now: dict[str, Weight],
    chosen: Mapping[str, Any],
    part: tuple[float, float] = (0, 1),
) -> Generator[Inputs | Moments | Product | Progress, Any, list[Weight | Skipped]]:
    """Weights pruned by ExactOBS, where it hurts the network least; a generator of its questions and its progress.

    A first search, on some rows of each layer, tells how a budget for several layers is best shared out. The second
    takes the layers in order, each on what it reads behind those already pruned, and has it answer as it did before.

    Parameters
    ----------
    weights : sequence of Weight that are compared with each other, in the order of the network
    before : name -> Weight, the network before any of its layers was pruned
    now : name -> Weight, the network as it stands; the pruned weights are put into it
    chosen : the parameters of `kernels.prune`
    part : (first, last) share of the whole work that this is

    Returns
    -------
    list of Weight or Skipped
    """
    results = {weight.name: _refusal(weight, "ExactOBS", chosen["pattern"] != "unstructured") for weight in weights}
    able = [weight for weight in weights if results[weight.name] is None]
    width = affordable_width([_shape(weight) for weight in able])
    shares, first = [chosen["sparsity"]] * len(able), part[0]
    if len(able) > 1:
        first += FIRST * (part[1] - part[0])
        shares = yield from _shared_out(able, before, chosen["sparsity"], width, (part[0], first))
    for weight, share, own in zip(able, shares, _divided((first, part[1]), able), strict=True):
        results[weight.name] = now[weight.name] = yield from _searched(weight, before, now, share, width, own)
    return list(results.values())


def _shared_out(
    weights: Sequence[Weight], before: Mapping[str, Weight], sparsity: float, width: int, part: tuple[float, float]
) -> Generator[Moments | Progress, Any, list[float]]:
    """The sparsity of each weight with which all together lose `sparsity` where it hurts least."""
    found = []
    for weight, own in zip(weights, _divided(part, weights), strict=True):
        yield Progress(own[0], f"Reading the inputs of {weight.name}")
        moments = yield Moments(weight.name, before)
        found.append((yield from _removals(weight, _rows(weight, moments), moments, own, width, FEW_ROWS)))
    masks = iter(cheapest([each for removals in found for each in removals], sparsity))
    return [1 - np.mean([next(masks) for _ in removals]) for removals in found]


def _searched(
    weight: Weight,
    before: Mapping[str, Weight],
    now: Mapping[str, Weight],
    sparsity: float,
    width: int,
    part: tuple[float, float],
) -> Generator[Inputs | Product | Progress, Any, Weight]:
    """A weight without those of its entries that are missed least, the others and its bias making up for them."""
    yield Progress(part[0], f"Reading the inputs of {weight.name}")
    X0, X = (yield Inputs(weight.name, before)), (yield Inputs(weight.name, now))
    H, rows = (yield from gram_of(X)), _rows(weight, X)
    B = yield from cross_of((yield from product_of(X0, rows.swapaxes(1, 2))), X)
    goal = [least_squares_target(*own) for own in zip(rows, H, B, strict=True)]
    if weight.mask is not None:
        goal = [refit(*own) for own in zip(rows, weight.mask.reshape(rows.shape), H, B, strict=True)]
    kept = cheapest((yield from _removals(weight, goal, H, part, width)), sparsity)
    values = np.stack([refit(*own) for own in zip(rows, kept, H, B, strict=True)])
    wide = too_wide(rows.shape[-1], width)
    new = _with(weight, values, np.stack(kept), *([wide] if wide else []))
    if weight.bias is None:
        return new
    return replace(new, bias=bias_correction(new.values, weight.values, X, X0, weight.bias))


def _removals(
    weight: Weight,
    rows: np.ndarray | Sequence[np.ndarray],
    moments: np.ndarray,
    part: tuple[float, float],
    width: int,
    most: int | None = None,
) -> Generator[Progress, None, list[Removals]]:
    """How the rows of each group of a weight, shape (rows, P), lose their entries."""
    removals, ends = [], np.linspace(*part, len(rows) + 1).tolist()
    for W, H, own in zip(rows, moments, pairwise(ends), strict=True):
        search = exact_obs(W, damped(H), width, most)
        removals.append((yield from reported(search, own, f"Searching {weight.name}")))
    return removals


def _rows(weight: Weight, like: np.ndarray) -> np.ndarray:
    """The rows of the groups of a weight, shape (groups, rows, P); the first axis of `like` counts the groups."""
    return weight.values.reshape(len(like), -1, like.shape[-1])


def _shape(weight: Weight) -> tuple[int, int]:
    """Rows and columns of a weight."""
    return len(weight.values), weight.values[0].size


def _divided(part: tuple[float, float], weights: Sequence[Weight]) -> list[tuple[float, float]]:
    """Consecutive parts of the work on weights, as large as what the search of each costs."""
    costs = [rows * columns**2 for rows, columns in map(_shape, weights)]
    ends = part[0] + (part[1] - part[0]) * np.cumsum([0, *costs]) / max(sum(costs), 1)
    return list(pairwise(ends.tolist()))


def _refusal(weight: Weight, method: str, pattern: bool) -> Skipped | None:
    """Why a weight cannot be pruned in this way; None if it can."""
    if pattern:
        return Skipped(f"{method} chooses weights one by one; choose another criterion for this pattern")
    if not isinstance(weight.form, Float):
        return Skipped(f"{method} moves the weights that stay, which are encoded already; let it go first")
    if np.abs(weight.values).max() > LARGEST:
        return Skipped(f"it has weights beyond {LARGEST:.0e}, too large for {method} to compute with")


def _with(weight: Weight, values: np.ndarray, kept: np.ndarray, *notes: str) -> Weight:
    """The weight with other values and a mask, in the floating point numbers it has."""
    shape, kept = weight.values.shape, kept.reshape(weight.values.shape)
    if weight.mask is not None:
        kept &= weight.mask
    values = np.where(kept, values.reshape(shape), np.float32(0))
    return refilled(replace(weight, mask=kept, notes=weight.notes + notes), values)
