"""Cross-layer equalization: scale channels so that, in every layer, all of them are about equally large.

Between two layers a channel may be divided by any positive number if what reads it is multiplied by the same one. With
one scale for the whole layer, small channels vanish in the rounding of large ones; brought to one size they do not.
Nothing else changes as long as what lies between is positively homogeneous, such as ReLU and pooling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kernels.channel_group import ChannelGroup, Member

ROUNDS = 100
"Most passes over all channel groups; chains of a few layers rest after ten or twenty."
RESTING = 1.001
"Factors closer to 1 than this no longer count."


@dataclass(frozen=True, eq=False)
class Scaling:
    """What becomes of one weight and its bias; float32, positive.

    made : shape (C_out,), divides each output channel, its bias included
    read : shape (C_in / groups,), multiplies each input channel; of a depthwise convolution shape (C_out,)
    """

    made: np.ndarray
    read: np.ndarray

    def weight(self, values: np.ndarray) -> np.ndarray:
        """The scaled weight, shape (C_out, C_in / groups, *K).

        >>> halved = Scaling(np.float32([2]), np.float32([1, 3]))
        >>> halved.weight(np.float32([[4, 4]])).tolist(), halved.bias(np.float32([6])).tolist()
        ([[2.0, 6.0]], [3.0])
        """
        tail = (1,) * (values.ndim - 2)
        depthwise = len(self.read) != values.shape[1]
        read = self.read.reshape(-1, 1, *tail) if depthwise else self.read.reshape(1, -1, *tail)
        return (values * read / self.made.reshape(-1, 1, *tail)).astype(np.float32)

    def bias(self, bias: np.ndarray) -> np.ndarray:
        """The scaled bias, shape (C_out,)."""
        return bias / self.made


def equalize(weights: Mapping[str, np.ndarray], channel_groups: Sequence[ChannelGroup]) -> dict[str, Scaling]:
    """Scalings after which every channel is as large where it is made as where it is read.

    Parameters
    ----------
    weights : mapping from name to ndarray of float32, shape (C_out, C_in / groups, *K), with all the channels that the
        channel groups count
    channel_groups : sequence of `ChannelGroup`. Those that are not homogeneous, that somebody else sees
        (`stays`), that nobody reads, or with a part that is not among `weights` are left alone

    Returns
    -------
    dict from name to `Scaling`, only of weights that change. Channels that nobody makes or nobody reads keep their size

    Raises
    ------
    ValueError
        If a weight has fewer rows or columns than a channel group counts in it.

    Notes
    -----
    ``s_i = sqrt(made_i * read_i) / read_i`` from the largest magnitudes of channel i among its producers and among its
    consumers, which are equal afterwards. Layers in a row are done in turn until none moves any more. A depthwise
    convolution in between keeps its weights; only its bias follows. Source: Nagel et al., ICCV 2019 (arXiv 1906.04721),
    section 4.1.

    Examples
    --------
    >>> from kernels.channel_group import ChannelGroup, Member
    >>> weights = {"a": np.float32([[8.0], [1.0]]), "b": np.float32([[2.0, 4.0]])}
    >>> scalings = equalize(weights, [ChannelGroup(2, (Member("a"),), (Member("b"),))])
    >>> scalings["a"].weight(weights["a"]).tolist(), scalings["b"].weight(weights["b"]).tolist()
    ([[4.0], [2.0]], [[4.0, 2.0]])
    """
    channel_groups = [group for group in channel_groups if _can_be_scaled(group, weights)]
    sizes = {name: _sizes(weight) for name, weight in weights.items()}
    totals = [np.ones(group.channels) for group in channel_groups]
    for _ in range(ROUNDS):
        largest_step = 1.0
        for group, total in zip(channel_groups, totals, strict=True):
            made = [_channels(sizes[part.name], part, group) for part in group.producers]
            read = [_channels(sizes[part.name].T, part, group) for part in group.consumers]
            largest_made = np.max([lines.max(axis=(1, 2)) for lines in made], axis=0)
            largest_read = np.max([lines.max(axis=(1, 2)) for lines in read], axis=0)
            alive = (largest_made > 0) & (largest_read > 0)
            step = np.sqrt(np.divide(largest_made, largest_read, where=alive, out=np.ones(len(total))))
            for lines in made:
                lines /= step[:, None, None]
            for lines in read:
                lines *= step[:, None, None]
            total *= step
            largest_step = max(largest_step, step.max(), 1 / step.min())
        if largest_step < RESTING:
            break
    return _scalings(weights, channel_groups, totals)


def _can_be_scaled(group: ChannelGroup, weights: Mapping[str, np.ndarray]) -> bool:
    """Whether all who make and read the channels of a channel group are known, and nothing between them is bent."""
    parts = (*group.producers, *group.consumers, *group.between)
    known = all(part.name in weights for part in parts)
    free = group.homogeneous and not group.stays
    return known and free and bool(group.producers) and bool(group.consumers)


def _sizes(weight: np.ndarray) -> np.ndarray:
    """Largest magnitude between each output and each input channel: float64, shape (C_out, C_in / groups)."""
    return np.abs(weight, dtype=np.float64).reshape(*weight.shape[:2], -1).max(axis=2)


def _channels(lines: np.ndarray, part: Member, group: ChannelGroup) -> np.ndarray:
    """The rows of `lines` that belong to the channels of a channel group, as a view: shape (channels, spread, ...)."""
    n = group.channels * part.spread
    mine = lines[part.offset : part.offset + n]
    if len(mine) < n:
        raise ValueError(f"{part.name!r} has {len(lines)} rows or columns where {n} from {part.offset} on are coupled")
    return mine.reshape(group.channels, part.spread, -1)


def _scalings(
    weights: Mapping[str, np.ndarray], channel_groups: Sequence[ChannelGroup], totals: Sequence[np.ndarray]
) -> dict[str, Scaling]:
    """The factors of every channel group, gathered for each weight."""
    found = {}

    def multiply(side: str, part: Member, total: np.ndarray) -> None:
        weight = weights[part.name]
        if part.name not in found:
            # a depthwise convolution between a channel group's layers reads as many channels as it makes
            between = any(other.name == part.name for group in channel_groups for other in group.between)
            read = np.ones(len(weight) if between else weight.shape[1])
            found[part.name] = {"made": np.ones(len(weight)), "read": read}
        factors = found[part.name][side]
        factors[part.offset : part.offset + len(total) * part.spread] *= np.repeat(total, part.spread)

    for group, total in zip(channel_groups, totals, strict=True):
        for part in (*group.producers, *group.between):
            multiply("made", part, total)
        for part in (*group.consumers, *group.between):
            multiply("read", part, total)
    return {name: Scaling(*(factors.astype(np.float32) for factors in sides.values())) for name, sides in found.items()}
