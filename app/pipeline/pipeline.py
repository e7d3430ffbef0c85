"""State -> Result: compress, write, run, compare. Knows no widget.

Every stage is kept as long as the part of the State it depends on stays the same: moving the last step of a recipe
does not repeat the first, and a new view or budget repeats nothing.
"""

from __future__ import annotations

import asyncio
import json
import zlib
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np

from app.network.layer import Layer
from app.network.network import Network
from app.network.read import read
from app.network.stored import StoredLayer
from app.network.work import work_of
from app.pipeline import prebuilt
from app.pipeline.fetching import Fetch, Fetcher
from app.pipeline.own_model import OwnModel
from app.pipeline.watch import Superseded, Watch
from app.results.result import LayerReport, Measured, Result, Route
from app.results.scene import Baseline
from app.runtime import Ran, Runtime
from app.state.checkpoint import checkpoint
from app.state.state import State
from app.state.wording import beginning
from app.tasks import TASKS, Task
from app.tasks import check as check_task
from kernels import TECHNIQUES
from kernels.asking import Inputs, Progress
from kernels.calibrated.patches import patches
from kernels.calibrated.reconstruction import kept_columns
from kernels.step import parts_of, with_parts
from kernels.step import step as kernels_step
from kernels.storage.distortion import in_place, sqnr_db
from kernels.storage.entropy import bound
from kernels.technique import Outcome, Setting, Skipped
from kernels.weight import Float, Weight
from models import checkpoints
from models import model as models
from models.dynamic import WENT_ON
from models.metrics import METRICS

ROUNDS = 8  # times each file is loaded anew for its steady time
LONG_ROUNDS = 3  # the same where a run is long
SLOW_MS = 20  # from here on one run is steady by itself, and nobody should have to wait for more
STEADY_MS = 4  # spent on runs of one file in each round: short runs are repeated until the clock can tell
KEPT = 24  # compressed networks kept; a drag revisits its values
CALIBRATION = 256  # samples at most: more make no method better (METHODS)
LARGEST = 1e15  # of what a layer reads
BREATH = 0.04  # seconds a long computation may go on before others get their turn
PIECE = 200_000  # bytes that DEFLATE takes about as long for


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
    checkpoint: str = ""


@dataclass(frozen=True, eq=False)
class Compressed:
    """A recipe applied and written."""

    onnx: bytes
    layers: tuple[LayerReport, ...]
    notes: tuple[str, ...]
    overhead: dict[str, int]
    macs: tuple[int, int] | None


class Pipeline:
    """Turns States into Results with one runtime.

    Parameters
    ----------
    runtime : Runtime
    fetch : brings models here that are not; None where all are
    """

    def __init__(self, runtime: Runtime, fetch: Fetch | None = None):
        self.runtime = runtime
        self._fetcher = Fetcher(fetch)
        self._bases: dict[str, Base] = {}
        self._starts: dict[tuple[str, str], dict[str, Weight]] = {}  # by model and checkpoint
        self._steps: OrderedDict = OrderedDict()
        self._written: OrderedDict = OrderedDict()
        self._ran: OrderedDict = OrderedDict()
        self._inputs_kept: OrderedDict = OrderedDict()
        self._traced: tuple = (None, {})  # weights that a technique asked with, and tensors of the network with them

    def begin(self, id: str) -> None:
        """Let the files of the model called `id` be on their way: it is going to be asked for."""
        self._fetcher.begin(id)

    async def check(self, state: State, watch: Watch = Watch()) -> None:  # noqa: B008 - a frozen value
        """Raise ValueError if `state` names a layer or a sample that its model does not have."""
        base = await self._base(state.model, watch)
        model, known = base.model, list(base.weights)
        named = (*state.skipped, *(name for name, _, _ in state.overrides), *([state.layer] if state.layer else ()))
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
        base = await self._base(state.model, watch)
        compressed = await self._compress(await self._begun(base, state, watch), state, watch)
        measured, probed = await self._measure(base, compressed, watch)
        return Result(
            state=state, model=base.model, onnx=compressed.onnx, layers=compressed.layers,
            notes=(*beginning(state), *compressed.notes), overhead=compressed.overhead,
            **_compared(base, measured, probed),
        )  # fmt: skip

    async def _base(self, id: str, watch: Watch) -> Base:
        if id not in self._bases:
            await self._fetcher.fetched(id, watch)
            model = models.load(id)
            check_task(model)
            found = prebuilt.load(model) or await self.found(model)
            weights = {weight.name: weight for weight in found.network.weights}
            samples = model.calibration if len(model.calibration) else model.inputs
            self._bases[id] = Base(
                model, TASKS[model.task], found.network, found.measured, found.probed, weights, weights,
                samples[:CALIBRATION],
            )  # fmt: skip
        return self._bases[id]

    async def baseline(self, id: str, watch: Watch = Watch()) -> Baseline:  # noqa: B008 - a frozen value
        """What the model called `id` is uncompressed. Raises ValueError, Superseded."""
        base = await self._base(id, watch)
        return Baseline.of(base.model, base.measured)

    async def found(self, model: models.Model) -> Found:
        """Read the file of a model and run it. Raises ValueError."""
        network = model.network if isinstance(model, OwnModel) else read(model.onnx)
        task = TASKS[model.task]
        ran = await self.runtime.run(model.onnx, model.inputs, probe=task.probe(model))
        measured = _measured(model, task, model.onnx, ran, _macs(network, network.weights))
        measured = replace(measured, zipped_bytes=await _zipped(model.onnx, Watch()))
        return Found(network, measured, ran.probed)

    async def _begun(self, base: Base, state: State, watch: Watch) -> Base:
        """What belongs to a model, with the weights that this recipe begins with."""
        name = checkpoint(state)
        if not name:
            return base
        key = state.model, name
        if key not in self._starts:
            await self._fetcher.fetched(f"{state.model}/efforts", watch)
            arrays = checkpoints.load(state.model, name)
            self._starts[key] = {
                layer.name: replace(base.weights[layer.name], values=arrays[layer.weight], bias=arrays[layer.bias])
                for layer in base.network.layers
            }
        return replace(base, start=self._starts[key], checkpoint=name)

    async def _compress(self, base: Base, state: State, watch: Watch) -> Compressed:
        key = state.compression
        if key not in self._written:
            weights, notes = await self._applied(base, state, len(state.recipe), watch)
            return _kept(self._written, key, lambda: self._write(base, state, weights, notes))
        return _kept(self._written, key, None)

    def _write(self, base: Base, state: State, weights: dict[str, Weight], notes: dict) -> Compressed:
        metadata = {} if not state.recipe and state.threshold is None else {"recipe": _spelled(state)}
        written = base.network.write(tuple(weights.values()), metadata, threshold=state.threshold)
        layers = []
        for layer in base.network.layers:
            stored, said = written.stored[layer.name], notes.get(layer.name, ())
            weight, before = weights[layer.name], base.weights[layer.name].values
            remarks = (*_left_out(state, layer.name), *said, *weight.notes)
            if layer.name in state.skipped:
                remarks = () if any(each.note for each in stored.weights) else ("Kept in float.",)
            layers.append(_report(layer, before, weight, stored, remarks))
        macs = _macs(base.network, weights.values())
        return Compressed(written.onnx, tuple(layers), _said_once(notes), written.overhead, macs)

    async def _applied(
        self, base: Base, state: State, count: int, watch: Watch
    ) -> tuple[dict[str, Weight], dict[str, tuple[str, ...]]]:
        """The weights, and what was skipped in each layer, after the first `count` steps."""
        if count == 0:
            return base.start, {}
        key = base.checkpoint, state.compression.first(count)  # of the whole recipe, and only its first steps
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
        setting = Setting(base.network.channel_groups, base.start, state.seed)
        try:
            work = kernels_step(TECHNIQUES[step.technique], chosen, [params[w.name] for w in chosen], setting)
            results = await self._driven(work, base, weights, watch)
        except ValueError as error:
            raise ValueError(f"Step {number} ({step.technique}): {error}") from error
        after, notes = dict(weights), dict(notes)
        for weight, new in zip(chosen, results, strict=True):
            if isinstance(new, Skipped):
                reason = f"{TECHNIQUES[step.technique].label} left out: {new.reason.removesuffix('.')}."
                notes[weight.name] = (*notes.get(weight.name, ()), reason)
            else:
                after[weight.name] = new
        return after, notes

    async def _driven(
        self, work: Generator[Any, Any, Outcome], base: Base, weights: dict[str, Weight], watch: Watch
    ) -> Outcome:
        """What a step that asks for inputs and reports progress returns in the end."""
        answer, breath = None, perf_counter()
        try:
            while True:
                asked = work.send(answer)
                answer = _usable(asked, await self._inputs(base, weights, asked)) if isinstance(asked, Inputs) else None
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

    async def _inputs(self, base: Base, weights: dict[str, Weight], asked: Inputs) -> np.ndarray:
        """What a layer, or the part of one, reads on the calibration samples; `weights` are those before the step."""
        for weight in weights.values():
            names = [part.name for part in parts_of(weight)]
            if len(names) > 1 and asked.name == names[1] and asked.behind:
                asked = replace(asked, name=weight.name)
            elif len(names) > 1 and asked.name in names:
                rows = await self._inputs(base, weights, Inputs(weight.name, asked.weights))
                inner = asked.weights.get(names[0], weight.form.inner).values
                inner = inner.reshape(len(inner), -1)
                if rows.shape[2] > inner.shape[1]:  # asked of a network that still has channels which are gone here
                    rows = kept_columns(rows, weight)
                return rows if asked.name == names[0] and not asked.behind else rows @ inner.T
        return await self._read(base, asked, _whole(weights, asked.weights))

    async def _read(self, base: Base, asked: Inputs, changed: dict[str, Weight]) -> np.ndarray:
        """What a layer reads where these weights have taken the place of those that the recipe begins with.

        What it reads in the network with those is kept.
        """
        layer = base.network.layer(asked.name)
        weights = {**base.start, **changed}
        differs = any(weight is not base.start[name] for name, weight in changed.items())
        key = (base.model.id, base.checkpoint, asked.name, asked.whole, asked.behind)
        if not differs and key in self._inputs_kept:
            return _kept(self._inputs_kept, key, None)
        read = await self._tensor(base, asked, weights)
        window = layer.window and replace(layer.window, groups=weights[layer.name].groups)  # fewer where channels went
        rows = read if asked.whole else patches(read, window)
        return rows if differs else _kept(self._inputs_kept, key, lambda: rows)

    async def _tensor(self, base: Base, asked: Inputs, weights: dict[str, Weight]) -> np.ndarray:
        """The tensor that a layer reads, or the one it puts out; who asks for both gets both from one run."""
        network, layer = base.network, base.network.layer(asked.name)
        tensor = layer.output if asked.behind else layer.input
        if tensor == network.input:
            return base.calibration
        of, held = self._traced
        if of is not asked.weights or tensor not in held:
            plain = [replace(weight, form=Float(), mask=None, activation=None) for weight in weights.values()]
            watched = (layer.input, layer.output) if asked.whole else (layer.input,)
            watched = [each for each in watched if each not in (network.input, network.output)]
            first, *more = await self.runtime.trace(network.write(plain, watched=watched).onnx, base.calibration)
            held = {network.output: first, **dict(zip(watched, more[len(more) - len(watched) :], strict=True))}
            self._traced = asked.weights, held
        return held[tensor]

    async def _measure(self, base: Base, compressed: Compressed, watch: Watch) -> tuple[Measured, np.ndarray | None]:
        onnx = compressed.onnx
        known = self._ran.get(onnx)
        if known is None:
            ran = await self.runtime.run(onnx, base.model.inputs, probe=base.task.probe(base.model))
            known = _measured(base.model, base.task, onnx, ran, compressed.macs), ran.probed
        measured, probed = known
        if measured.zipped_bytes is None and not watch.dragging:
            measured = replace(measured, zipped_bytes=await _zipped(onnx, watch))
        self._ran[onnx] = measured, probed
        return _kept(self._ran, onnx, None)

    async def timed(self, result: Result, stop: Callable[[], bool]) -> Result:
        """The same Result with steady times: the least of several rounds of both files in turn, for all that a machine
        does besides, and code that it has not compiled yet, can only add to them.

        A baseline that the build stored is first measured here. Gives up, and returns `result` as it was, as soon as
        `stop` says so.
        """
        if result.baseline.latency_ms is None and not stop():
            result = await self._beside_live(result)
        base = self._bases[result.state.model]
        n = len(base.model.labels)
        run_ms = n * result.compressed.latency_ms
        repeats = 1 if run_ms > SLOW_MS else 1 + int(np.clip(STEADY_MS / max(run_ms, 0.05), 2, 60))
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(LONG_ROUNDS if repeats == 1 else ROUNDS):
            for onnx, into in zip((base.model.onnx, result.onnx), times, strict=True):
                if stop():
                    return result
                ran = await self.runtime.run(onnx, base.model.inputs, repeats=repeats)
                into.append(ran.run_ms)
        old, new = (
            replace(each, latency_ms=min(taken) / n, latency_step_ms=ran.step_ms / n, steady=True)
            for each, taken in zip((result.baseline, result.compressed), times, strict=True)
        )
        self._bases[result.state.model] = replace(base, measured=old)  # so that a drag compares with steady times
        if result.onnx in self._ran:
            self._ran[result.onnx] = new, self._ran[result.onnx][1]
        return replace(result, baseline=old, compressed=new)

    async def _beside_live(self, result: Result) -> Result:
        """The same Result beside a baseline that has been run here."""
        base = self._bases[result.state.model]
        ran = await self.runtime.run(base.model.onnx, base.model.inputs, probe=base.task.probe(base.model))
        live = _measured(base.model, base.task, base.model.onnx, ran, _macs(base.network, base.weights.values()))
        live = replace(live, zipped_bytes=base.measured.zipped_bytes)
        base = self._bases[result.state.model] = replace(base, measured=live, probed=ran.probed)
        probed = None if result.probed is None else result.probed[1]
        return replace(result, **_compared(base, result.compressed, probed))


def _usable(asked: Inputs, rows: np.ndarray) -> np.ndarray:
    """What a layer reads, if second moments of it stay within float32."""
    if not asked.whole and rows.size and not max(rows.max(), -rows.min()) <= LARGEST:  # so that NaN does not pass
        raise ValueError(f"{asked.name} reads numbers beyond {LARGEST:.0e}, too large to compute with")
    return rows


def _left_out(state: State, layer: str) -> list[str]:
    """A sentence for each step of the recipe that a layer leaves out by choice."""
    own = {(name, technique) for name, technique, params in state.overrides if params is None}
    steps = [step.technique for step in state.recipe if (layer, step.technique) in own]
    return [f"{TECHNIQUES[technique].label} left out, as chosen." for technique in steps]


def _whole(weights: dict[str, Weight], given: Mapping[str, Weight]) -> dict[str, Weight]:
    """The given weights by layer: the parts of factorized ones put together."""
    whole = {}
    for name, weight in weights.items():
        parts = parts_of(weight)
        if name in given:
            whole[name] = given[name]
        elif len(parts) > 1 and parts[0].name in given:
            whole[name] = with_parts(weight, [given[part.name] for part in parts])
    return whole


def _compared(base: Base, measured: Measured, probed: np.ndarray | None) -> dict[str, Any]:
    """What was measured of a file beside the same of the baseline, as fields of a Result."""
    old = base.measured
    return {
        "baseline": old,
        "compressed": measured,
        "difference": METRICS[base.model.metric].difference(old.values, measured.values),
        "changed": base.task.changed(old.answers, measured.answers, base.model.labels),
        "probed": None if base.probed is None else np.stack([base.probed, probed]),
    }


def _macs(network: Network, weights: Iterable[Weight]) -> tuple[int, int] | None:
    """What a dynamic network multiplies for a sample, on the way that all take and behind; None for all others."""
    return None if network.decision is None else network.macs(weights)


def _measured(model: models.Model, task: Task, onnx: bytes, ran: Ran, macs: tuple[int, int] | None) -> Measured:
    """What a run tells about a file; its length under DEFLATE is left for later."""
    metric, labels, outputs = METRICS[model.metric], model.labels, ran.outputs
    n, values = len(labels), metric.values(outputs, labels, model.row)
    others = {id: METRICS[id].of(METRICS[id].values(outputs, labels, model.row)) for id in task.also}
    return Measured(
        metric.of(values), metric.interval(values), len(onnx), None, ran.run_ms / n, ran.step_ms / n, outputs,
        task.answers(outputs), values, others, route=macs and _route(ran.more[WENT_ON], *macs),
    )  # fmt: skip


def _route(went_on: np.ndarray, first: int, rest: int) -> Route:
    return Route(went_on, first + float(went_on.mean()) * rest)


async def _zipped(onnx: bytes, watch: Watch) -> int | None:
    """The length of a file under DEFLATE, None if something newer is due: of a large one it takes seconds."""
    packer, size = zlib.compressobj(6), 0
    for at in range(0, len(onnx), PIECE):
        if at:
            await asyncio.sleep(0)
            if watch.stop():
                return None
        size += len(packer.compress(onnx[at : at + PIECE]))
    return size + len(packer.flush())


def _report(
    layer: Layer, before: np.ndarray, weight: Weight, stored: StoredLayer, remarks: tuple[str, ...]
) -> LayerReport:
    after, work = weight.values, work_of(layer, weight)
    full = in_place(weight, before.shape)
    return LayerReport(
        layer.name, layer.op, before.shape, after.shape, stored.original_bytes, stored.size_bytes,
        8 * stored.size_bytes / before.size, 1 - np.count_nonzero(full) / before.size,
        None if full is before else sqnr_db(_rescaled(weight, before), full), work.weight_bits, work.macs,
        work.activations, stored.weights, remarks, before, after, stored.cost, bound(weight),
    )  # fmt: skip


def _rescaled(weight: Weight, before: np.ndarray) -> np.ndarray:
    """The original weight in the scale that the compressed one has."""
    return before if weight.reference is None else weight.reference.values


def _spelled(state: State) -> str:
    """What was done, for the file's metadata."""
    said: dict[str, Any] = {"model": state.model, "recipe": [step.to_json() for step in state.recipe]}
    if checkpoint(state):
        said["effort"] = state.effort
    everything = state.to_json()
    said.update((name, everything[name]) for name in ("layers", "seed", "threshold") if everything[name])
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
