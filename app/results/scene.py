"""What is on screen at one moment: a Result, what was tried before it, and what is known of other models."""

from __future__ import annotations

from dataclasses import dataclass

from app.results.attempt import Attempted
from app.results.curve import Curve
from app.results.experiment import Experiment
from app.results.protected import Protected
from app.results.result import Measured, Result
from app.results.sensitivity import Sensitivity
from models.model import Model


@dataclass(frozen=True)
class Baseline:
    """What is known of a model before it is here: its file as it is, on its evaluation set of `n` samples."""

    id: str
    label: str
    metric: str
    n: int
    score: float
    interval: tuple[float, float]
    size_bytes: int
    zipped_bytes: int

    @classmethod
    def of(cls, model: Model, measured: Measured) -> Baseline:
        n, size, zipped = len(model.labels), measured.size_bytes, measured.zipped_bytes
        return cls(model.id, model.label, model.metric, n, measured.score, measured.interval, size, zipped)


@dataclass(frozen=True)
class Other:
    """A model other than that of the Result: its baseline, and all that was tried with it, oldest first."""

    baseline: Baseline
    history: tuple[Experiment, ...] = ()


@dataclass(frozen=True, eq=False)
class Scene:
    """What is on screen at one moment: the current Result and all that was tried with this model, oldest first.

    held : the person holds the baseline key, so `result` shows the uncompressed model
    coming : the model that has been chosen, until its first Result takes the place of `result`, which is of another
    rival : the model to compare with
    waited : whether `coming` takes so long that the plots show what is known of it, too
    curve : what is known of the slider in hand
    pin : the person holds the key of a pinned experiment, "A" or "B", so `result` is that of it
    sensitivity : what is known of each layer alone; None unless that is looked at
    protected : what it costs to spare some layers; None where none is, or where that is not known yet
    attempted : the person's own input and what both files say of it; None unless they try one
    """

    result: Result
    history: tuple[Experiment, ...] = ()
    held: bool = False
    coming: Other | None = None
    rival: Other | None = None
    waited: bool = False
    curve: Curve | None = None
    pin: str = ""
    sensitivity: Sensitivity | None = None
    protected: Protected | None = None
    attempted: Attempted | None = None

    @property
    def is_chosen(self) -> bool:
        """Whether `result` is that of what the person has chosen: nothing is held, and no other model is on its way."""
        return not self.held and not self.pin and self.coming is None
