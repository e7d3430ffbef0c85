"""What the trade-off view can compare: one thing across, where less is better, and one up, where higher is better.

Each takes experiments, the baseline as one of them, to numbers; what is not known of one is no number, and not drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isnan, nan

import numpy as np

from app.results.device import cost, stays
from app.results.experiment import Experiment
from app.results.facts import Facts
from app.results.load import Load
from app.results.scene import Baseline
from app.screen.format import kilobytes, si
from app.state.axes import ACROSS, UP
from app.state.devices import RATES, Device, Rate, device_of
from app.state.state import State
from models.metrics import METRICS


@dataclass(frozen=True)
class Across:
    """A quantity on a logarithmic axis.

    label : with its unit
    value : of an experiment, in that unit
    written : a value as words have it
    """

    id: str
    label: str
    value: Callable[[Experiment], float]
    written: Callable[[float], str]


@dataclass(frozen=True)
class Up:
    """A quantity whose better values are higher.

    marks : values that the axis names, the worst first; it begins there
    height : values -> where they stand
    short : a mark as the axis has it
    """

    id: str
    label: str
    value: Callable[[Experiment], float]
    written: Callable[[float], str]
    marks: tuple[float, ...]
    height: Callable[[np.ndarray], np.ndarray]
    short: Callable[[float], str]


@dataclass(frozen=True)
class Look:
    """Both axes."""

    across: Across
    up: Up

    @property
    def is_usual(self) -> bool:
        """Whether it is size and score, which alone have a curve."""
        return self.across.id == ACROSS[0] and self.up.id == UP[0]

    def label(self, each: Experiment) -> str:
        """An experiment in words: ``prune 50 %: 20.3 kB, 95.0 %``."""
        x, y = self.across.value(each), self.up.value(each)
        return ": ".join((each.title, ", ".join(part for part in (said(self.across, x), said(self.up, y)) if part)))


def said(axis: Across | Up, value: float) -> str:
    """A value in words; "" for one that is not known."""
    return "" if isnan(value) else axis.written(value)


def look_of(state: State, baseline: Baseline) -> Look:
    """The axes that a State names, for a model."""
    return Look(across(state.x, state.device, state.rate), up(state.y, baseline.metric, baseline.n))


def offered_across(state: State) -> dict[str, str]:
    """What can be shown across: id -> label."""
    return {id: across(id, state.device, state.rate).label for id in ACROSS}


def offered_up(state: State, baseline: Baseline) -> dict[str, str]:
    """What can be shown up."""
    return {id: up(id, baseline.metric, baseline.n).label for id in UP}


@lru_cache(maxsize=64)
def across(id: str, device: str, rate: str) -> Across:
    """One of `ACROSS`; device and rate as a State names them."""
    if id == "energy":
        device, rate = device_of(device), RATES[rate]
        return Across(
            id, f"energy on {device.named}, µJ, estimated",
            lambda each: 1e6 * _joules(each.facts, device, rate), lambda value: si(value / 1e6, "J"),
        )  # fmt: skip
    return {
        "size": Across("size", "size of the file, kB", lambda each: each.size_bytes / 1000, _kilobytes),
        "zipped": Across("zipped", "size when zipped, kB", _fact("zipped", 1e-3), lambda x: f"{_kilobytes(x)} zipped"),
        "time": Across("time", "time of a sample here, µs", _fact("ms", 1e3), lambda value: si(value / 1e6, "s")),
        "macs": Across("macs", "multiply-adds of a sample, thousands", _fact("macs", 1e-3), _thousands),
        "bits": Across("bits", "bits per weight", _fact("bits"), lambda value: f"{value:.3g} bits"),
    }[id]


@lru_cache(maxsize=64)
def up(id: str, metric: str, n: int) -> Up:
    """One of `UP`, for a model that is judged by a metric on `n` samples."""
    if id == "score":
        metric = METRICS[metric]
        return Up(id, metric.label, lambda each: each.score, metric.written, metric.marks,
                  lambda scores: metric.height(scores, n), metric.short)  # fmt: skip
    if id == "changed":
        marks = tuple(mark for mark in (30_000, 10_000, 3000, 1000, 300, 100, 30, 10, 3, 1, 0) if mark <= max(n, 3))
        return Up(id, "changed answers", lambda each: float(each.changed), lambda value: f"{value:.0f} changed", marks,
                  _losses(marks[0], 1), lambda value: f"{value:g}")  # fmt: skip
    if id == "worst":
        marks = (1.0, 0.3, 0.1, 0.03, 0.01, 0.0)
        return Up(id, "worst class lost, points", _fact("worst"),
                  lambda value: f"{100 * value:.1f} points lost", marks, _losses(1.0, 0.01),
                  lambda value: f"{100 * value:g}")  # fmt: skip
    marks = (10.0, 1.0, 0.1, 0.01, 0.001, 0.0)
    return Up(id, "divergence", _fact("divergence"), lambda value: f"{value:.2g} divergence", marks,
              _losses(10.0, 0.001), lambda value: f"{value:g}")  # fmt: skip


def baseline_as(old: Baseline, facts: Facts) -> Experiment:
    """A baseline as the first of all experiments with its model."""
    facts = {"zipped": old.zipped_bytes, "divergence": 0.0, **facts}
    return Experiment(State(old.id), old.score, old.size_bytes, 0, "baseline", facts=facts)


def values(axis: Across | Up, tried: Sequence[Experiment]) -> np.ndarray:
    """Of experiments; NaN where it is not known, or has no place on a logarithmic axis."""
    found = np.array([axis.value(each) for each in tried], dtype=float)
    return np.where(found > 0, found, nan) if isinstance(axis, Across) else found


def _fact(name: str, scale: float = 1.0) -> Callable[[Experiment], float]:
    return lambda each: scale * each.facts[name] if name in each.facts else nan


def _kilobytes(value: float) -> str:
    return kilobytes(1000 * value)


def _thousands(value: float) -> str:
    return f"{value:.3g} k MACs" if value < 1000 else f"{value / 1000:.3g} M MACs"


def _losses(worst: float, unit: float) -> Callable[[np.ndarray], np.ndarray]:
    """Heights of something that is 0 at best: steps by a factor, and near 0, below `unit`, even ones."""
    return lambda lost: np.log10(1 + worst / unit) - np.log10(1 + np.maximum(lost, 0) / unit)


def _joules(facts: Facts, device: Device, rate: Rate) -> float:
    """Of a run, as the device view sums it up over layers."""
    if "moved" not in facts:
        return nan
    cached = stays(facts["memory"], device, rate)
    parts = Load(facts["float_macs"], facts["moved"], 0), Load(facts["integer_macs"], 0, 0, integers=True)
    return sum(cost(part, device, cached).joules for part in parts)
