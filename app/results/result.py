"""All that a control or a view may read: what one State did to one model.

A Result is computed from running the very bytes it carries. It knows no graph and no widget.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from app.network.stored import StoredWeight, label_of
from app.results import groups, slower
from app.results.flow import Flow
from app.results.load import Load
from app.results.times import Times
from app.state.state import State
from kernels.weight import Weight
from models.metrics import METRICS, shares
from models.model import Model

ZEROS_ARE_STORED = "Its zeros are stored like any other weight: to say where they are would take more room."


@dataclass(frozen=True, eq=False)
class Route:
    """How far the samples went in a dynamic network.

    went_on : bool, shape (n,): whether the whole network was run on a sample, or its first part alone
    macs : multiply-adds of a sample, on average
    """

    went_on: np.ndarray
    macs: float

    @classmethod
    def of(cls, went_on: np.ndarray, first: int, rest: int) -> Route:
        """From the multiply-adds of the first part, and of the rest."""
        return cls(went_on, first + float(went_on.mean()) * rest)

    @property
    def share(self) -> float:
        """Of the samples that went on, 0 to 1."""
        return float(self.went_on.mean())

    def to_json(self) -> dict[str, Any]:
        return {"share": self.share, "macs": round(self.macs)}


@dataclass(frozen=True, eq=False)
class Measured:
    """One ONNX file, run on the whole evaluation set.

    score : float, in the unit of the task's metric (accuracy: 0 to 1)
    interval : (low, high) of the score, 95 %
    size_bytes, zipped_bytes : length of the file, and of the file under DEFLATE; None while a slider is dragged
    latency_ms : milliseconds per sample over the evaluation set; None until it has been run here. Of a single run,
        which may take several times as long as the next, or the lower quartile of many: see `Result.times`
    single_ms : milliseconds of a sample that is run alone, the lower quartile of many; None until then
    latency_spread, single_spread : the quartiles of both times, once they have settled; else None
    outputs : float32, shape (n, ...): what the model gave (logits, places, pictures)
    answers : shape (n, ...): what that answers, by the task: the class of the largest output, int64, or the output
    values : float64, shape (n,): what the score was averaged from
    others : id -> score, of the metrics that the task measures besides
    route : how far the samples went in a dynamic network; None in all others
    """

    score: float
    interval: tuple[float, float]
    size_bytes: int
    zipped_bytes: int | None
    latency_ms: float | None
    outputs: np.ndarray
    answers: np.ndarray
    values: np.ndarray
    others: Mapping[str, float] = field(default_factory=dict)
    single_ms: float | None = None
    latency_spread: tuple[float, float] | None = None
    single_spread: tuple[float, float] | None = None
    route: Route | None = None

    def to_json(self) -> dict[str, Any]:
        measured = {
            "score": self.score, "score_interval": list(self.interval), "bytes": self.size_bytes,
            "bytes_zipped": self.zipped_bytes, "latency_ms": self.latency_ms, "latency_single_ms": self.single_ms,
            "others": dict(self.others),
        }  # fmt: skip
        return measured if self.route is None else {**measured, "dynamic": self.route.to_json()}


@dataclass(frozen=True, eq=False)
class Changed:
    """Samples whose answer differs from the baseline's; all are int64 index arrays, ascending.

    broken : were right, are wrong.  fixed : were wrong, are right.  The rest is neither, such as from wrong to another
        wrong. What counts as changed, and as right, is for the task to say: see `app.tasks`.
    """

    indices: np.ndarray
    broken: np.ndarray
    fixed: np.ndarray

    @property
    def count(self) -> int:
        return len(self.indices)


@dataclass(frozen=True, eq=False)
class LayerReport:
    """What became of one layer.

    weight_bits : of a stored number or code, without scales and positions; the more of the two of a factorized layer
    load_before, load : what it has to compute and to move for one sample, in the baseline and in the compressed file
    encodings : how its weight stands in the file; two where it is factorized
    remarks : sentences on what was done to the layer, and what was left out and why
    before, after : float32 weights, original and decoded from the file (after structured pruning `after` is smaller)
    cost : what `bytes_after` is spent on, adding up to it: "payload" (codes, indices or floats), "tables", "scales"
        (with zero points), "places" (masks, steps), "bias" and "graph" (operators, names, shapes)
    entropy_bytes : the least that the payload, with the places, could take, see `kernels.storage.entropy`
    """

    name: str
    op: str
    shape: tuple[int, ...]
    shape_after: tuple[int, ...]
    bytes_before: int
    bytes_after: int
    bits_per_weight: float
    sparsity: float
    sqnr_db: float | None
    weight_bits: int
    load_before: Load
    load: Load
    encodings: tuple[StoredWeight, ...]
    remarks: tuple[str, ...]
    before: np.ndarray = field(repr=False)
    after: np.ndarray = field(repr=False)
    cost: Mapping[str, int] = field(default_factory=dict)
    entropy_bytes: float = 0.0

    @property
    def stored(self) -> str:
        """What it is stored as, such as "int4 per-channel", "mask + palette 3 bit"."""
        return label_of(self.encodings)

    @property
    def macs(self) -> int | None:
        """Multiply-accumulates for one sample, see `Load`."""
        return self.load.macs

    @property
    def zeros_are_stored(self) -> bool:
        """Whether its zeros, or those of one of its two weights, take room like all other weights."""
        return any(each.zeros_are_stored for each in self.encodings)

    @property
    def note(self) -> str:
        """All there is to say of the layer, in sentences; what is the same for both weights of two is said once."""
        return " ".join(filter(None, (*self.remarks, *dict.fromkeys(map(_note, self.encodings)))))

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "op": self.op, "shape": list(self.shape), "shape_after": list(self.shape_after),
            "bytes_before": self.bytes_before, "bytes_after": self.bytes_after,
            "bits_per_weight": round(self.bits_per_weight, 3), "sparsity": round(self.sparsity, 6),
            "sqnr_db": _two(self.sqnr_db),
            "stored": self.stored, "note": self.note, "cost": dict(self.cost),
            "entropy_bytes": math.ceil(self.entropy_bytes), "macs": self.macs,
        }  # fmt: skip


def _two(value: float | None) -> float | None:
    """A number with two digits behind the point."""
    return None if value is None else round(value, 2)


def _note(weight: StoredWeight) -> str:
    """What there is to say of how a weight is stored."""
    floats = f"It multiplies floats: {weight.floats_because}." if weight.floats_because else ""
    zeros = ZEROS_ARE_STORED if weight.zeros_are_stored else ""
    return " ".join(filter(None, (floats, zeros, weight.note)))


@dataclass(frozen=True, eq=False, repr=False)  # asyncio.run prints what it gives: of all arrays that took seconds
class Result:
    """One experiment: a State and what it did. `onnx` is the file that was run and that Download saves.

    difference : (low, high), 95 % interval of the score less the baseline's, from the same samples
    probed : what the task ran besides the evaluation set, first axis baseline and compressed: for points in the plane
        the answers on a grid, int64 of shape (2, g, g), rows from y = -1 to 1, columns from x = -1 to 1; else None
    times : how the time of both files compares, and those of `baseline` and `compressed` are then of the same moments;
        None until that has settled
    weights : how the weight of each layer stands in the file, by its name; without any in what the build has stored
    overhead : bytes of the file that belong to no layer: "functions" that unpack weights, "metadata", "constants" that
        no technique compresses, "rest"
    untouched : the operators that read those constants, by what these took in the file that was opened, in bytes
    notes : sentences for the person (what was skipped and why, why a file did not shrink)
    flow : what flows through both files; None but for the view of the network
    heads : whether the network has attention heads
    scored_on_seen : whether it was calibrated on samples that it is scored on, so that the score may be too good
    partial_of : how many samples the evaluation set has, where a slider is dragged and the files are compared on the
        first of them, those of `model`, for now; None where that are all
    """

    state: State
    model: Model
    onnx: bytes
    baseline: Measured
    compressed: Measured
    difference: tuple[float, float]
    changed: Changed
    layers: tuple[LayerReport, ...]
    notes: tuple[str, ...] = ()
    probed: np.ndarray | None = None
    times: Times | None = None
    weights: Mapping[str, Weight] = field(default_factory=dict)
    overhead: Mapping[str, int] = field(default_factory=dict)
    untouched: Mapping[str, int] = field(default_factory=dict)
    flow: Flow | None = None
    heads: bool = False
    scored_on_seen: bool = False
    partial_of: int | None = None

    @property
    def is_chance(self) -> bool:
        """Whether other samples might as well have shown the opposite difference in score."""
        low, high = self.difference
        return low <= 0 <= high

    @property
    def cost(self) -> dict[str, int]:
        """What the file is spent on: the parts of all layers and the overhead, adding up to its length."""
        total = Counter(self.overhead)
        for layer in self.layers:
            total.update(layer.cost)
        return dict(total)

    @property
    def slower_because(self) -> str:
        """Why it takes longer than the baseline, in sentences; "" if it does not, or that is not known."""
        if self.times is None or not self.times.slower:
            return ""
        layers, routes = self.layers, (self.baseline.route, self.compressed.route)
        narrowed = any(layer.shape_after != layer.shape for layer in layers)
        went_on = None if None in routes else (routes[0].share, routes[1].share)
        return slower.because((layer.encodings for layer in layers), narrowed, went_on)

    def output_sqnr_db(self, layer: str) -> float | None:
        """Of what a layer puts out, in the whole compressed network; None if there is no error, or it is not known."""
        said = self.flow and self.flow.said and self.flow.said.get(layer)
        return said.sqnr_db if said else None

    def _classes(self) -> list[dict[str, Any]]:
        """What became of each class, as plain JSON; of other scores than shares it would take too long in a drag."""
        model, metric = self.model, METRICS[self.model.metric]
        if metric.uncertainty is not shares.UNCERTAINTY:
            return []
        classes = groups.numbered("class", "", model.classes, model.labels)
        judge = classes, metric, self.baseline.values, self.compressed.values
        return groups.to_json(groups.judged(*judge), groups.chance(*judge))

    def to_json(self) -> dict[str, Any]:
        """The Result as plain JSON, as `window.playground.result` gives it."""
        old, new = self.baseline, self.compressed
        return {
            "model": self.model.id,
            "task": self.model.task,
            "metric": self.model.metric,
            "n": len(self.model.labels),
            **({} if self.partial_of is None else {"partial_of": self.partial_of}),
            "baseline": old.to_json(),
            "compressed": new.to_json(),
            "latency_steady": self.times is not None,
            "times": self.times and {**self.times.to_json(), "slower_because": self.slower_because},
            "scored_on_seen": self.scored_on_seen,
            "prepared": dict(self.model.prepared),
            "difference": {"value": new.score - old.score, "interval": list(self.difference)},
            "changed": {
                "count": self.changed.count, "broken": len(self.changed.broken), "fixed": len(self.changed.fixed),
                "indices": self.changed.indices.tolist(),
            },
            "groups": self._classes(),
            "cost": self.cost,
            "layers": [
                {**layer.to_json(), "output_sqnr_db": _two(self.output_sqnr_db(layer.name))} for layer in self.layers
            ],
            "notes": list(self.notes),
        }  # fmt: skip
