"""The channel groups of a graph: channels followed from the layers that make them to those that read them.

What lies between is followed in `operators`; which channels go together is kept in `sets`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from onnx import GraphProto, NodeProto

from app.network.channels.operators import Operators
from app.network.channels.sets import BETWEEN, CONSUMER, PRODUCER
from app.network.layer import Layer
from app.network.onnx_graph import Sizes, nested_graphs, readers
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
    """A constant that says at `index` how many heads there are; `channels` as those of a `Follower`."""

    name: str
    index: int
    channels: np.ndarray

    def without(self, values: np.ndarray, gone: np.ndarray) -> np.ndarray:
        """The constant when these channels are gone."""
        left = values.copy()
        left[self.index] = np.count_nonzero(~np.isin(self.channels, gone).all(axis=1))
        return left


@dataclass(frozen=True, eq=False)
class Found:
    """The channels of a network, which have numbers here if they may go; those that stay are -1.

    made : by layer, the channels that it makes, one for each row of its weight
    followers : constants that change when channels go
    """

    channel_groups: tuple[ChannelGroup, ...]
    made: dict[str, np.ndarray]
    followers: tuple[Follower | Count, ...]


def find(graph: GraphProto, nodes: Sequence[NodeProto | Layer], sizes: Sizes, count: Mapping[str, int]) -> Found:
    """The channel groups of `graph`, whose `nodes` are in order; `count` says how many inputs read each tensor."""
    operators, made = Operators({t.name: t for t in graph.initializer}, sizes, count), {}
    for node in nodes:
        if isinstance(node, Layer) and node.is_table:
            continue
        if isinstance(node, Layer):
            made[node.name] = _made_by(node, operators)
        else:
            for nested in nested_graphs(node):
                operators.stay([*readers(nested)], "a nested graph reads them")
            operators.pass_on(node)
    operators.stay([entry.name for entry in graph.output], _ANSWERS)
    counts = _counts(operators, count)
    pairs = operators.channels.channel_groups(alone=_ANSWERS)
    going = np.concatenate([roots for group, roots in pairs if not group.stays] or [np.empty(0, np.int64)])

    def numbered(ids):
        """Numbers that are the same for channels that go together; -1 for those that stay."""
        within = operators.channels.within(ids)
        roots = operators.channels.roots(within).reshape(within.shape)
        return np.where(np.isin(roots, going), roots, -1)

    return Found(
        tuple(group for group, _ in pairs),
        {name: numbered(ids).ravel() for name, ids in made.items()},
        (
            *(Follower(name, axis, numbered(ids)) for name, axis, ids in operators.followers),
            *(Count(name, index, numbered(heads)) for name, (index, heads) in counts.items()),
        ),
    )


def _counts(operators: Operators, count: Mapping[str, int]) -> dict[str, tuple[int, np.ndarray]]:
    """Constants that say how many heads there are, by name: the index of the number, and the heads.

    Heads stay where something else reads the constant, too.
    """
    counts, seen = {}, Counter(name for name, _, _ in operators.counts)
    for name, index, heads in operators.counts:
        first = counts.setdefault(name, (index, heads))
        if seen[name] == count[name] and first[0] == index and len(first[1]) == len(heads):
            operators.channels.join(first[1], heads)
        else:
            operators.channels.stay(heads, "their number is said elsewhere, too")
    return {name: found for name, found in counts.items() if seen[name] == count[name]}


def _made_by(layer: Layer, operators: Operators) -> np.ndarray:
    """The channels that a layer makes, shape (C_out,): new ones, or those that it passes on as a depthwise convolution.

    What it reads are columns of its weight, if these channels are understood; else they have to stay.
    """
    channels, layout = operators.channels, operators.layouts.get(layer.input)
    axis, rank = 1, len(layer.shape)
    if not layer.window:
        axis, rank = -1, 2 if layer.op == "Gemm" else operators.rank(layer.input)
    groups = layer.window.groups if layer.window else 1
    if layout is not None and channels.are_heads(layout):
        operators.stay([layer.input], f"{layer.name} reads them")
        layout = None
    read = layout.ravel() if layout is not None and layout.shape[axis] == layout.size else None
    if read is not None and groups > 1 and layer.shape[1] == 1 and len(read) == groups:
        made = read.repeat(layer.shape[0] // groups)
        channels.belong(layer.name, BETWEEN, made)
    else:
        made = channels.new(layer.shape[0])
        channels.belong(layer.name, PRODUCER, made)
        if groups > 1:
            channels.stay(made, f"{layer.name} makes them in groups, each from inputs of its own")
            operators.stay([layer.input], f"{layer.name} reads them in groups")
        elif read is not None and len(read) == layer.shape[1]:
            channels.belong(layer.name, CONSUMER, read)
        else:
            operators.stay([layer.input], f"{layer.name} reads them in a way that is not understood")
    if layer.bias is None:
        channels.stay(made, f"other operators read the bias of {layer.name} too")
    if rank is None:
        channels.stay(made, f"it is not known how many axes the output of {layer.name} has")
    else:
        shape = [1] * rank
        shape[axis] = len(made)
        operators.layouts[layer.output] = made.reshape(shape)
    return made
