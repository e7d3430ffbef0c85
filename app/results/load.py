"""What a layer has to compute and to move for one sample, whatever it runs on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 4  # bytes of a float32


@dataclass(frozen=True)
class Load:
    """One layer at one sample. What the file leaves open is None.

    macs : multiply-accumulates, zeros included
    weight_bytes : of its weight and bias as they are in memory while the file runs: unpacked to four bytes a number, or
        one where integers are multiplied. Zeros and palettes are unpacked like all else
    activation_bytes : of the numbers that it reads and makes, four each
    integers : whether it multiplies 8-bit integers
    """

    macs: int | None
    weight_bytes: int
    activation_bytes: int | None
    integers: bool = False

    @property
    def moved(self) -> int | None:
        """Bytes that are read or written."""
        return None if self.activation_bytes is None else self.weight_bytes + self.activation_bytes

    @property
    def intensity(self) -> float | None:
        """Operations for each byte moved, a multiply-add counted as two: arithmetic intensity.

        Source: Williams, Waterman and Patterson, "Roofline", Communications of the ACM 2009.

        >>> Load(macs=600, weight_bytes=100, activation_bytes=200).intensity
        4.0
        """
        return None if self.macs is None or self.moved is None else 2 * self.macs / max(self.moved, 1)


def in_memory(loads: Iterable[Load]) -> int:
    """Bytes of a network while it runs: all weights, and what the widest layer reads and makes."""
    loads = list(loads)
    widest = max((load.activation_bytes or 0 for load in loads), default=0)
    return sum(load.weight_bytes for load in loads) + widest
