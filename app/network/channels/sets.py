"""Which channels of a network are one and the same as far as removing them goes.

Every layer makes channels, each with a number. Where a graph adds two channels, or multiplies them, one cannot go
without the other: they are joined. In the end the numbers fall into sets, and sets that lie alike in the same layers
are one `ChannelGroup`. What operators do to channels stands in `operators`.

Channels may stand in lines, as those of attention heads do. A line has a number too, and is joined with others like a
channel: queries, keys and values of a head go together, although their channels do not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from kernels.channel_group import ChannelGroup, Member

ROWS, BETWEEN, COLUMNS = 0, 1, 2
"How a layer can hold a channel: it makes it, it passes it on by itself (a depthwise convolution), it reads it."


class Channels:
    """Numbers of channels, and what is known about the sets they fall into."""

    def __init__(self):
        self._parent: list[int] = []
        self._members: dict[tuple[str, int], np.ndarray] = {}
        self._staying: list[tuple[np.ndarray, str]] = []
        self._bent: list[np.ndarray] = []
        self._grids: list[np.ndarray] = []
        self._lines: dict[int, np.ndarray] = {}

    def new(self, count: int) -> np.ndarray:
        """Numbers for `count` channels not seen before."""
        first = len(self._parent)
        self._parent.extend(range(first, first + count))
        return np.arange(first, first + count)

    def join(self, one: np.ndarray, other: np.ndarray) -> None:
        """Each channel of `one` goes only together with that of `other` at the same place."""
        if self.are_lines(one) != self.are_lines(other):
            for each in (one, other):
                self.stay(each, "they meet numbers of which there is one for each head")
            return
        for a, b in zip(one.ravel().tolist(), other.ravel().tolist(), strict=True):
            a, b = sorted((self._root(a), self._root(b)))
            self._parent[b] = a

    def hold(self, layer: str, how: int, ids: np.ndarray) -> None:
        """The rows or columns of a layer are these channels."""
        self._members[layer, how] = ids.ravel()

    def stay(self, ids: np.ndarray, reason: str) -> None:
        """These channels cannot go, and why."""
        self._staying.append((ids.ravel(), reason))

    def bend(self, ids: np.ndarray) -> None:
        """Something here does more than scale its output when its input is scaled."""
        self._bent.append(ids.ravel())

    def even(self, grid: np.ndarray) -> None:
        """Each line of this grid, shape (..., lines, channels), has to stay as long as the others.

        Of several such grids, one behind the other, all lose the same: queries, keys and values that one matrix makes.
        """
        first, *others = grid.reshape(-1, *grid.shape[-2:])
        for other in others:
            self.join(first, other)
        self._grids.append(first)

    def lines(self, grid: np.ndarray) -> np.ndarray:
        """A number for each line of a grid of shape (..., lines, channels), for joining lines and letting them stay."""
        ids = self.new(grid[..., 0].size).reshape(grid.shape[:-1])
        self._lines.update(zip(ids.ravel().tolist(), grid.reshape(-1, grid.shape[-1]), strict=True))
        return ids

    def are_lines(self, ids: np.ndarray) -> bool:
        """Whether these are numbers of lines."""
        return bool(ids.size) and int(ids.flat[0]) in self._lines

    def within(self, ids: np.ndarray) -> np.ndarray:
        """The channels of each line, or each channel by itself: shape (ids, channels)."""
        return np.array([self._lines.get(i, [i]) for i in ids.ravel().tolist()])

    def roots(self, ids: np.ndarray) -> np.ndarray:
        """One number for each set, in place of those of its channels."""
        return np.array([self._root(i) for i in ids.ravel().tolist()], dtype=np.int64)

    def _root(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = i = self._parent[self._parent[i]]
        return i

    def channel_groups(self, alone: str) -> list[tuple[ChannelGroup, np.ndarray]]:
        """The channel groups, each with the roots of its channels.

        alone : as for `_alike`
        """
        pairs = list(self._alike(alone))
        heads = self._heads(pairs)
        return [(replace(group, heads=heads.get(i, "")), roots) for i, (group, roots) in enumerate(pairs)]

    def _alike(self, alone: str) -> Iterator[tuple[ChannelGroup, np.ndarray]]:
        """Sets of channels that lie alike.

        alone : a reason to stay that goes without saying for channels that only one layer has to do with
        """
        held = defaultdict(list)
        for (layer, how), ids in self._members.items():
            for index, root in enumerate(self.roots(ids).tolist()):
                held[root].append((how, layer, index))
        reasons = {root: why for ids, why in reversed(self._staying) for root in self.roots(ids).tolist()}
        bent = {root for ids in self._bent for root in self.roots(ids).tolist()}
        alike = defaultdict(list)
        for root, places in sorted(held.items()):
            kind = tuple((how, layer) for how, layer, _ in places)
            if len(set(kind)) > 1 or reasons.get(root, alone) != alone:
                alike[kind, reasons.get(root, "")].append(root)
        for (kind, reason), roots in alike.items():
            indices = np.array([[index for _, _, index in held[root]] for root in roots])
            runs, fault = self._runs(roots)
            sides: list[list[Member]] = [[], [], []]
            for how, layer in dict.fromkeys(kind):
                parts = _parts(layer, indices[:, [each == (how, layer) for each in kind]])
                fault = fault if parts else "they change places on the way"
                sides[how] += parts or [Member(layer)]
            yield (
                ChannelGroup(
                    len(roots), *(tuple(sides[how]) for how in (ROWS, COLUMNS, BETWEEN)), runs, bent.isdisjoint(roots),
                    reason or fault,
                ),
                np.array(roots),
            )  # fmt: skip

    def _runs(self, roots: list[int]) -> tuple[int, str]:
        """Into how many runs that have to stay equally long the channels fall, and what forbids that."""
        place, length = {root: i for i, root in enumerate(roots)}, len(roots)
        for grid in self._grids:
            lines = self.roots(grid).reshape(grid.shape)
            inside = np.isin(lines, roots)
            if not inside.any():
                continue
            if not inside.all():
                return 1, "others would have to go with them"
            if length not in (len(roots), grid.shape[1]):
                return 1, "they are grouped in two ways at once"
            length = grid.shape[1]
            where = np.vectorize(place.get)(lines)
            if (where != where[:, :1] + np.arange(length)).any() or (where[:, 0] % length).any():
                return 1, "they change places on the way"
        return len(roots) // length, ""

    def _heads(self, pairs: list[tuple[ChannelGroup, np.ndarray]]) -> dict[int, str]:
        """A word for each group whose runs can go as a whole, by place in `pairs`; the same for the same heads."""
        first: dict[frozenset, int] = {}
        for line, ids in self._lines.items():  # the same channels are the same head
            self.join(np.array([first.setdefault(frozenset(self.roots(ids).tolist()), line)]), np.array([line]))
        head = {channels: self._root(line) for channels, line in first.items()}
        runs = {}
        for i, (group, roots) in enumerate(pairs):
            if group.runs > 1 and not group.stays:
                runs[i] = [frozenset(run.tolist()) for run in roots.reshape(group.runs, -1)]
        known = {channels for each in runs.values() for channels in each}
        broken = {root for ids, _ in self._staying for root in self.roots(ids).tolist()}
        broken |= {root for channels, root in head.items() if channels not in known}
        together = {i: tuple(head.get(channels) for channels in each) for i, each in runs.items()}
        orders = {root: {order for order in together.values() if root in order} for root in head.values()}
        return {
            i: pairs[next(first for first in together if together[first] == order)][0].producers[0].name
            for i, order in together.items()
            if not any(root is None or root in broken or len(orders[root]) > 1 for root in order)
        }


def _parts(layer: str, indices: np.ndarray) -> list[Member]:
    """The rows or columns `indices`, shape (channels, spread), as parts; none if they are not neighbours in order."""
    starts = np.flatnonzero(np.diff(indices[0], prepend=-2) != 1)  # where the first channel leaves a gap
    pieces = np.split(indices, starts[1:], axis=1)
    ordered = all(np.array_equal(each.ravel(), each[0, 0] + np.arange(each.size)) for each in pieces)
    return [Member(layer, each.shape[1], int(each[0, 0])) for each in pieces] if ordered else []
