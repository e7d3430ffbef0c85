"""What a slider does to a file: the points that were measured along it, with all else as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.results.result import Result
from app.state.compression import Compression
from app.state.slider import Slider


@dataclass(frozen=True)
class Point:
    """One strength of a slider, and what was measured of its file."""

    value: int | float
    score: float
    size_bytes: int
    changed: int

    @classmethod
    def of(cls, value: int | float, result: Result) -> Point:
        return cls(value, result.compressed.score, result.compressed.size_bytes, result.changed.count)

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "score": self.score, "bytes": self.size_bytes, "changed": self.changed}


@dataclass(frozen=True)
class Curve:
    """A slider with what is known of it, at most 16 points.

    around : all else that was chosen
    points : by their value, the lowest first
    done : whether no more will come by themselves
    """

    slider: Slider
    around: Compression
    points: tuple[Point, ...]
    done: bool
