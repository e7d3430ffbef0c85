"""Runs a file and says what that tells of it: score, length, time; and how it stands beside the baseline."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from app.pipeline.base import Base
from app.pipeline.cache import Memory
from app.pipeline.compress import Compressed, macs_of
from app.pipeline.watch import Watch
from app.results.result import Measured, Result, Route
from app.runtime import Ran, Runtime
from app.state.state import State
from app.tasks import Task
from models import model as models
from models.dynamic import WENT_ON
from models.metrics import METRICS

ROUNDS = 8  # times each file is loaded anew for its steady time
LONG_ROUNDS = 3  # the same where a run is long
SLOW_MS = 20  # from here on one run is steady by itself, and nobody should have to wait for more
STEADY_MS = 4  # spent on runs of one file in each round: short runs are repeated until the clock can tell
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
        key = base.model.id, onnx
        if key in self._memory.measured:
            measured, probed = self._memory.measured.get(key)
        else:
            ran = await self._runtime.run(onnx, base.model.inputs, probe=base.task.probe(base.model))
            measured, probed = measured_of(base.model, base.task, onnx, ran, compressed.macs), ran.probed
        if measured.zipped_bytes is None and not watch.dragging:
            measured = replace(measured, zipped_bytes=await zipped(onnx, watch))
        return self._memory.measured.put(key, (measured, probed))

    def keep(self, state: State) -> None:
        """Count what was measured of the file of a State as just used."""
        if state.compression in self._memory.compressed:
            key = state.model, self._memory.compressed.get(state.compression).onnx
            self._memory.measured.touch(key)
            self._memory.compared.touch(key)

    def compare(self, base: Base, onnx: bytes, measured: Measured, probed: np.ndarray | None) -> dict[str, Any]:
        """What was measured of a file beside the same of the baseline, as fields of a Result; kept as well."""
        key = base.model.id, onnx
        kept, fields = self._memory.compared, {"baseline": base.measured, "compressed": measured}
        return fields | (kept.get(key) if key in kept else kept.put(key, _compared(base, measured, probed)))

    async def steady(self, result: Result, stop: Callable[[], bool]) -> Result:
        """The same Result with steady times, see `Pipeline.timed`."""
        if result.baseline.latency_ms is None and not stop():
            result = await self._beside_live(result)
        base = self._memory.bases[result.state.model]
        n = len(base.model.labels)
        run_ms = n * result.compressed.latency_ms
        repeats = 1 if run_ms > SLOW_MS else 1 + int(np.clip(STEADY_MS / max(run_ms, 0.05), 2, 60))
        times: tuple[list[float], list[float]] = ([], [])
        for _ in range(LONG_ROUNDS if repeats == 1 else ROUNDS):
            for onnx, into in zip((base.model.onnx, result.onnx), times, strict=True):
                if stop():
                    return result
                ran = await self._runtime.run(onnx, base.model.inputs, repeats=repeats)
                into.append(ran.run_ms)
        old, new = (
            replace(each, latency_ms=min(taken) / n, latency_step_ms=ran.step_ms / n, steady=True)
            for each, taken in zip((result.baseline, result.compressed), times, strict=True)
        )
        # So that a drag compares with steady times.
        self._memory.bases[result.state.model] = replace(base, measured=old)
        key = base.model.id, result.onnx
        if key in self._memory.measured:
            self._memory.measured.put(key, (new, self._memory.measured.get(key)[1]))
        return replace(result, baseline=old, compressed=new)

    async def _beside_live(self, result: Result) -> Result:
        """The same Result beside a baseline that has been run here."""
        base = self._memory.bases[result.state.model]
        ran = await self._runtime.run(base.model.onnx, base.model.inputs, probe=base.task.probe(base.model))
        live = measured_of(base.model, base.task, base.model.onnx, ran, macs_of(base.network, base.weights.values()))
        live = replace(live, zipped_bytes=base.measured.zipped_bytes)
        base = self._memory.bases[result.state.model] = replace(base, measured=live, probed=ran.probed)
        self._memory.compared.clear()  # which was with the baseline that came with the site
        probed = None if result.probed is None else result.probed[1]
        return replace(result, **self.compare(base, result.onnx, result.compressed, probed))



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
    metric, labels, outputs = METRICS[model.metric], model.labels, ran.outputs
    n, values = len(labels), metric.values(outputs, labels, model.row)
    others = {id: METRICS[id].of(METRICS[id].values(outputs, labels, model.row)) for id in task.also}
    return Measured(
        metric.of(values), metric.interval(values), len(onnx), None, ran.run_ms / n, ran.step_ms / n, outputs,
        task.answers(outputs), values, others, route=macs and _route(ran.more[WENT_ON], *macs),
    )  # fmt: skip


def _route(went_on: np.ndarray, first: int, rest: int) -> Route:
    return Route(went_on, first + float(went_on.mean()) * rest)


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
