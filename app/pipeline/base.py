"""What belongs to a model whatever is done to it: its network, its weights, its baseline, what it is calibrated on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.network.network import Network
from app.results.result import Measured
from app.tasks import TASKS, Task
from kernels.weight import Weight
from models import model as models
from models.beside import Beside, at

CALIBRATION = 256  # samples at most: more make no method better (METHODS)


@dataclass(frozen=True, eq=False)
class Found:
    """What reading a model's file and running it gives; the build stores it, see `prebuilt`."""

    network: Network
    measured: Measured
    probed: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Base:
    """What belongs to a model whatever is done to it.

    weights : its own
    calibration, beside : samples that it is calibrated on, and what further inputs get along with them
    start, checkpoint : those that a recipe begins with, and the name of what they are; "" for its own
    """

    model: models.Model
    task: Task
    network: Network
    measured: Measured
    probed: np.ndarray | None
    weights: dict[str, Weight]
    start: dict[str, Weight]
    calibration: np.ndarray
    beside: Beside
    checkpoint: str = ""


def base_of(model: models.Model, found: Found) -> Base:
    """What belongs to a model, from what reading and running its file gave."""
    weights = {weight.name: weight for weight in found.network.weights}
    samples, beside = model.inputs, model.beside
    if len(model.calibration):
        samples, beside = model.calibration, model.calibration_beside
    few = slice(CALIBRATION)
    return Base(
        model, TASKS[model.task], found.network, found.measured, found.probed, weights, weights, samples[few],
        at(beside, len(samples), few),
    )  # fmt: skip
