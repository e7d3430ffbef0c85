"""State -> Result: compress, write, run, compare. Knows no widget.

Every stage is kept as long as the part of the State it depends on stays the same: moving the last step of a recipe
does not repeat the first, and a new view or budget repeats nothing.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from app import graph
from app.metrics import METRICS, answers
from app.result import Changed, LayerReport, Measured, Result
from app.runtime import Ran, Runtime
from app.state import State
from app.watch import Superseded, Watch
from kernels import TECHNIQUES
from kernels.distortion import in_place, sqnr_db
from kernels.patches import patches
from kernels.technique import Float, Inputs, Outcome, Progress, Setting, Skipped, Weight
from models import model as models

GRID = 64  # points along each side of a decision boundary
ROUNDS = 3  # times each file is loaded anew for its steady time
STEADY_MS = 6  # spent on runs of one file in each round: short runs are repeated until the clock can tell
KEPT = 24  # compressed networks kept; a drag revisits its values
CALIBRATION = 256  # samples at most: more make no method better (METHODS)
BREATH = 0.04  # seconds a long computation may go on before others get their turn


@dataclass(frozen=True, eq=False)
class Base:
    """What belongs to a model whatever is done to it."""

    model: models.Model
    network: graph.Network
    batches: tuple[np.ndarray, ...]
    measured: Measured
    boundary: np.ndarray | None
    weights: dict[str, Weight]
    calibration: np.ndarray


@dataclass(frozen=True, eq=False)
class Compressed:
    """A recipe applied and written."""

    onnx: bytes
    layers: tuple[LayerReport, ...]
    notes: tuple[str, ...]


class Pipeline:
    """Turns States into Results with one runtime.

    Parameters
    ----------
    runtime : Runtime
    """

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._bases: dict[str, Base] = {}
        self._steps: OrderedDict = OrderedDict()
        self._written: OrderedDict = OrderedDict()
        self._ran: OrderedDict = OrderedDict()
        self._read: OrderedDict = OrderedDict()

    async def check(self, state: State) -> None:
        """Raise ValueError if `state` names a layer or a sample that its model does not have."""
        model, known = models.load(state.model), [w.name for w in (await self._base(state.model)).network.weights]
        named = (*state.skipped, *(name for name, _, _ in state.own), *([state.layer] if state.layer else ()))
        for name in named:
            if name not in known:
                raise ValueError(f"{state.model} has no layer {name!r:.40}; it has {', '.join(known)}")
        if state.sample >= len(model.labels):
            raise ValueError(f"sample is {state.sample}; choose 0 to {len(model.labels) - 1}")

    async def result(self, state: State, watch: Watch = Watch()) -> Result:  # noqa: B008 - a frozen value
        """Compress, run and compare; the time is that of a single run.

        Raises
        ------
        ValueError
            In words for the person: which step failed on which layer, or why the file cannot be run.
        Superseded
            If `watch` asked to stop.
        """
        base = await self._base(state.model)
        compressed = await self._compress(base, state, watch)
        measured, boundary = await self._measure(base, compressed)
        return Result(
            state, base.model, compressed.onnx, base.measured, measured, _changed(base, measured),
            compressed.layers, compressed.notes,
            None if base.boundary is None else np.stack([base.boundary, boundary]),
        )  # fmt: skip

    async def _base(self, id: str) -> Base:
        if id not in self._bases:
            model = models.load(id)
            network = graph.read(model.onnx)
            batches = (model.inputs,) if model.picture == "image" else (model.inputs, _grid())
            ran = await self.runtime.run(model.onnx, batches, repeats=4)
            measured = _measured(model, model.onnx, ran)
            weights = {weight.name: weight for weight in network.weights}
            samples = model.calibration if len(model.calibration) else model.inputs
            self._bases[id] = Base(model, network, batches, measured, _boundary(ran), weights, samples[:CALIBRATION])
        return self._bases[id]

    async def _compress(self, base: Base, state: State, watch: Watch) -> Compressed:
        key = (state.model, state.recipe, state.skipped, state.own, state.seed)
        if key not in self._written:
            weights, notes = await self._applied(base, state, len(state.recipe), watch)
            return _kept(self._written, key, lambda: self._write(base, state, weights, notes))
        return _kept(self._written, key, None)

    def _write(self, base: Base, state: State, weights: dict[str, Weight], notes: dict) -> Compressed:
        metadata = {} if not state.recipe else {"recipe": _spelled(state)}
        written = base.network.write(tuple(weights.values()), metadata)
        layers = []
        for layer in base.network.layers:
            stored, said = written.stored[layer.name], notes.get(layer.name, ())
            weight, before = weights[layer.name], base.weights[layer.name].values
            note = "Kept in float." if layer.name in state.skipped else " ".join((*said, *weight.notes, stored.note))
            layers.append(_report(layer, before, weight, stored, note.strip()))
        return Compressed(written.onnx, tuple(layers), _said_once(notes))

    async def _applied(
        self, base: Base, state: State, count: int, watch: Watch
    ) -> tuple[dict[str, Weight], dict[str, tuple[str, ...]]]:
        """The weights, and what was skipped in each layer, after the first `count` steps."""
        if count == 0:
            return base.weights, {}
        key = (state.model, state.recipe[:count], state.skipped, state.own, state.seed)
        if key not in self._steps:
            before = await self._applied(base, state, count - 1, watch)
            done = await self._step(base, state, count, *before, watch)
            return _kept(self._steps, key, lambda: done)
        return _kept(self._steps, key, None)

    async def _step(self, base: Base, state: State, number: int, weights, notes, watch: Watch):
        """One step of the recipe on all layers that take part."""
        step = state.recipe[number - 1]
        params = {name: state.params(step, name) for name in weights}
        chosen = tuple(weight for name, weight in weights.items() if params[name] is not None)
        setting = Setting(base.network.couplings, base.weights, state.seed)
        try:
            work = TECHNIQUES[step.technique].apply(chosen, [params[w.name] for w in chosen], setting)
            results = await self._driven(work, base, watch) if isinstance(work, Generator) else work
        except ValueError as error:
            raise ValueError(f"Step {number} ({step.technique}): {error}") from error
        after, notes = dict(weights), dict(notes)
        for weight, new in zip(chosen, results, strict=True):
            if isinstance(new, Skipped):
                reason = f"{TECHNIQUES[step.technique].label} left out: {new.reason}"
                notes[weight.name] = (*notes.get(weight.name, ()), reason)
            else:
                after[weight.name] = new
        return after, notes

    async def _driven(self, work: Generator[Any, Any, Outcome], base: Base, watch: Watch) -> Outcome:
        """What a technique that asks for inputs and reports progress returns in the end."""
        answer, breath = None, perf_counter()
        try:
            while True:
                asked = work.send(answer)
                answer = await self._inputs(base, asked) if isinstance(asked, Inputs) else None
                if isinstance(asked, Progress):
                    watch.progress(asked.share, asked.words)
                if perf_counter() - breath > BREATH:
                    await asyncio.sleep(0)
                    breath = perf_counter()
                if watch.stop():
                    raise Superseded
        except StopIteration as end:
            return end.value
        finally:
            work.close()

    async def _inputs(self, base: Base, asked: Inputs) -> np.ndarray:
        """What a layer reads on the calibration samples. What it reads in the original network is kept."""
        layer = base.network.layer(asked.name)
        weights = {**base.weights, **asked.weights}
        changed = tuple(w for name, w in weights.items() if w is not base.weights[name])
        key = (base.model.id, layer.name, asked.whole)
        if not changed and key in self._read:
            return _kept(self._read, key, None)
        if layer.input == base.network.input:
            read = base.calibration
        else:
            plain = [replace(weight, form=Float(), mask=None) for weight in weights.values()]
            onnx = base.network.write(plain, watched=(layer.input,)).onnx
            read = (await self.runtime.trace(onnx, base.calibration))[-1]
        rows = read if asked.whole else patches(read, layer.window)
        return rows if changed else _kept(self._read, key, lambda: rows)

    async def _measure(self, base: Base, compressed: Compressed) -> tuple[Measured, np.ndarray | None]:
        known = self._ran.get(compressed.onnx)
        if known is None:
            ran = await self.runtime.run(compressed.onnx, base.batches)
            known = _measured(base.model, compressed.onnx, ran), _boundary(ran)
        return _kept(self._ran, compressed.onnx, lambda: known)

    async def timed(self, result: Result, stop: Callable[[], bool]) -> Result:
        """The same Result with steady times: the median of runs of both files in turn, so a busy machine is fair.

        Gives up, and returns `result` as it was, as soon as `stop` says so.
        """
        base = await self._base(result.state.model)
        n = len(base.model.labels)
        repeats = 1 + int(np.clip(STEADY_MS / max(n * result.baseline.latency_ms, 0.05), 3, 60))
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for onnx, into in zip((base.model.onnx, result.onnx), times, strict=True):
                if stop():
                    return result
                ran = await self.runtime.run(onnx, base.batches[:1], repeats=repeats)
                into.append(ran.run_ms)
        old, new = (
            replace(each, latency_ms=median(taken) / n, latency_step_ms=ran.step_ms / n)
            for each, taken in zip((result.baseline, result.compressed), times, strict=True)
        )
        return replace(result, baseline=old, compressed=new)


def _measured(model: models.Model, onnx: bytes, ran: Ran) -> Measured:
    metric, n, outputs = METRICS[model.metric], len(model.labels), ran.outputs[0]
    score = metric.score(outputs, model.labels)
    zipped = len(zlib.compress(onnx, 6))
    return Measured(
        score, metric.interval(score, n), len(onnx), zipped, ran.run_ms / n, ran.step_ms / n, outputs, answers(outputs)
    )


def _changed(base: Base, measured: Measured) -> Changed:
    old, new, labels = base.measured.answers, measured.answers, base.model.labels
    different = old != new
    return Changed(
        np.flatnonzero(different),
        np.flatnonzero(different & (old == labels)),
        np.flatnonzero(different & (new == labels)),
    )


def _report(layer, before: np.ndarray, weight: Weight, stored, note: str) -> LayerReport:
    after = weight.values
    full = in_place(weight, before.shape)
    return LayerReport(
        layer.name, layer.op, before.shape, after.shape, stored.original_bytes, stored.size_bytes,
        8 * stored.size_bytes / before.size, 1 - np.count_nonzero(full) / before.size,
        None if full is before else sqnr_db(before, full), stored.label, note, before, after,
    )  # fmt: skip


def _boundary(ran: Ran) -> np.ndarray | None:
    return answers(ran.outputs[1]).reshape(GRID, GRID) if len(ran.outputs) > 1 else None


def _grid() -> np.ndarray:
    """The points of the decision boundary, row by row from y = -1: float32, shape (GRID * GRID, 2)."""
    axis = np.linspace(-1, 1, GRID, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _spelled(state: State) -> str:
    """What was done, for the file's metadata."""
    said: dict[str, Any] = {"model": state.model, "recipe": [step.to_json() for step in state.recipe]}
    layers = state.to_json()["layers"]
    if layers:
        said["layers"] = layers
    return json.dumps(said, separators=(",", ":"))


def _said_once(notes: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """One sentence for each different reason, with the layers it concerns."""
    layers: dict[str, list[str]] = {}
    for name, reasons in notes.items():
        for reason in reasons:
            layers.setdefault(reason, []).append(name)
    return tuple(f"{', '.join(names)}: {reason}" for reason, names in layers.items())


def _kept(cache: OrderedDict, key, make):
    """The cached value, or a new one; the cache keeps the `KEPT` that were used last."""
    if key not in cache:
        cache[key] = make()
    cache.move_to_end(key)
    if len(cache) > KEPT:
        cache.popitem(last=False)
    return cache[key]
