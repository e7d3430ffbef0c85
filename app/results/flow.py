"""What flows through a network: what each layer says in the baseline and in the compressed file, both really run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.network.vertex import Vertex

Range = tuple[float, float]
"The least and the greatest of some numbers."


@dataclass(frozen=True, eq=False)
class Said:
    """What one layer puts out, behind the Relu that belongs to it. Channels that are gone say 0.

    before, after : float32, what the baseline and the compressed file say of the chosen sample, in one shape: (C,) of a
        row of numbers, (C, H, W) of a convolution, (T, C) of tokens; None where the sample does not get that far
    plane : float32, shape (2, C, g, g): both on a grid over -1 to 1, rows from y = -1; None but for points
    sqnr_db : of the compressed one, over the samples of `Flow.n`; None if there is no error, or nothing that is said
    range_before, range_after : of all that is said of these samples
    beyond : share of what the compressed file says that lies outside `range_before`
    """

    before: np.ndarray | None
    after: np.ndarray | None
    plane: np.ndarray | None
    sqnr_db: float | None
    range_before: Range
    range_after: Range
    beyond: float


@dataclass(frozen=True, eq=False)
class Flow:
    """How data finds its way through a network, and what is said on the way.

    wiring : see `Vertex`
    said : by layer; without the layers of which it cannot be told. None while a slider is dragged and runs take long
    n : samples of the evaluation set, the first ones, over which `Said` sums up
    """

    wiring: tuple[Vertex, ...]
    said: Mapping[str, Said] | None
    n: int
