"""What the picture of a network shows of each layer, taken from a Result: no number here is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf, prod

import numpy as np

from app.network.vertex import Vertex
from app.results.flow import Range, Said
from app.results.result import LayerReport, Result
from app.results.samples import chosen
from app.screen.format import percent
from kernels.storage.distortion import in_place
from kernels.weight import Weight

FULL = 0.99  # of the weights have a colour that is not yet the fullest
FALL = 6.0  # dB: one bit
EXACT = 50.0  # dB that stand for no error at all: nobody sees a difference beyond


@dataclass(frozen=True, eq=False)
class Part:
    """One layer.

    before, after : its weights, in one shape: zeros where channels are gone
    weight : how they stand in the file
    here : bool, of the shape of `before` as a matrix of channels: which connections there still are, zero or not
    limit : the weight from which on colours are full
    tile : the shape of what one neuron looks at, where that is a picture; else ()
    said : see `Said`; None where it is not known
    """

    name: str
    op: str
    before: np.ndarray
    after: np.ndarray
    weight: Weight
    here: np.ndarray
    limit: float
    tile: tuple[int, ...]
    gone: str
    said: Said | None
    range_before: Range
    range_after: Range

    @property
    def db(self) -> float | None:
        """Of what it says; None where it is not known."""
        if self.said is None:
            return None
        return EXACT if self.said.sqnr_db is None else min(self.said.sqnr_db, EXACT)


@lru_cache(maxsize=1)  # the picture and its words ask one after the other
def parts(result: Result) -> tuple[Part, ...]:
    """All layers, in the order of the network; tables, through which nothing flows, are none."""
    flow = result.flow
    at = {vertex.layer: vertex for vertex in flow.wiring if vertex.layer}
    return tuple(_part(result, layer, at[layer.name]) for layer in result.layers if layer.name in at)


def _part(result: Result, layer: LayerReport, vertex: Vertex) -> Part:
    flow, before = result.flow, layer.before
    weight = result.weights[layer.name]
    after = in_place(weight, before.shape)
    here = np.ones(before.shape[:2], bool)
    for axis, kept in enumerate((weight.kept_out, weight.kept_in)):
        if kept is not None:
            stays = np.zeros(before.shape[axis], bool)
            stays[kept] = True
            here &= np.expand_dims(stays, 1 - axis)
    sizes = np.abs(before).ravel()
    k = int(FULL * (sizes.size - 1))
    limit = float(np.partition(sizes, k)[k]) if sizes.size else 0.0
    ranges = [(float(values.min()), float(values.max())) if values.size else (0.0, 0.0) for values in (before, after)]
    return Part(
        layer.name, layer.op, before, after, weight, here, limit or 1.0, _tile(result, layer, vertex), _gone(layer),
        flow.said.get(layer.name) if flow.said else None, *ranges,
    )  # fmt: skip


def _tile(result: Result, layer: LayerReport, vertex: Vertex) -> tuple[int, ...]:
    """The shape of the picture that each neuron of a dense layer looks at, if it reads one of a single channel."""
    picture, wiring = result.model.picture_shape, result.flow.wiring
    if len(layer.shape) != 2 or len(vertex.sources) != 1 or len(picture) != 2 or min(picture) < 2:
        return ()
    source = wiring[vertex.sources[0]]
    single = source.op == "input" or any(
        each.name == source.layer and each.op == "Conv" and each.shape[0] == 1 for each in result.layers
    )
    return picture if single and layer.shape[1] == prod(picture) else ()


def _gone(layer: LayerReport) -> str:
    """How much of it is gone, in words; "" for hardly any."""
    return f"{percent(layer.sparsity, 0)} gone" if layer.sparsity >= 0.005 else ""


def fall(wiring: Sequence[Vertex], shown: Sequence[Part]) -> tuple[Part, float] | None:
    """The first layer behind which the error is more than one bit greater than behind those that it reads, and the dB
    behind the worst of these; None if there is none. What reads the input alone has nothing to fall from.
    """
    db = {part.name: part.db for part in shown}
    behind: list[float] = []  # the worst of what each vertex is made of
    for vertex in wiring:
        read = min((behind[i] for i in vertex.sources), default=inf)
        own = db.get(vertex.layer)
        if own is not None and read != inf and own < read - FALL:
            return next(part for part in shown if part.name == vertex.layer), read
        behind.append(read if own is None else own)
    return None


def sample(result: Result) -> np.ndarray:
    """The chosen sample."""
    return result.model.inputs[chosen(result)]
