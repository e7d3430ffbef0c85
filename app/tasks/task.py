"""What a task decides about the models that do it: how they are judged, and when an answer counts as changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from app.results.groups import Grouping
from app.results.result import Changed
from app.runtime import Probe
from models.metrics import METRICS
from models.model import Model


@dataclass(frozen=True, kw_only=True)
class Task:
    """One kind of work.

    Attributes
    ----------
    id : str, as in model.toml
    metrics : ids of the metrics that a model of this task may be judged by
    also : ids of the metrics that are measured besides
    needs : Model -> (whether it holds, what is wrong otherwise) for everything the arrays must be
    answers : outputs -> what they answer, shape (n, ...)
    changed : (answers before, answers after, labels) -> Changed
    change : what a changed answer did: "No answer ... ", "9 of 360 answers ..."
    kinds : what the page calls a changed answer that is broken, fixed, or neither
    caption, truth : what the page calls what is right about a sample, as a caption and as the head of a column
    right : (Model, index of a sample) -> what is right about it, in words
    said : (Model, index of a sample, answer) -> that answer, in words
    verdict : (Model, index of a sample, answer) -> (whether it is good, in a word or two)
    gained : (outputs before, outputs after, labels) -> how much better each answer became: float64, shape (n,)
    apart : (outputs of one network, outputs of another) -> how far these are from those, one number, 0 or more
    gain, reach : what that is called, and how much of it a histogram shows
    groupings : Model -> the ways to put its samples into groups, the one to begin with first
    probe : Model -> what is run besides the evaluation set and returns an array for a view, see `app.runtime`, or None
    """

    id: str
    metrics: tuple[str, ...]
    also: tuple[str, ...] = ()
    needs: Callable[[Model], Iterable[tuple[bool, str]]]
    answers: Callable[[np.ndarray], np.ndarray]
    changed: Callable[[np.ndarray, np.ndarray, np.ndarray], Changed]
    change: str
    kinds: tuple[str, str, str]
    caption: str
    truth: str
    right: Callable[[Model, int], str]
    said: Callable[[Model, int, np.ndarray], str]
    verdict: Callable[[Model, int, np.ndarray], tuple[bool, str]]
    gained: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    apart: Callable[[np.ndarray, np.ndarray], float]
    gain: str
    reach: float
    groupings: Callable[[Model], tuple[Grouping, ...]]
    probe: Callable[[Model], Probe | None] = lambda model: None

    def others(self, model: Model, outputs: np.ndarray) -> dict[str, float]:
        """What the metrics in `also` say of the outputs for the samples of a model, by their ids."""
        metrics = {id: METRICS[id] for id in self.also}
        return {id: metric.of(metric.values(outputs, model.labels, model.row)) for id, metric in metrics.items()}


def changed(different: np.ndarray, right_before: np.ndarray, right_after: np.ndarray) -> Changed:
    """What changed, from three boolean arrays of shape (n,)."""
    return Changed(
        np.flatnonzero(different),
        np.flatnonzero(different & right_before & ~right_after),
        np.flatnonzero(different & right_after & ~right_before),
    )


def mean_square(old: np.ndarray, new: np.ndarray) -> float:
    """How far numbers are from others, in mean square."""
    return float(np.square(new.astype(np.float64) - old).mean())
