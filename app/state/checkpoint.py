"""The weights that a recipe begins with: the model's own, or a checkpoint that was trained for one of its steps.

A model may bring checkpoints: weights that were trained for one step, a technique at one strength with its other
options as they come. A recipe begins with a checkpoint if it has such a step; if several have one, with that of the
first. Bits must be equal, and a share may differ by `NEAR`. What single layers do otherwise makes no difference. Any
other recipe begins with the model's own weights.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.state.choices import Step
from app.state.compression import Compression
from app.state.efforts import POST_TRAINING
from kernels import TECHNIQUES
from kernels.technique import wanted
from models import model as models

NEAR = 0.05


@dataclass(frozen=True)
class Target:
    """What checkpoints were trained for: a technique, and the value of its primary parameter."""

    technique: str
    strength: float

    @classmethod
    def of(cls, name: str) -> Target:
        """From its name in model.toml, such as ``quantize-2``."""
        technique, _, strength = name.partition("-")
        return cls(technique, float(strength))

    def distance(self, step: Step) -> float:
        """How far the strength of a step is from it; infinite if it is another step."""
        technique, params = TECHNIQUES[step.technique], dict(step.params)
        if technique.id != self.technique:
            return float("inf")
        primary = technique.primary
        for parameter in technique.parameters:
            changed = params[parameter.name] != parameter.default and parameter is not primary
            if changed and wanted(technique, parameter.name, params):
                return float("inf")
        distance = round(abs(params[primary.name] - self.strength), 6)
        return distance if distance <= (0 if primary.kind == "int" else NEAR) else float("inf")


def checkpoint(compression: Compression) -> str:
    """The checkpoint that the recipe begins with, such as ``fine_tuned/quantize-2``; "" for the model's own weights."""
    target = target_of(compression)
    return f"{compression.effort}/{target}" if target else ""


def target_of(compression: Compression) -> str:
    """The name of what its checkpoint was trained for; "" if it begins with the model's own weights."""
    names = () if compression.effort == POST_TRAINING else models.info(compression.model).checkpoints
    for step in compression.recipe:
        distances = {name: Target.of(name).distance(step) for name in names}
        near = [name for name in names if distances[name] < float("inf")]
        if near:
            return min(near, key=distances.get)
    return ""
