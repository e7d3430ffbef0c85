"""Remove channels: take whole channels and neurons out, so that the layers really become smaller.

A channel goes from every layer that makes it and from every layer that reads it. Which rows and columns these are is
said by the channel groups; vectors that are no layer's weight, such as those of a batch normalization, follow in the
graph.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kernels.asking import Inputs, Moments, Progress
from kernels.calibrated.hessian import Read
from kernels.channel_group import ChannelGroup
from kernels.progress import reported
from kernels.pruning.channel_criteria import NORMS, Parts, adapted, by_loss, by_norm, unreadable
from kernels.pruning.masks import n_removed
from kernels.storage.encoding import EMPTY, require_finite
from kernels.technique import Outcome, Parameter, Setting, Skipped, Technique
from kernels.weight import Float, Weight


def remove_channels(
    weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], setting: Setting
) -> Generator[Inputs | Moments | Progress, Any, Outcome]:
    """Weights with fewer channels. Contract: `Technique.apply`; a generator, for "obs" asks what the readers read.

    Raises ValueError, too, if layers of one channel group differ in the channels they still have.
    """
    require_finite(weights)
    filled = [pair for pair in zip(weights, params, strict=True) if pair[0].values.size]
    smaller = (yield from _remove_channels(*zip(*filled, strict=True), setting.channel_groups)) if filled else ()
    remaining = iter(smaller)
    return [next(remaining) if weight.values.size else EMPTY for weight in weights]


def _remove_channels(
    weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], channel_groups: Sequence[ChannelGroup]
) -> Generator[Inputs | Moments | Progress, Any, list[Weight | Skipped]]:
    """Smaller weights: of every group the least important channels go, as its first producer has it in `params`.

    Channel groups of the same attention heads lose the same ones, where whole heads are to go.
    """
    named = {weight.name: weight for weight in weights}
    chosen = {weight.name: each for weight, each in zip(weights, params, strict=True)}
    kept = {(name, axis): np.ones(w.values.shape[axis], bool) for name, w in named.items() for axis in (0, 1)}
    reached, said, reads = set(), {weight.name: [] for weight in weights}, {}
    batches = _batches(channel_groups, chosen)
    for done, (whole, batch) in enumerate(batches):
        fixed = {name: reason for group in batch for name, reason in _fixed(group, named).items()}
        for name, reason in fixed.items():
            said.get(name, []).append(reason)
        if fixed:
            continue
        several = [_members(group, named) for group in batch]
        maker = batch[0].producers[0].name
        first = chosen[maker]
        count, rounded = _n_going(*several[0], first, whole)
        for name in dict.fromkeys(part.name for group in batch for part in group.producers):
            said[name] += rounded
            if chosen[name] != first:
                said[name].append(f"Its output channels go with those of {maker}, at the strength chosen there.")
        part = done / len(batches), (done + 1) / len(batches)
        stays, notes = yield from _choice(several, named, first["criterion"], count, whole, reads, part)
        said[maker] += notes
        for _, members in several:
            for part, axis, positions in members:
                kept[part.name, axis][positions] = stays.repeat(len(positions) // len(stays))
                reached.add(part.name)
    for name, read in reads.items():
        named[name] = adapted(named[name], kept[name, 1], read)
    return [
        _smaller(named[w.name], kept[w.name, 0], kept[w.name, 1], tuple(dict.fromkeys(said[w.name])), w.name in reached)
        for w in weights
    ]


def _batches(
    channel_groups: Sequence[ChannelGroup], chosen: Mapping[str, Mapping[str, Any]]
) -> list[tuple[bool, list[ChannelGroup]]]:
    """Groups that lose the same, in order, and whether whole heads go: if so where the first of these is made."""
    batches = {}
    for i, group in enumerate(channel_groups):
        first = next(each for each in channel_groups if each is group or each.heads and each.heads == group.heads)
        maker = first.producers[0].name if group.heads else ""
        whole = maker in chosen and chosen[maker]["heads"] == "fewer"
        batches.setdefault((whole, group.heads if whole else i), []).append(group)
    return [(whole, batch) for (whole, _), batch in batches.items()]


def _choice(
    several: Sequence[tuple[ChannelGroup, Parts]],
    named: dict[str, Weight],
    criterion: str,
    count: int,
    whole: bool,
    reads: dict[str, Read],
    part: tuple[float, float],
) -> Generator[Inputs | Moments | Progress, Any, tuple[np.ndarray, list[str]]]:
    """Which channels stay, and what there is to say about that; what readers read is asked for and put into `reads`."""
    if criterion != "obs" or not count:
        return by_norm(several, named, "l2" if criterion == "obs" else criterion, count, whole), []
    consumers = [part for group, _ in several for part in group.consumers]
    obstacle = unreadable(consumers, named)
    if obstacle:
        return by_norm(several, named, "l2", count, whole), [f"Its channels went by their L2 norm: {obstacle}."]
    for name in dict.fromkeys(part.name for part in consumers):
        yield Progress(part[0], f"Reading the inputs of {name}")
        if name not in reads:
            reads[name] = yield from Read.by(named[name], named)
    search = by_loss(several, named, reads, count, whole)
    return (yield from reported(search, part, f"Searching the channels of {several[0][0].producers[0].name}")), []


def _n_going(group: ChannelGroup, members: Parts, chosen: Mapping[str, Any], whole: bool) -> tuple[int, list[str]]:
    """How many channels of every run, or how many runs, go, and what there is to say about it."""
    part, _, positions = members[0]
    length = group.runs if whole else len(positions) // part.spread // group.runs
    count, multiple = n_removed(length, chosen["sparsity"]), chosen["multiple"]
    if group.runs > 1 and multiple > 1:
        return count, ["Its channels belong to heads, which are not rounded to multiples."]
    if group.runs == 1:
        count = max(0, length - _rounded_up(length - count, multiple))
    return count, [NONE] if chosen["sparsity"] and not count else []


def _rounded_up(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


def _fixed(group: ChannelGroup, named: Mapping[str, Weight]) -> dict[str, str]:
    """Why the channels of a group stay, in the words of each layer that has a part in them; empty if they can go."""
    made, read = (*group.producers, *group.between), group.consumers
    if group.stays:
        said = {part.name: f"Its input channels stay: {group.stays}." for part in read}
        return said | {part.name: f"Its output channels stay: {group.stays}." for part in made}
    names = list(dict.fromkeys(part.name for part in (*made, *read)))
    stuck = [name for name in names if name not in named or not isinstance(named[name].form, Float)]
    if not stuck:
        return {}
    listed = ", ".join(stuck)
    return dict.fromkeys(names, f"Channels it shares with {listed} stay: {listed} cannot become smaller in this step.")


def _members(group: ChannelGroup, named: Mapping[str, Weight]) -> tuple[ChannelGroup, Parts]:
    """The channel group with as many runs as there are still; and each of its parts, the axis of that, and where the
    channels that are still there stand along it now."""
    members, alive = [], []
    for parts, axis in ((group.producers, 0), (group.between, 0), (group.consumers, 1)):
        for part in parts:
            weight = named[part.name]
            present = weight.kept_in if axis else weight.kept_out
            present = np.arange(weight.values.shape[axis]) if present is None else present
            channel = (present - part.offset) // part.spread
            positions = np.flatnonzero((channel >= 0) & (channel < group.channels))
            members.append((part, axis, positions))
            alive.append(channel[positions[:: part.spread]])
    if any(not np.array_equal(alive[0], each) for each in alive):
        counts = sorted({len(each) for each in alive})
        raise ValueError(f"{', '.join(p.name for p, _, _ in members)} differ in the channels they share: {counts}")
    length = group.channels // group.runs
    return replace(group, runs=len(np.unique(alive[0] // length))), members


# ---- what becomes of a weight ----------------------------------------------------------------------------------------


def _smaller(
    weight: Weight, rows: np.ndarray, columns: np.ndarray, fixed: Sequence[str], reached: bool
) -> Weight | Skipped:
    """The weight with only these rows and columns; `fixed` says why some of them could not go, if any could."""
    if not isinstance(weight.form, Float):
        return Skipped("its channels are encoded already; put it before palettize and quantize")
    if not reached:
        return Skipped(" ".join(fixed) or _ALONE)
    weight = replace(weight, notes=weight.notes + tuple(note for note in fixed if note not in weight.notes))
    if not rows.all():
        # a depthwise convolution has as many groups as input channels, any other as many as before
        groups = weight.groups * np.count_nonzero(rows) // len(rows) if _depthwise(weight) else weight.groups
        weight = replace(
            weight, values=weight.values[rows], groups=int(groups),
            mask=None if weight.mask is None else weight.mask[rows],
            bias=None if weight.bias is None else weight.bias[rows],
            kept_out=np.flatnonzero(rows) if weight.kept_out is None else weight.kept_out[rows],
        )  # fmt: skip
    if not columns.all():
        weight = replace(
            weight, values=weight.values[:, columns],
            mask=None if weight.mask is None else weight.mask[:, columns],
            kept_in=np.flatnonzero(columns) if weight.kept_in is None else weight.kept_in[columns],
        )  # fmt: skip
    return weight


NONE = "None of its output channels goes: of so few the chosen share, rounded, is none."
_ALONE = "no channel of it can go: no other layer makes its inputs or reads its outputs"


def _depthwise(weight: Weight) -> bool:
    return weight.groups > 1 and weight.values.shape[1] == 1


TECHNIQUE = Technique(
    id="structured",
    label="Remove channels",
    summary="Take whole channels and neurons out, so that the layers become smaller and faster.",
    wins=("smaller", "faster"),
    parameters=(
        Parameter(
            "sparsity", "float", 0.25, low=0.0, high=0.99, step=0.01, label="channels removed", unit="%", primary=True,
            help="The fraction of channels and neurons that go, from the layers that make them and from their readers.",
        ),
        Parameter(
            "heads", "choice", "narrower", choices=("narrower", "fewer"), labels=("become narrower", "become fewer"),
            label="attention heads", heads=True,
            help="Attention heads all lose as many of their channels; or whole heads go, from queries, keys and values "
            "and from the layer that reads them.",
        ),
        Parameter(
            "criterion", "choice", "l2", choices=(*NORMS, "obs"), labels=("L2 norm", "L1 norm", "structured OBS"),
            label="criterion",
            help="Which channels go first: those with the smallest norm, of the weights that make them times those "
            "that read them; or those whose readers lose least on calibration samples once they have adapted, which "
            "they then do (structured OBS, up to two seconds; arXiv 2203.07259).",
        ),
        Parameter(
            "multiple", "choice", 1, choices=(1, 4, 8, 16), labels=("any number", "of 4", "of 8", "of 16"),
            label="channels kept in multiples",
            help="Some processors compute 4, 8 or 16 channels of a convolution at once and are slow with any other "
            "number. Rounded so that more stay.",
        ),
    ),
    apply=remove_channels,
    source="Li et al., ICLR 2017, arXiv 1608.08710; heads: Michel et al., NeurIPS 2019, arXiv 1905.10650; structured "
    "OBS: Kurtic et al., EMNLP 2022, arXiv 2203.07259",
    whole=True,
)  # fmt: skip
