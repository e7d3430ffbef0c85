"""Pruning that also moves the weights that stay: the network's optimal brain surgeons, on whole weights.

`kernels.sparsegpt` and `kernels.exact_obs` work on matrices; this takes weights apart into the matrices of their groups
and puts them together again.
"""

from dataclasses import replace

import numpy as np

from kernels.encoding import refilled
from kernels.exact_obs import cheapest, exact_obs, too_wide
from kernels.hessian import LARGEST, damped
from kernels.least_squares import refit
from kernels.masks import n_of_m
from kernels.progress import reported
from kernels.sparsegpt import sparsegpt
from kernels.technique import Float, Skipped


def by_sparsegpt(weight, moments, chosen):
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


def by_exact_obs(weights, moments, chosen, part=(0, 1)):
    """Weights pruned by ExactOBS, where it hurts the network least; a generator that reports its progress.

    Parameters
    ----------
    weights : sequence of Weight that are compared with each other
    moments : for each an ndarray of float64, shape (groups, P, P)
    chosen : the parameters of `kernels.prune`
    part : (first, last) share of the whole work that this is

    Returns
    -------
    list of Weight or Skipped
    """
    results = [_refusal(weight, "ExactOBS", chosen["pattern"] != "unstructured") for weight in weights]
    parts = []  # (index of the weight, its rows of one group, their second moments)
    for i, (weight, own) in enumerate(zip(weights, moments, strict=True)):
        if results[i] is None:
            rows = weight.values.reshape(len(own), -1, own.shape[-1])
            parts += [(i, *part) for part in zip(rows, own, strict=True)]
    removals, work, done = [], sum(rows.size * len(H) ** 2 for _, rows, H in parts), 0
    for i, rows, H in parts:
        search, cost = exact_obs(rows, damped(H)), rows.size * len(H) ** 2
        own = [part[0] + share / work * (part[1] - part[0]) for share in (done, done + cost)]
        removals.append((yield from reported(search, own, f"Searching {weights[i].name}")))
        done += cost
    masks = cheapest(removals, chosen["sparsity"]) if parts else []
    for i in dict.fromkeys(i for i, _, _ in parts):
        own = [(refit(rows, mask, H), mask) for (j, rows, H), mask in zip(parts, masks, strict=True) if i == j]
        values, kept = map(np.stack, zip(*own, strict=True))
        wide = too_wide(values.shape[-1])
        results[i] = _with(weights[i], values, kept, *([wide] if wide else []))
    return results


def _refusal(weight, method, pattern):
    """Why a weight cannot be pruned in this way; None if it can."""
    if pattern:
        return Skipped(f"{method} chooses weights one by one; choose another criterion for this pattern")
    if not isinstance(weight.form, Float):
        return Skipped(f"{method} moves the weights that stay, which are encoded already; let it go first")
    if np.abs(weight.values).max() > LARGEST:
        return Skipped(f"it has weights beyond {LARGEST:.0e}, too large for {method} to compute with")


def _with(weight, values, kept, *notes):
    """The weight with other values and a mask, in the floating point numbers it has."""
    shape, kept = weight.values.shape, kept.reshape(weight.values.shape)
    if weight.mask is not None:
        kept &= weight.mask
    values = np.where(kept, values.reshape(shape), np.float32(0))
    return refilled(replace(weight, mask=kept, notes=weight.notes + notes), values)
