"""What each layer loses and wins if it alone is compressed: one technique of the recipe at a time, at its strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.results.result import Result
from app.state.choices import Step
from models.metrics.metric import Metric


@dataclass(frozen=True)
class Trial:
    """One layer, compressed alone by one technique; measured from its own file.

    lost : how much worse the score is than the baseline's, in its unit; negative if it is better
    won : bytes by which the file is shorter than the baseline's
    is_chance : whether other samples might as well have shown the opposite
    """

    layer: str
    step: Step
    score: float
    size_bytes: int
    changed: int
    lost: float
    won: int
    is_chance: bool

    @classmethod
    def of(cls, layer: str, step: Step, result: Result, metric: Metric) -> Trial:
        old, new = result.baseline, result.compressed
        lost = metric.goodness(old.score) - metric.goodness(new.score)
        return cls(
            layer, step, new.score, new.size_bytes, result.changed.count, lost, old.size_bytes - new.size_bytes,
            result.is_chance,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        return {
            "layer": self.layer, "technique": self.step.technique, "params": dict(self.step.params),
            "score": self.score, "bytes": self.size_bytes, "changed": self.changed,
        }  # fmt: skip


@dataclass(frozen=True)
class Sensitivity:
    """What is known of all layers under all techniques of a recipe.

    trials : those that were measured, in the order of recipe and network
    of : how many there are
    done : whether no more will come by themselves
    """

    trials: tuple[Trial, ...]
    of: int
    done: bool

    @property
    def worst(self) -> Trial | None:
        """The one that loses most; None if none loses anything."""
        worst = max(self.trials, key=lambda trial: trial.lost, default=None)
        return worst if worst and worst.lost > 0 else None

    @property
    def easiest(self) -> Trial | None:
        """The one that wins most bytes at no loss that is more than chance."""
        free = [trial for trial in self.trials if trial.won > 0 and (trial.lost <= 0 or trial.is_chance)]
        return max(free, key=lambda trial: trial.won, default=None)
