"""Runs a file and says what that tells of it: score, length, time; and how it stands beside the baseline."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np

from app.pipeline.base import Base
from app.pipeline.cache import Memory
from app.pipeline.compress import Compressed, macs_of
from app.pipeline.part import LONG_MS, SAMPLES, base_on, part_of
from app.pipeline.stopwatch import Lap, less, order, settled, spread
from app.pipeline.watch import Watch
from app.results.result import Measured, Result, Route
from app.runtime import CannotRun, Ran, Runtime
from app.state.compression import Compression
from app.state.state import State
from app.tasks import Task
from models import model as models
from models.dynamic import WENT_ON
from models.metrics import METRICS

SLOW_MS = 20  # from here on one run is steady by itself, and nobody should have to wait for more
STEADY_MS = 9  # spent on runs of one file, and as much again on single samples: short ones are run many times
SINGLES = 8, 400  # of which there are at least and at most so many
PIECE = 200_000  # bytes that DEFLATE takes about as long for


class Measurer:
    """Runs files on the evaluation set of their model.

    Parameters
    ----------
    runtime : Runtime
    memory : keeps what was measured and compared, and the baselines
    """

    def __init__(self, runtime: Runtime, memory: Memory):
        self._runtime, self._memory = runtime, memory

    async def measure(self, base: Base, compressed: Compressed, watch: Watch) -> tuple[Measured, np.ndarray | None]:
        """What a run tells of a file, and what was probed besides; the time is that of a single run.

        What was found out is kept by model and file: the same file on other samples is another model.
        """
        onnx = compressed.onnx
        key = _key(base, onnx)
        if key in self._memory.measured:
            measured, probed = self._memory.measured.get(key)
        else:
            ran = await self._run(base, onnx, probe=base.task.probe(base.model))
            measured, probed = measured_of(base.model, base.task, onnx, ran, compressed.macs), ran.probed
            if not self._is_part(base):
                self._memory.run_ms[base.model.id] = ran.run_ms
        if measured.zipped_bytes is None and not watch.dragging:
            measured = replace(measured, zipped_bytes=await zipped(onnx, watch))
        return self._memory.measured.put(key, (measured, probed), _numbers(onnx))

    def due(self, base: Base, compressed: Compressed, state: State, watch: Watch) -> Base:
        """What a file is measured on now: a part of the samples where all would take too long for a drag."""
        model = base.model
        long = watch.part and model.row == 1 and self._memory.run_ms.get(model.id, 0) > LONG_MS
        if not long or state.view == SAMPLES or _key(base, compressed.onnx) in self._memory.measured:
            return base
        part = self._memory.parts.setdefault(model.id, part_of(model))
        if not state.sample < len(part.labels) < len(model.labels):
            return base
        return base_on(base, part, macs_of(base.network, base.weights.values()))

    def _is_part(self, base: Base) -> bool:
        return base.model is self._memory.parts.get(base.model.id)

    def keep(self, compression: Compression) -> None:
        """Count what was measured of the file of a State as just used."""
        if compression in self._memory.compressed:
            onnx = self._memory.compressed.get(compression).onnx
            key = _key(self._memory.bases[compression.model], onnx)
            self._memory.measured.touch(key)
            self._memory.compared.touch(key)
            self._memory.times.touch((compression.model, onnx))

    def compare(self, base: Base, onnx: bytes, measured: Measured, probed: np.ndarray | None) -> dict[str, Any]:
        """What was measured of a file beside the same of the baseline, as fields of a Result; kept as well."""
        key, kept = _key(base, onnx), self._memory.compared
        fields = kept.get(key) if key in kept else kept.put(key, _compared(base, measured, probed), _numbers(onnx))
        if self._is_part(base):
            whole = len(self._memory.bases[base.model.id].model.labels)
            return fields | {"baseline": base.measured, "compressed": measured, "partial_of": whole}
        if (key := (base.model.id, onnx)) in self._memory.times:
            return fields | self._memory.times.get(key)
        return fields | {"baseline": self._memory.baselines.get(base.model.id, base.measured), "compressed": measured}

    async def timed(self, result: Result, stop: Callable[[], bool]) -> Result:
        """The same Result with times that have settled, see `Pipeline.timed`."""
        if result.times is not None or result.compressed.zipped_bytes is None or stop():
            return result  # it has all there is, or a drag goes on
        if result.baseline.latency_ms is None:
            result = await self._beside_live(result)
        base, key = self._memory.bases[result.state.model], (result.state.model, result.onnx)
        files, kept = (base.model.onnx, result.onnx), self._memory.rounds
        rounds = kept.get(key) if key in kept else ()
        effort, began = await self._effort(base, result), monotonic()
        while not (times := settled(rounds, monotonic() - began)):
            laps: tuple[list[Lap], list[Lap]] = ([], [])
            for file in order():
                if stop():
                    return result
                ran = await self._run(base, files[file], **effort)
                laps[file].append(Lap(ran.run_ms, ran.single_ms))
            rounds = kept.put(key, (*rounds, (less(*laps[0]), less(*laps[1]))), _numbers(result.onnx))
        old, new = map(_with, (result.baseline, result.compressed), zip(*rounds, strict=True))
        best = self._memory.baselines.setdefault(base.model.id, old)
        if old.latency_ms < best.latency_ms:  # the machine was less busy
            self._memory.baselines[base.model.id] = old
        found = {"baseline": old, "compressed": new, "times": times}
        fields = self._memory.times.put(key, found, _numbers(result.onnx))
        return replace(result, **fields)

    async def _run(self, base: Base, onnx: bytes, **more: Any) -> Ran:
        """A file on the whole evaluation set."""
        return await self._runtime.run(onnx, base.model.inputs, beside=base.model.beside, **more)

    async def _effort(self, base: Base, result: Result) -> dict[str, int]:
        """How often a file is run in a round, so that the clock can tell; the run that says so warms both up."""
        whole_ms = (await self._run(base, base.model.onnx, repeats=3)).run_ms
        repeats = 1 if whole_ms > SLOW_MS else 1 + int(np.clip(STEADY_MS / whole_ms, 2, 60))
        try:
            one, beside = base.model.inputs[:1], base.model.beside_at(slice(1))
            alone = (await self._runtime.run(base.model.onnx, one, singles=4, beside=beside)).single_ms
        except CannotRun:  # the file wants its samples in batches of one size
            return {"repeats": repeats, "singles": 0}
        return {"repeats": repeats, "singles": int(np.clip(STEADY_MS / alone, *SINGLES))}

    async def _beside_live(self, result: Result) -> Result:
        """The same Result beside a baseline that has been run here."""
        base = self._memory.bases[result.state.model]
        ran = await self._run(base, base.model.onnx, probe=base.task.probe(base.model))
        live = measured_of(base.model, base.task, base.model.onnx, ran, macs_of(base.network, base.weights.values()))
        live = replace(live, zipped_bytes=base.measured.zipped_bytes)
        base = self._memory.bases[result.state.model] = replace(base, measured=live, probed=ran.probed)
        self._memory.compared.clear()  # which was with the baseline that came with the site
        probed = None if result.probed is None else result.probed[1]
        return replace(result, **self.compare(base, result.onnx, result.compressed, probed))


def _key(base: Base, onnx: bytes) -> tuple[str, int, bytes]:
    """What tells a file run on samples from all others: as many samples of a model are always the same."""
    return base.model.id, len(base.model.labels), onnx


def _numbers(onnx: bytes) -> int:
    """How heavy a file is that is the key of an entry."""
    return len(onnx) // 4


def _with(measured: Measured, laps: Sequence[Lap]) -> Measured:
    """A file with its times in all rounds. What a machine does besides only adds to a time, so the lower quartile comes
    again from visit to visit, while a median follows how busy it is."""
    whole, single = spread(laps)
    latency = tuple(ms / len(measured.outputs) for ms in whole)
    times = {"latency_ms": latency[0], "single_ms": single and single[0]}
    return replace(measured, **times, latency_spread=latency, single_spread=single)


def _compared(base: Base, measured: Measured, probed: np.ndarray | None) -> dict[str, Any]:
    """What changed beside the baseline, as fields of a Result: none of it depends on times."""
    old = base.measured
    return {
        "difference": METRICS[base.model.metric].difference(old.values, measured.values),
        "changed": base.task.changed(old.answers, measured.answers, base.model.labels),
        "probed": None if base.probed is None else np.stack([base.probed, probed]),
    }


def measured_of(model: models.Model, task: Task, onnx: bytes, ran: Ran, macs: tuple[int, int] | None) -> Measured:
    """What a run tells about a file; its length under DEFLATE is left for later."""
    metric, labels, outputs = METRICS[model.metric], model.labels, model.scores(ran.outputs)
    n, values = len(labels), metric.values(outputs, labels, model.row)
    return Measured(
        metric.of(values), metric.interval(values), len(onnx), None, ran.run_ms / n, outputs, task.answers(outputs),
        values, task.others(model, outputs), route=macs and Route.of(ran.more[WENT_ON], *macs),
    )  # fmt: skip


async def zipped(onnx: bytes, watch: Watch) -> int | None:
    """The length of a file under DEFLATE, None if something newer is due: of a large one it takes seconds."""
    packer, size = zlib.compressobj(6), 0
    for at in range(0, len(onnx), PIECE):
        if at:
            await asyncio.sleep(0)
            if watch.stop():
                return None
        size += len(packer.compress(onnx[at : at + PIECE]))
    return size + len(packer.flush())
