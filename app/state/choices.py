"""The parts of a State: a step of the recipe, the strength of one layer, the limits a person has set, what a
teacher asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kernels import TECHNIQUES


@dataclass(frozen=True)
class Step:
    """One technique of a recipe with a value for each of its parameters, in declared order."""

    technique: str
    params: tuple[tuple[str, Any], ...]

    @classmethod
    def of(cls, technique: str, /, **params) -> Step:
        """A checked step; parameters left out take their defaults. Raises ValueError."""
        if technique not in tuple(TECHNIQUES):
            raise ValueError(f"there is no technique {technique!r:.40}; choose {', '.join(TECHNIQUES)}")
        return cls(technique, tuple(TECHNIQUES[technique].check(params).items()))

    def to_json(self) -> dict[str, Any]:
        return {"technique": self.technique, **dict(self.params)}


Override = tuple[str, str, "tuple[tuple[str, Any], ...] | None"]
"""One technique in one layer: (layer, technique, parameters that differ there); None leaves the technique out."""


@dataclass(frozen=True)
class Budget:
    """Limits a person has set; None = no limit. `score` as the model's metric gives it, `bytes` of the ONNX file."""

    bytes: int | None = None
    score: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {k: v for k, v in (("bytes", self.bytes), ("score", self.score)) if v is not None}


@dataclass(frozen=True)
class Assignment:
    """What a teacher asks for, to be judged on a Result; None = does not matter.

    model : id of the one it is set for
    score : to be reached, as the model's metric gives it
    bytes : of the ONNX file, at most
    changed : answers, at most
    """

    model: str
    score: float | None = None
    bytes: int | None = None
    changed: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}
