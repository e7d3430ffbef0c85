"""A part of the evaluation set, on which a file is run while a slider is dragged and the whole would take too long.

The samples lie in no order, so its first ones are as good as any. What is measured on them is a Result like every
other, of fewer samples and with the wider interval that goes with that; the whole is run once the slider rests.
"""

from __future__ import annotations

from dataclasses import replace

from app.pipeline.base import Base
from app.results.result import Measured, Route
from app.tasks import Task
from models.metrics import METRICS
from models.model import Model

LONG_MS = 50  # a run that takes longer is seen in a drag
SHARE, LEAST = 4, 64  # of so many samples one is run, but no fewer: their interval would say nothing
SAMPLES = "predictions"  # the view that shows every sample: most of them would come and go


def part_of(model: Model) -> Model:
    """The same model with the first of its samples."""
    n = max(LEAST, len(model.labels) // SHARE)
    return replace(model, inputs=model.inputs[:n], labels=model.labels[:n])


def base_on(base: Base, part: Model, macs: tuple[int, int] | None) -> Base:
    """The same base on a part of its samples.

    macs : multiply-adds of the first part of a dynamic network, and of the rest; None for all others
    """
    return replace(base, model=part, measured=_first(base.measured, part, base.task, macs))


def _first(whole: Measured, part: Model, task: Task, macs: tuple[int, int] | None) -> Measured:
    """What was measured of a file, on the samples of `part` alone."""
    n, metric = len(part.labels), METRICS[part.metric]
    values, outputs, went_on = whole.values[:n], whole.outputs[:n], whole.route and whole.route.went_on[:n]
    return replace(
        whole, score=metric.of(values), interval=metric.interval(values), outputs=outputs, answers=whole.answers[:n],
        values=values, others=task.others(part, outputs), route=macs and Route.of(went_on, *macs),
    )  # fmt: skip
