"""Follows channels through a graph: from the layers that make them, past what lies between, to those that read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from onnx import GraphProto, NodeProto

from app.network.channels.operators import Operators
from app.network.channels.sets import BETWEEN, COLUMNS, ROWS
from app.network.layer import Layer
from app.network.onnx_graph import Sizes, readers
from kernels.channel_group import ChannelGroup

_ANSWERS = "they are the answers of the network"


@dataclass(frozen=True, eq=False)
class Follower:
    """A constant that is no layer's weight, but has one entry along `axis` for each of these channels or heads.

    channels : shape (entries, channels of each): an entry goes when all of them do
    """

    name: str
    axis: int
    channels: np.ndarray

    def without(self, values: np.ndarray, gone: np.ndarray) -> np.ndarray:
        """The constant when these channels are gone."""
        return np.ascontiguousarray(values.compress(~np.isin(self.channels, gone).all(axis=1), self.axis))


@dataclass(frozen=True, eq=False)
class Count:
    """A constant that says at `place` how many heads there are; `channels` as those of a `Follower`."""

    name: str
    place: int
    channels: np.ndarray

    def without(self, values: np.ndarray, gone: np.ndarray) -> np.ndarray:
        """The constant when these channels are gone."""
        left = values.copy()
        left[self.place] = np.count_nonzero(~np.isin(self.channels, gone).all(axis=1))
        return left


@dataclass(frozen=True, eq=False)
class Found:
    """What may go: channel groups, the channels of each layer's rows, and what follows. Channels that stay are -1."""

    channel_groups: tuple[ChannelGroup, ...]
    rows: dict[str, np.ndarray]
    followers: tuple[Follower | Count, ...]


def find(graph: GraphProto, nodes: Sequence[NodeProto | Layer], sizes: Sizes, count: Mapping[str, int]) -> Found:
    """The channel groups of `graph`, whose `nodes` are in order; `count` says how many inputs read each tensor."""
    walk, rows = Operators({t.name: t for t in graph.initializer}, sizes, count), {}
    for node in nodes:
        if isinstance(node, Layer):
            rows[node.name] = _layer(walk, node)
        else:
            for nested in [g for a in node.attribute for g in (*a.graphs, *([a.g] if a.HasField("g") else []))]:
                walk.stay([*readers(nested)], "a nested graph reads them")
            walk.pass_on(node)
    walk.stay([entry.name for entry in graph.output], _ANSWERS)
    counts = _counts(walk, count)
    pairs = walk.channels.channel_groups(alone=_ANSWERS)
    going = np.concatenate([roots for group, roots in pairs if not group.stays] or [np.empty(0, np.int64)])

    def channels(ids):
        within = walk.channels.within(ids)
        roots = walk.channels.roots(within).reshape(within.shape)
        return np.where(np.isin(roots, going), roots, -1)

    return Found(
        tuple(group for group, _ in pairs),
        {name: channels(ids).ravel() for name, ids in rows.items()},
        (
            *(Follower(name, axis, channels(ids)) for name, axis, ids in walk.followers),
            *(Count(name, place, channels(heads)) for name, (place, heads) in counts.items()),
        ),
    )


def _counts(walk: Operators, count: Mapping[str, int]) -> dict[str, tuple[int, np.ndarray]]:
    """Constants that say how many heads there are; heads stay where others read the constant, too."""
    counts, seen = {}, Counter(name for name, _, _ in walk.counts)
    for name, place, heads in walk.counts:
        first = counts.setdefault(name, (place, heads))
        if seen[name] == count[name] and first[0] == place and len(first[1]) == len(heads):
            walk.channels.join(first[1], heads)
        else:
            walk.channels.stay(heads, "their number is said elsewhere, too")
    return {name: found for name, found in counts.items() if seen[name] == count[name]}


def _layer(walk: Operators, layer: Layer) -> np.ndarray:
    """What goes in are columns of a layer's weight; what comes out are its rows, whose channels are returned."""
    channels, grid = walk.channels, walk.grids.get(layer.input)
    axis, rank = (1, len(layer.shape)) if layer.window else (-1, 2 if layer.op == "Gemm" else walk.rank(layer.input))
    groups = layer.window.groups if layer.window else 1
    if grid is not None and channels.are_lines(grid):
        walk.stay([layer.input], f"{layer.name} reads them")
        grid = None
    flat = grid is not None and grid.shape[axis] == grid.size
    if flat and groups > 1 and layer.shape[1] == 1 and grid.size == groups:
        rows = grid.ravel().repeat(layer.shape[0] // groups)
        channels.hold(layer.name, BETWEEN, rows)
    else:
        rows = channels.new(layer.shape[0])
        channels.hold(layer.name, ROWS, rows)
        if groups > 1:
            channels.stay(rows, f"{layer.name} makes them in groups, each from inputs of its own")
            walk.stay([layer.input], f"{layer.name} reads them in groups")
        elif flat and grid.size == layer.shape[1]:
            channels.hold(layer.name, COLUMNS, grid)
        else:
            walk.stay([layer.input], f"{layer.name} reads them in a way that is not understood")
    if layer.bias is None:
        channels.stay(rows, f"other operators read the bias of {layer.name} too")
    if rank is None:
        channels.stay(rows, f"it is not known how many axes the output of {layer.name} has")
    else:
        shape = [1] * rank
        shape[axis] = len(rows)
        walk.grids[layer.output] = rows.reshape(shape)
    return rows
