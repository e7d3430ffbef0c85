"""Channels that must go together when they go at all, as a network says of itself: its channel groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Member(NamedTuple):
    """The rows (output side) or columns (input side) of one weight that belong to the channels of a channel group.

    name : of the weight
    spread : int, neighbouring rows or columns that are one channel: 1 for Conv after Conv, H * W for Gemm after Flatten
    offset : int, where those of the first channel begin; behind a Concat they need not be the first
    """

    name: str
    spread: int = 1
    offset: int = 0


@dataclass(frozen=True)
class ChannelGroup:
    """Channels that must go together when they go at all. They are counted as in the original network.

    channels : int, how many there are
    producers : rows of the weights that make them; several where their outputs are added or multiplied
    consumers : columns of the weights that read them; none where producers only meet each other, as queries and keys do
    between : rows of depthwise convolutions on the way, which read and make one channel each
    runs : int, the channels stand in so many runs of equal length that must stay equally long, such as attention heads
    homogeneous : whether scaling a channel at its producers scales what its consumers read by as much, for any positive
        factor: nothing but Relu, pooling, sums and the like lies between (biases of `between` have to be scaled too)
    stays : why no channel can go, as the end of a sentence; "" if they can
    heads : one word for all groups whose runs are the same attention heads, which can go as a whole; "": they cannot
    """

    channels: int
    producers: tuple[Member, ...]
    consumers: tuple[Member, ...] = ()
    between: tuple[Member, ...] = ()
    runs: int = 1
    homogeneous: bool = True
    stays: str = ""
    heads: str = ""
