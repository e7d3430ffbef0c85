"""Measured values that a text may name: ``{size}``, ``{broken}``; each is computed from one Result.

The functions give numbers, for claims and goals; `FACTS` says them in words, for what is seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np

from app.results.result import Result
from models.metrics import METRICS


def score(result: Result) -> float:
    """The score, in the unit of the metric: a share of 0 to 1, pixels, decibels."""
    return result.compressed.score


def size(result: Result) -> float:
    """The length of the file in kB."""
    return result.compressed.size_bytes / 1000


def zeros(result: Result) -> float:
    """The share of all weights that are zero, 0 to 1."""
    weights = [layer.after for layer in result.layers]
    return sum(int(np.sum(each == 0)) for each in weights) / sum(each.size for each in weights)


def weights(result: Result) -> int:
    """How many weights the model has before anything is done to it."""
    return sum(layer.before.size for layer in result.layers)


def macs(result: Result) -> float:
    """Multiply-accumulates for one sample; of a dynamic network, on average."""
    if result.compressed.route is not None:
        return result.compressed.route.macs
    return sum(layer.macs for layer in result.layers)


def macs_left(result: Result) -> float:
    """The share of the multiply-accumulates that is left where whole channels were removed, 0 to 1."""
    before = sum(layer.macs * layer.before.size / layer.after.size for layer in result.layers)
    return sum(layer.macs for layer in result.layers) / before


def places(result: Result) -> int:
    """The bytes that say where the weights stand which are not zero."""
    return result.cost.get("places", 0)


def values(result: Result) -> int:
    """How many different values the weights of a layer take, in the layer that has most."""
    return max(np.unique(layer.after).size for layer in result.layers)


def broken_by_class(result: Result) -> dict[str, int]:
    """How many answers broke of each true class, the most first."""
    counted = Counter(int(result.model.labels[index]) for index in result.changed.broken)
    return {result.model.classes[label]: count for label, count in counted.most_common()}


def broken_only(result: Result, *classes: str) -> bool:
    """Whether all answers that broke are of these true classes."""
    return set(broken_by_class(result)) <= set(classes)


def techniques(result: Result) -> tuple[str, ...]:
    """The ids of the techniques of the recipe, in order."""
    return tuple(step.technique for step in result.state.recipe)


def params(result: Result, technique: str) -> dict:
    """The parameters of a technique of the recipe; none if it is off."""
    return next((dict(step.params) for step in result.state.recipe if step.technique == technique), {})


class Facts(Mapping):
    """The values of `FACTS` for one Result, each computed when it is asked for."""

    def __init__(self, result: Result):
        self._result = result

    def __getitem__(self, name: str) -> str:
        return FACTS[name](self._result)

    def __iter__(self):
        return iter(FACTS)

    def __len__(self) -> int:
        return len(FACTS)


def _written(value: float, result: Result) -> str:
    return METRICS[result.model.metric].written(value)


def _kilobytes(count: float) -> str:
    return f"{count / 1000:.3g} kB" if count >= 1000 else f"{count} bytes"


def _thousands(count: float) -> str:
    return f"{count / 1e6:.2f} million" if count >= 1e6 else f"{count:,.0f}"


def _by_class(result: Result) -> str:
    said = [f"{count} of class {name}" for name, count in broken_by_class(result).items()]
    return ", ".join(said) or "none"


def _weakest(result: Result) -> str:
    known = [layer for layer in result.layers if layer.sqnr_db is not None]
    worst = min(known, key=lambda layer: layer.sqnr_db, default=None)
    return f"{worst.name}, {worst.sqnr_db:.0f} dB" if worst else "none"


FACTS: dict[str, Callable[[Result], str]] = {
    "score": lambda result: _written(result.compressed.score, result),
    "score_before": lambda result: _written(result.baseline.score, result),
    "size": lambda result: _kilobytes(result.compressed.size_bytes),
    "size_before": lambda result: _kilobytes(result.baseline.size_bytes),
    "smaller": lambda result: f"{result.baseline.size_bytes / result.compressed.size_bytes:.3g}",
    "zipped": lambda result: _kilobytes(result.compressed.zipped_bytes or 0),
    "zipped_before": lambda result: _kilobytes(result.baseline.zipped_bytes or 0),
    "changed": lambda result: str(result.changed.count),
    "broken": lambda result: str(len(result.changed.broken)),
    "fixed": lambda result: str(len(result.changed.fixed)),
    "by_class": _by_class,
    "n": lambda result: str(len(result.model.labels)),
    "zeros": lambda result: f"{100 * zeros(result):.1f} %",
    "weights": lambda result: _thousands(weights(result)),
    "macs": lambda result: _thousands(macs(result)),
    "places": lambda result: _kilobytes(places(result)),
    "values": lambda result: str(values(result)),
    "jitter": lambda result: f"{result.compressed.others.get('jitter', 0):.2f} px",
    "jitter_before": lambda result: f"{result.baseline.others.get('jitter', 0):.2f} px",
    "went_on": lambda result: f"{100 * result.compressed.route.share:.0f} %" if result.compressed.route else "all",
    "weakest": _weakest,
}
