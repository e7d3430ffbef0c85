"""What flows through both files on a sample: each is run once more, with what its layers say as further outputs.

Only the view of the network asks for it. The bytes that are run are those of the file, and a few behind them, see
`Network.watching`.
"""

from __future__ import annotations

import numpy as np

from app.network.layer import Layer
from app.pipeline.base import Base
from app.pipeline.cache import Memory
from app.pipeline.compress import Compressed
from app.pipeline.watch import Watch
from app.results.flow import Flow, Said
from app.runtime import CannotRun, Runtime
from app.state.compression import Compression
from kernels.storage.distortion import sqnr_db
from kernels.weight import Weight
from models.beside import Beside

SAMPLES = 256  # at most, over which errors are summed up
HELD = 1_500_000  # numbers that layers say of all samples, at most: 6 MB
GRID = 16  # points along each side of the plane
CHEAP = 30_000_000  # multiply-accumulates that may be spent while a slider is dragged

Trace = tuple[np.ndarray | None, dict[str, np.ndarray]]
"Whether each sample went on, if the network decides that; and what each layer said, of the samples that came there."


class Follower:
    """Follows samples through the files of a model.

    Parameters
    ----------
    runtime : Runtime
    memory : keeps what was found out, and what the baseline says
    """

    def __init__(self, runtime: Runtime, memory: Memory):
        self._runtime, self._memory = runtime, memory

    async def flow(
        self, base: Base, compression: Compression, compressed: Compressed, sample: int, watch: Watch
    ) -> Flow:
        """What flows through both files; `sample` is the chosen one."""
        key = compression, sample
        if key in self._memory.flows:
            return self._memory.flows.get(key)
        network = base.network
        n = samples_of(base)
        if watch.dragging and n * sum(layer.macs or 0 for layer in compressed.layers) > CHEAP:
            return Flow(network.wiring, None, n)
        batch, beside = _batch(base, sample, n)
        old = await self._baseline(base, compressed, batch, beside, sample)
        new = await self._trace(base, compressed.onnx, list(compressed.weights.values()), batch, beside)
        said = {
            layer.name: told
            for layer in network.layers
            if not layer.is_table
            and (told := _said(layer, compressed.weights[layer.name], old, new, n, len(batch))) is not None
        }
        return self._memory.flows.put(key, Flow(network.wiring, said, n))

    async def _baseline(
        self, base: Base, compressed: Compressed, batch: np.ndarray, beside: Beside, sample: int
    ) -> Trace:
        """What the baseline says; in the scale of the compressed weights, where a step has given channels another."""
        network, weights = base.network, [base.weights[name] for name in base.weights]
        onnx = base.model.onnx
        if any(weight.reference is not None for weight in compressed.weights.values()):
            weights = [each.reference or base.weights[each.name] for each in compressed.weights.values()]
            onnx = network.write(weights).onnx
        key = base.model.id, onnx, sample
        if key in self._memory.traces:
            return self._memory.traces.get(key)
        try:
            trace = await self._trace(base, onnx, weights, batch, beside)
        except CannotRun:  # a person's own file, in which a tensor that is watched had another name before it was read
            trace = await self._trace(base, network.write(weights).onnx, weights, batch, beside)
        return self._memory.traces.put(key, trace)

    async def _trace(self, base: Base, onnx: bytes, weights: list[Weight], batch: np.ndarray, beside: Beside) -> Trace:
        network = base.network
        first, *more = await self._runtime.trace(onnx + network.watching(weights), batch, beside)
        said = {vertex.layer: vertex.tensor for vertex in network.wiring if vertex.layer}
        inner = [layer.name for layer in network.layers if said.get(layer.name, network.output) != network.output]
        told = dict.fromkeys(said, first) | dict(zip(inner, more[len(more) - len(inner) :], strict=True))
        return more[0] if network.decision else None, told


def samples_of(base: Base) -> int:
    """Over how many samples errors are summed up: fewer where layers say much."""
    each = sum(layer.pixels_out * layer.shape[0] if layer.pixels_out else 0 for layer in base.network.layers)
    return int(min(len(base.model.inputs), np.clip(HELD // max(each, 1), 16, SAMPLES)))


def _batch(base: Base, sample: int, n: int) -> tuple[np.ndarray, Beside]:
    """The chosen sample, the first `n`, and, where samples are points, a grid over the plane; and what goes along.

    Whoever has points has one input.
    """
    rows = [sample, *range(n)]
    parts = [base.model.inputs[rows]]
    if base.model.picture == "point":
        axis = np.linspace(-1, 1, GRID, dtype=np.float32)
        parts.append(np.stack([each.ravel() for each in np.meshgrid(axis, axis)], axis=1))
    return np.concatenate(parts), base.model.beside_at(rows)


def _said(layer: Layer, weight: Weight, old: Trace, new: Trace, n: int, total: int) -> Said | None:
    """What a layer says in both files; None if it cannot be told which numbers belong to which sample."""
    (came_before, before), (came_after, after) = (_of_samples(trace, layer.name, total) for trace in (old, new))
    if len(before) != np.count_nonzero(came_before) or len(after) != np.count_nonzero(came_after):
        return None
    axis = 1 if layer.op == "Conv" else before.ndim - 1
    after = _in_place(after, weight.kept_out, axis, before.shape[axis])
    one = [values[0] if came[0] else None for values, came in ((before, came_before), (after, came_after))]
    both = came_before & came_after
    both[0] = both[n + 1 :] = False
    rows = [values[both[came]] for values, came in ((before, came_before), (after, came_after))]
    plane = None
    if len(came_before) > n + 1:
        plane = np.stack([values[n + 1 :].T.reshape(-1, GRID, GRID) for values in (before, after)])
    if not rows[0].size:
        return Said(*one, plane, None, (0.0, 0.0), (0.0, 0.0), 0.0)
    ranges = [(float(values.min()), float(values.max())) for values in rows]
    low, high = ranges[0]
    beyond = float(np.mean((rows[1] < low) | (rows[1] > high)))
    return Said(*one, plane, sqnr_db(*rows), *ranges, beyond)


def _of_samples(trace: Trace, layer: str, total: int) -> tuple[np.ndarray, np.ndarray]:
    """Which samples came to a layer, and what it said of them."""
    went_on, told = trace
    everyone = went_on is None or len(told[layer]) == total
    return np.ones(total, bool) if everyone else went_on.astype(bool), told[layer]


def _in_place(values: np.ndarray, kept: np.ndarray | None, axis: int, channels: int) -> np.ndarray:
    """With zeros where channels are gone."""
    if kept is None:
        return values
    full = np.zeros((*values.shape[:axis], channels, *values.shape[axis + 1 :]), np.float32)
    full[(slice(None),) * axis + (kept,)] = values
    return full
