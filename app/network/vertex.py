"""Where data goes in a network, as facts; apart from `wiring`, which finds them, to be had without onnx."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Vertex:
    """Where something new comes about: the input, a layer, a place where branches meet, or at last the output.

    tensor : what flows on from there
    op : its operator; "input" or "output"
    layer : its name, "" for all else
    sources : the vertices whose tensors it reads, as indices, ascending; those before it in the network
    """

    tensor: str
    op: str
    layer: str = ""
    sources: tuple[int, ...] = ()
