"""What makes channels dispensable: their own size, or how little those that read them lose.

The first needs weights alone. The second is the optimal brain surgeon of `structured_obs`: it needs to know
what the readers read, and has them make up for the channels that go.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from kernels.calibrated.hessian import LARGEST, Read, damped
from kernels.calibrated.least_squares import refit
from kernels.channel_group import ChannelGroup, Member
from kernels.pruning.masks import channel_norms, smallest
from kernels.pruning.structured_obs import structured_obs
from kernels.storage.encoding import refilled
from kernels.weight import Weight

NORMS = {"l2": 2, "l1": 1}
Parts = list[tuple[Member, int, np.ndarray]]
"The parts of a channel group: each with its axis, and the positions of its channels along that axis."


def norms(group: ChannelGroup, members: Parts, named: Mapping[str, Weight], criterion: str) -> np.ndarray:
    """How large channels are: the norm of what makes each times the norm of what reads it.

    Layers whose outputs are added count as one, and so do all that read them. A depthwise convolution is a factor of
    its own, and so is each producer where producers only meet each other.

    Parameters
    ----------
    group : ChannelGroup, with as many runs as there are still
    members : its parts, the axis of each, and the positions of its channels along that axis
    named : the weights by name
    criterion : "l2" or "l1"

    Returns
    -------
    ndarray of float, shape (runs, channels of each): those that are still there

    Notes
    -----
    Source: Li et al., ICLR 2017 (arXiv 1608.08710), who look at what makes a channel alone; whole attention heads as in
    Michel et al., NeurIPS 2019 (arXiv 1905.10650).
    """
    order = NORMS[criterion]
    sums = []
    for part, axis, positions in members:
        norms = channel_norms(named[part.name].values, axis, order=order)[positions]
        sums.append((norms**order).reshape(-1, part.spread).sum(axis=1))
    n_made, n_between = len(group.producers), len(group.between)
    made, between, read = sums[:n_made], sums[n_made : n_made + n_between], sums[n_made + n_between :]
    factors = [sum(made), *between, sum(read)] if read else [*made, *between]
    return np.prod(np.power(factors, 1 / order), axis=0).reshape(group.runs, -1)


def by_norm(
    several: Sequence[tuple[ChannelGroup, Parts]], named: Mapping[str, Weight], criterion: str, count: int, whole: bool
) -> np.ndarray:
    """Which channels of several channel groups stay; `count` of every run go, or `count` runs.

    A run counts as much as its channels together, as a share of all runs, on average over the channel groups.

    Parameters
    ----------
    several : list of (channel group, members), see `norms`; those of one only, unless runs go as a whole
    named, criterion : as for `norms`
    count : int
    whole : bool

    Returns
    -------
    ndarray of bool, one entry for each channel that is still there, or each run
    """
    scores = [norms(group, members, named, criterion) for group, members in several]
    if whole:
        return smallest(sum(each.sum(axis=1) / (each.sum() or 1) for each in scores), count)
    return np.concatenate([smallest(run, count) for run in scores[0]])


def unreadable(consumers: Sequence[Member], named: Mapping[str, Weight]) -> str:
    """Why it cannot be said what these parts lose that read channels, as the end of a sentence; "" if it can."""
    if not consumers:
        return "no layer reads them by itself"
    large = [part.name for part in consumers if np.abs(named[part.name].values).max() > LARGEST]
    return f"{large[0]} has weights beyond {LARGEST:.0e}, too large to compute with" if large else ""


def by_loss(
    several: Sequence[tuple[ChannelGroup, Parts]],
    named: Mapping[str, Weight],
    reads: Mapping[str, Read],
    count: int,
    whole: bool,
) -> Generator[float, None, np.ndarray]:
    """Which channels, or runs, stay, by what their readers lose; a generator of the share of the work that is done.

    Parameters
    ----------
    several, named, count, whole : as for `by_norm`
    reads : name -> Read, of every consumer

    Returns
    -------
    ndarray of bool, one entry for each channel that is still there, or each run
    """
    columns = {}
    for part, axis, positions in [member for _, members in several for member in members]:
        if axis == 1:
            size = named[part.name].values[0, 0].size
            places = positions.reshape(-1, part.spread, 1) * size + np.arange(size)
            columns.setdefault(part.name, []).append(places.reshape(len(places), -1))
    readers, runs = [], several[0][0].runs
    for name, own in columns.items():
        own = np.hstack(own)  # (channels, columns of each)
        own = own.reshape(runs, -1) if whole else own
        where = own.reshape(-1)
        rows = named[name].values.reshape(len(named[name].values), -1)
        readers.append((rows[:, where], damped(reads[name].H)[np.ix_(where, where)]))
    stays = np.ones(len(own), bool)
    equal = 1 if whole else runs  # runs that all lose as many
    stays[(yield from structured_obs(readers, len(own), count * equal, equal))] = False
    return stays


def adapted(weight: Weight, stays: np.ndarray, read: Read) -> Weight:
    """The weight with the columns that stay taking over the work of the others, which become zero.

    Parameters
    ----------
    weight : Weight, as floating point numbers, of a layer without groups
    stays : ndarray of bool, shape (C_in,)
    read : Read

    Returns
    -------
    Weight of the same shape, its bias making up for the means
    """
    rows = weight.values.reshape(len(weight.values), -1)
    kept = np.broadcast_to(stays.reshape(1, -1, *(1 for _ in weight.values.shape[2:])), weight.values.shape)
    kept = kept if weight.mask is None else kept & weight.mask
    fitted = refit(rows, kept.reshape(rows.shape), read.H)
    if weight.bias is not None:
        weight = replace(weight, bias=(weight.bias + (rows - fitted) @ read.mean).astype(np.float32))
    return refilled(weight, fitted.reshape(weight.values.shape))
