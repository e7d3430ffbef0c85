"""A recipe applied to the weights of a network, step by step, and the network written as an ONNX file."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from app.network.layer import Layer
from app.network.network import Network
from app.network.stored import StoredLayer
from app.network.work import Work, work_of
from app.pipeline.base import Base
from app.pipeline.cache import Memory
from app.pipeline.calibrate import Calibrator
from app.pipeline.watch import Superseded, Watch
from app.results.load import WIDTH, Load
from app.results.result import LayerReport
from app.runtime import Runtime
from app.state.checkpoint import checkpoint
from app.state.compression import Compression
from kernels import TECHNIQUES
from kernels.asking import Apart, Inputs, Moments, Product, Progress
from kernels.step import step as kernels_step
from kernels.storage.distortion import in_place, sqnr_db
from kernels.storage.entropy import bound
from kernels.technique import Outcome, Setting, Skipped
from kernels.weight import Weight

BREATH = 0.04  # seconds a long computation may go on before others get their turn


@dataclass(frozen=True, eq=False)
class Compressed:
    """A recipe applied and written.

    weights : by layer, in the order of the network
    calibrated : whether calibration samples had a part in it
    """

    onnx: bytes
    weights: dict[str, Weight]
    layers: tuple[LayerReport, ...]
    notes: tuple[str, ...]
    overhead: dict[str, int]
    macs: tuple[int, int] | None
    calibrated: bool


class Compressor:
    """Applies recipes and writes files; what did not change since the last time is not done again.

    Parameters
    ----------
    runtime : Runtime, which answers what techniques ask of the network
    memory : keeps the weights after each step, and the files
    """

    def __init__(self, runtime: Runtime, memory: Memory):
        self._memory = memory
        self._calibrator = Calibrator(runtime, memory)

    async def compress(self, base: Base, compression: Compression, watch: Watch) -> Compressed:
        """The file of a Compression. Raises ValueError, with the step that failed and why, and Superseded."""
        if compression in self._memory.compressed:
            return self._memory.compressed.get(compression)
        applied = await self._applied(base, compression, len(compression.recipe), watch)
        await watch.between_stages()
        return self._memory.compressed.put(compression, _write(base, compression, *applied), _numbers(applied[0]))

    def keep(self, compression: Compression) -> None:
        """Count the file of a State, and the weights after each of its steps, as just used."""
        self._memory.compressed.touch(compression)
        for count in range(1, len(compression.recipe) + 1):
            self._memory.steps.touch((checkpoint(compression), compression.first(count)))

    async def _applied(
        self, base: Base, compression: Compression, count: int, watch: Watch
    ) -> tuple[dict[str, Weight], dict[str, tuple[str, ...]], bool]:
        """The weights, what was skipped in each layer, and whether it was calibrated, after the first `count` steps."""
        if count == 0:
            return base.start, {}, False
        key = base.checkpoint, compression.first(count)  # of the whole recipe, and only its first steps
        if key in self._memory.steps:
            return self._memory.steps.get(key)
        before = await self._applied(base, compression, count - 1, watch)
        await watch.between_stages()
        after = await self._step(base, compression, count, *before, watch)
        return self._memory.steps.put(key, after, _numbers(after[0]))

    async def _step(
        self, base: Base, compression: Compression, number: int, weights, notes, calibrated: bool, watch: Watch
    ):
        """One step of the recipe on all layers that take part."""
        step = compression.recipe[number - 1]
        technique = TECHNIQUES[step.technique]
        params = {name: compression.params(step, name) for name in weights}
        tables = [layer.name for layer in base.network.layers if layer.is_table]
        passed = [name for name in tables if params[name] is not None and not technique.alone(params[name])]
        chosen = tuple(weight for name, weight in weights.items() if params[name] is not None and name not in passed)
        setting = Setting(base.network.channel_groups, base.start, compression.seed)
        try:
            work = kernels_step(technique, chosen, [params[w.name] for w in chosen], setting)
            results, asked = await self._driven(work, base, weights, watch)
        except ValueError as error:
            raise ValueError(f"Step {number} ({step.technique}): {error}") from error
        after, notes = dict(weights), dict(notes)
        for name in passed:
            reason = f"{technique.label} left out: what this weight meets is not followed."
            notes[name] = (*notes.get(name, ()), reason)
        for weight, new in zip(chosen, results, strict=True):
            if isinstance(new, Skipped):
                reason = f"{technique.label} left out: {new.reason.removesuffix('.')}."
                notes[weight.name] = (*notes.get(weight.name, ()), reason)
            else:
                after[weight.name] = new
        return after, notes, calibrated or asked

    async def _driven(
        self, work: Generator[Any, Any, Outcome], base: Base, weights: dict[str, Weight], watch: Watch
    ) -> tuple[Outcome, bool]:
        """What a step that asks for inputs and reports progress returns in the end, and whether it asked for any."""
        answer, calibrated, breath = None, False, perf_counter()
        try:
            while True:
                asked = work.send(answer)
                answer = None
                if isinstance(asked, Inputs):
                    answer, calibrated = await self._calibrator.answer(base, weights, asked), True
                elif isinstance(asked, Moments):
                    answer, calibrated = await self._calibrator.moments(base, weights, asked), True
                elif isinstance(asked, Product):
                    answer = await self._calibrator.product(asked)
                elif isinstance(asked, Apart):
                    answer, calibrated = await self._calibrator.apart(base, weights, asked), True
                elif isinstance(asked, Progress):
                    watch.progress(asked.share, asked.words)
                await watch.between_stages()
                if perf_counter() - breath > BREATH:
                    await asyncio.sleep(0)
                    breath = perf_counter()
                if watch.stop():
                    raise Superseded
        except StopIteration as end:
            return end.value, calibrated
        finally:
            work.close()


def _numbers(weights: Mapping[str, Weight]) -> int:
    return sum(weight.values.size for weight in weights.values())


def _write(
    base: Base, compression: Compression, weights: dict[str, Weight], notes: dict, calibrated: bool
) -> Compressed:
    """The network with these weights as a file, and what became of each layer."""
    metadata = {} if not compression.recipe and compression.threshold is None else {"recipe": _spelled(compression)}
    written = base.network.write(tuple(weights.values()), metadata, threshold=compression.threshold)
    layers = []
    for layer in base.network.layers:
        stored, said = written.stored[layer.name], notes.get(layer.name, ())
        weight, start = weights[layer.name], base.weights[layer.name]
        remarks = (*_left_out(compression, layer.name), *said, *weight.notes)
        if layer.name in compression.skipped:
            remarks = () if any(each.note for each in stored.weights) else ("Kept in float.",)
        layers.append(_report(layer, start, weight, stored, remarks))
    macs = macs_of(base.network, weights.values())
    return Compressed(written.onnx, weights, tuple(layers), _said_once(notes), written.overhead, macs, calibrated)


def _left_out(compression: Compression, layer: str) -> list[str]:
    """A sentence for each step of the recipe that a layer leaves out by choice."""
    own = {(name, technique) for name, technique, params in compression.overrides if params is None}
    steps = [step.technique for step in compression.recipe if (layer, step.technique) in own]
    return [f"{TECHNIQUES[technique].label} left out, as chosen." for technique in steps]


def macs_of(network: Network, weights: Iterable[Weight]) -> tuple[int, int] | None:
    """What a dynamic network multiplies for a sample, on the way that all take and behind; None for all others."""
    return None if network.decision is None else network.macs(weights)


def _report(layer: Layer, start: Weight, weight: Weight, stored: StoredLayer, remarks: tuple[str, ...]) -> LayerReport:
    before, after, work = start.values, weight.values, work_of(layer, weight)
    full = in_place(weight, before.shape)
    return LayerReport(
        layer.name, layer.op, before.shape, after.shape, stored.original_bytes, stored.size_bytes,
        8 * stored.size_bytes / before.size, 1 - np.count_nonzero(full) / before.size,
        None if full is before else sqnr_db(_rescaled(weight, before), full), work.weight_bits,
        _load(work_of(layer, start)), _load(work, integers=all(each.rounded for each in stored.weights)),
        stored.weights, remarks, before, after, stored.cost, bound(weight),
    )  # fmt: skip


def _load(work: Work, *, integers: bool = False) -> Load:
    """The work of a layer in bytes; a bias is a float, or an integer as wide."""
    weights, bias = work.weights
    moved = None if None in work.activations else WIDTH * sum(work.activations)
    return Load(work.macs, weights * (1 if integers else WIDTH) + WIDTH * bias, moved, integers)


def _rescaled(weight: Weight, before: np.ndarray) -> np.ndarray:
    """The original weight in the scale that the compressed one has."""
    return before if weight.reference is None else weight.reference.values


def _spelled(compression: Compression) -> str:
    """What was done, for the file's metadata: the recipe, and whatever else is other than by default."""
    said, usual = compression.to_json(), Compression().to_json()
    first = {"model": said.pop("model"), "recipe": [_own(step) for step in said.pop("recipe")]}
    rest = {name: value for name, value in sorted(said.items()) if value != usual[name]}
    return json.dumps({**first, **rest}, separators=(",", ":"))


def _own(step: dict[str, Any]) -> dict[str, Any]:
    """A step of the recipe, as plain JSON, without the parameters that have their defaults."""
    usual = TECHNIQUES[step["technique"]].check({})
    return {name: value for name, value in step.items() if usual.get(name) != value}


def _said_once(notes: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """One sentence for each different reason, with the layers it concerns."""
    layers: dict[str, list[str]] = {}
    for name, reasons in notes.items():
        for reason in reasons:
            layers.setdefault(reason, []).append(name)
    return tuple(f"{', '.join(names)}: {reason}" for reason, names in layers.items())
