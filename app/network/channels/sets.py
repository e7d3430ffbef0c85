"""Which channels of a network are one and the same as far as removing them goes.

Every layer makes channels, each with a number. Where a graph adds two channels, or multiplies them, one cannot go
without the other: they are joined. In the end the numbers fall into sets, and sets that lie alike in the same layers
are one `ChannelGroup`. What operators do to channels stands in `operators`.

The channels of an attention head go one by one, or all together with the head. So a head has a number too, and is
joined with others like a channel: queries, keys and values of a head go together, although their channels do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from kernels.channel_group import ChannelGroup, Member

PRODUCER, BETWEEN, CONSUMER = 0, 1, 2
"What a layer is to a channel, as in `ChannelGroup`: it makes it, passes it on (a depthwise convolution), or reads it."

_SHUFFLED = "they change places on the way"


class Channels:
    """Numbers of channels, and what is known about the sets they fall into."""

    def __init__(self):
        self._parent: list[int] = []
        self._members: dict[tuple[str, int], np.ndarray] = {}
        self._staying: list[tuple[np.ndarray, str]] = []
        self._inhomogeneous: list[np.ndarray] = []
        self._equal: list[np.ndarray] = []  # channels by head, shape (heads, channels): heads that stay equally large
        self._heads: dict[int, np.ndarray] = {}  # the channels of each head

    def new(self, count: int) -> np.ndarray:
        """Numbers for `count` channels not seen before."""
        first = len(self._parent)
        self._parent.extend(range(first, first + count))
        return np.arange(first, first + count)

    def join(self, one: np.ndarray, other: np.ndarray) -> None:
        """Each channel, or head, of `one` goes only together with that of `other` at the same index."""
        if self.are_heads(one) != self.are_heads(other):
            for each in (one, other):
                self.stay(each, "they meet numbers of which there is one for each head")
            return
        for a, b in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True):
            a, b = sorted((self._root(a), self._root(b)))
            self._parent[b] = a

    def belong(self, layer: str, role: int, ids: np.ndarray) -> None:
        """The rows of a layer's weight are these channels; its columns, if the layer is their consumer."""
        self._members[layer, role] = ids.ravel()

    def stay(self, ids: np.ndarray, reason: str) -> None:
        """These channels cannot go, and why."""
        self._staying.append((ids.ravel(), reason))

    def mark_inhomogeneous(self, ids: np.ndarray) -> None:
        """What follows these channels does more than scale its output when its input is scaled."""
        self._inhomogeneous.append(ids.ravel())

    def keep_equal(self, by_head: np.ndarray) -> None:
        """All heads keep equally many channels; these are given by head, shape (..., heads, channels).

        Leading axes are several such arrays, which lose the same: queries, keys and values that one matrix makes.
        """
        first, *others = by_head.reshape(-1, *by_head.shape[-2:])
        for other in others:
            self.join(first, other)
        self._equal.append(first)

    def heads(self, by_head: np.ndarray) -> np.ndarray:
        """A number for each head, for joining heads and letting them stay.

        by_head : shape (..., heads, channels); the numbers have the shape (..., heads)
        """
        ids = self.new(by_head[..., 0].size).reshape(by_head.shape[:-1])
        self._heads.update(zip(ids.ravel().tolist(), by_head.reshape(-1, by_head.shape[-1]), strict=True))
        return ids

    def are_heads(self, ids: np.ndarray) -> bool:
        """Whether these are numbers of heads."""
        return bool(ids.size) and int(ids.flat[0]) in self._heads

    def within(self, ids: np.ndarray) -> np.ndarray:
        """The channels of each head, or each channel by itself: shape (ids, channels)."""
        return np.array([self._heads.get(i, [i]) for i in ids.ravel().tolist()])

    def roots(self, ids: np.ndarray) -> np.ndarray:
        """One number for each set, in place of those of its channels."""
        return np.array([self._root(i) for i in ids.ravel().tolist()], dtype=np.int64)

    def _root(self, i: int) -> int:
        """The number that stands for the set of channel `i`; halves the way there (union-find)."""
        while self._parent[i] != i:
            self._parent[i] = i = self._parent[self._parent[i]]
        return i

    def channel_groups(self, alone: str) -> list[tuple[ChannelGroup, np.ndarray]]:
        """The channel groups, each with the roots of its channels.

        alone : as for `_groups`
        """
        pairs = list(self._groups(alone))
        heads = self._names_of_heads(pairs)
        return [(replace(group, heads=heads.get(i, "")), roots) for i, (group, roots) in enumerate(pairs)]

    def _groups(self, alone: str) -> Iterator[tuple[ChannelGroup, np.ndarray]]:
        """The channel groups, not knowing of heads: all sets of channels that belong to the same layers.

        alone : a reason to stay that goes without saying for channels that belong to one layer only
        """
        belongs = defaultdict(list)
        for (layer, role), ids in self._members.items():
            for index, root in enumerate(self.roots(ids).tolist()):
                belongs[root].append((role, layer, index))
        reasons = {root: why for ids, why in reversed(self._staying) for root in self.roots(ids).tolist()}
        inhomogeneous = {root for ids in self._inhomogeneous for root in self.roots(ids).tolist()}
        alike = defaultdict(list)
        for root, memberships in sorted(belongs.items()):
            layers = tuple((role, layer) for role, layer, _ in memberships)
            if len(set(layers)) > 1 or reasons.get(root, alone) != alone:
                alike[layers, reasons.get(root, "")].append(root)
        for (layers, reason), roots in alike.items():
            indices = np.array([[index for _, _, index in belongs[root]] for root in roots])
            runs, obstacle = self._runs(roots)
            members: dict[int, list[Member]] = {PRODUCER: [], CONSUMER: [], BETWEEN: []}
            for role, layer in dict.fromkeys(layers):
                found = _members(layer, indices[:, [each == (role, layer) for each in layers]])
                obstacle = obstacle if found else _SHUFFLED
                members[role] += found or [Member(layer)]
            yield (
                ChannelGroup(
                    len(roots), *map(tuple, members.values()), runs, inhomogeneous.isdisjoint(roots), reason or obstacle
                ),
                np.array(roots),
            )

    def _runs(self, roots: list[int]) -> tuple[int, str]:
        """Into how many runs that have to stay equally long the channels fall, and what forbids that they go."""
        index_of, length = {root: i for i, root in enumerate(roots)}, len(roots)
        for by_head in self._equal:
            heads = self.roots(by_head).reshape(by_head.shape)
            inside = np.isin(heads, roots)
            if not inside.any():
                continue
            if not inside.all():
                return 1, "others would have to go with them"
            if length not in (len(roots), by_head.shape[1]):
                return 1, "they are grouped in two ways at once"
            length = by_head.shape[1]
            index = np.vectorize(index_of.get)(heads)
            if (index != index[:, :1] + np.arange(length)).any() or (index[:, 0] % length).any():
                return 1, _SHUFFLED
        return len(roots) // length, ""

    def _names_of_heads(self, pairs: list[tuple[ChannelGroup, np.ndarray]]) -> dict[int, str]:
        """A name for the heads of each group whose runs are heads that can go, by index in `pairs`.

        Groups have the same name if their heads are the same, in the same order: that of a layer which makes one.
        """
        first: dict[frozenset, int] = {}
        for number, ids in self._heads.items():  # the same channels are the same head
            self.join(np.array([first.setdefault(frozenset(self.roots(ids).tolist()), number)]), np.array([number]))
        head = {channels: self._root(number) for channels, number in first.items()}
        runs = {}
        for i, (group, roots) in enumerate(pairs):
            if group.runs > 1 and not group.stays:
                runs[i] = [frozenset(run.tolist()) for run in roots.reshape(group.runs, -1)]
        known = {channels for each in runs.values() for channels in each}
        staying = {root for ids, _ in self._staying for root in self.roots(ids).tolist()}
        staying |= {root for channels, root in head.items() if channels not in known}
        together = {i: tuple(head.get(channels) for channels in each) for i, each in runs.items()}
        orders = {root: {order for order in together.values() if root in order} for root in head.values()}
        return {
            i: pairs[next(first for first in together if together[first] == order)][0].producers[0].name
            for i, order in together.items()
            if not any(root is None or root in staying or len(orders[root]) > 1 for root in order)
        }


def _members(layer: str, indices: np.ndarray) -> list[Member]:
    """The rows or columns `indices`, shape (channels, spread), as members; none if they are not neighbours in order."""
    starts = np.flatnonzero(np.diff(indices[0], prepend=-2) != 1)  # where the first channel leaves a gap
    pieces = np.split(indices, starts[1:], axis=1)
    ordered = all(np.array_equal(each.ravel(), each[0, 0] + np.arange(each.size)) for each in pieces)
    return [Member(layer, each.shape[1], int(each[0, 0])) for each in pieces] if ordered else []
