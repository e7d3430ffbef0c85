"""Answers what a technique asks while it works: what a layer, or the part of one, reads on the calibration samples."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from app.network.part import Graph, bottlenecks, needed, part
from app.pipeline.base import Base
from app.pipeline.cache import Memory
from app.pipeline.products import product
from app.runtime import Runtime
from kernels.asking import Apart, Inputs, Moments, Product
from kernels.calibrated.hessian import centred
from kernels.calibrated.moments import gram_of
from kernels.calibrated.patches import patches
from kernels.calibrated.reconstruction import kept_columns
from kernels.step import parts_of, with_parts
from kernels.weight import Float, Weight
from models.beside import at

LARGEST = 1e15  # of what a layer reads
SAMPLES = 128  # of which answers are compared: a doubt that they leave is one of chance
_FLOAT = Float()
KNOWN = 4  # tensors that are kept: from where the network goes on as it was, and as it is now


class _Known(NamedTuple):
    """A tensor on the calibration samples, and the weights of all layers behind which it stands."""

    calibration: np.ndarray
    tensor: str
    behind: tuple[Weight, ...]
    values: np.ndarray


class Calibrator:
    """The calibration samples of a model, run through its network as a technique asks.

    Parameters
    ----------
    runtime : Runtime
    memory : keeps what layers read in the network that a recipe begins with
    """

    def __init__(self, runtime: Runtime, memory: Memory):
        self._runtime, self._memory = runtime, memory
        self._known: deque[_Known] = deque(maxlen=KNOWN)
        # Who asks for a layer's inputs asks for its outputs next: the file of the last question, and its tensors.
        self._traced: tuple[bytes, dict[str, np.ndarray]] = b"", {}
        # Factorized weights of the last network, by layer: the one there was, its parts, and these put together.
        self._joined: dict[str, tuple[Weight, tuple[Weight, ...], Weight]] = {}

    async def answer(self, base: Base, weights: dict[str, Weight], asked: Inputs) -> np.ndarray:
        """What a layer, or the part of one, reads; `weights` are those before the step.

        Raises
        ------
        ValueError
            If these are numbers too large to compute with.
        """
        return _usable(asked, await self._answer(base, weights, asked))

    async def moments(self, base: Base, weights: dict[str, Weight], asked: Moments) -> np.ndarray:
        """Second moments of what a layer reads; those in the network that a recipe begins with are kept."""
        kept, key = self._memory.moments, (base.model.id, base.checkpoint, asked.name, asked.centred)
        changed = self._whole(weights, asked.weights)
        unchanged = asked.name in base.start and all(weight is base.start[name] for name, weight in changed.items())
        if unchanged and key in kept:
            return kept.get(key)
        rows = await self.answer(base, weights, Inputs(asked.name, asked.weights))
        H = await self._multiplied(gram_of(centred(rows) if asked.centred else rows))
        return kept.put(key, H, H.size) if unchanged else H

    async def product(self, asked: Product) -> np.ndarray:
        """A large product of matrices."""
        return await product(self._runtime, asked.left, asked.right)

    async def _multiplied(self, work: Generator[Product, np.ndarray, np.ndarray]) -> np.ndarray:
        """What comes of moments that ask for products."""
        answer = None
        try:
            while True:
                answer = await self.product(work.send(answer))
        except StopIteration as end:
            return end.value

    async def apart(self, base: Base, weights: dict[str, Weight], asked: Apart) -> float:
        """How far the network's answers are from those of the network that a recipe begins with."""
        key = base.model.id, base.checkpoint, "answers", False, False
        kept = self._memory.inputs
        if key not in kept:
            kept.put(key, await self._outputs(base, {}))
        return base.task.apart(kept.get(key), await self._outputs(base, self._whole(weights, asked.weights)))

    async def _outputs(self, base: Base, changed: dict[str, Weight]) -> np.ndarray:
        """What a network answers to some of the calibration samples."""
        onnx = base.network.write(_plain({**base.start, **changed}), plain=True).onnx
        few = slice(SAMPLES)
        beside = at(base.beside, len(base.calibration), few)
        return base.model.scores((await self._runtime.run(onnx, base.calibration[few], beside=beside)).outputs)

    async def _answer(self, base: Base, weights: dict[str, Weight], asked: Inputs) -> np.ndarray:
        """What a layer, or the part of one, reads on the calibration samples; `weights` are those before the step."""
        for weight in weights.values():
            names = [part.name for part in parts_of(weight)]
            if len(names) > 1 and asked.name == names[1] and asked.behind:
                asked = replace(asked, name=weight.name)
            elif len(names) > 1 and asked.name in names:
                rows = await self._answer(base, weights, Inputs(weight.name, asked.weights))
                inner = asked.weights.get(names[0], weight.form.inner).values
                inner = inner.reshape(len(inner), -1)
                if rows.shape[2] > inner.shape[1]:  # asked of a network that still has channels which are gone here
                    rows = kept_columns(rows, weight)
                return rows if asked.name == names[0] and not asked.behind else rows @ inner.T
        return await self._read(base, asked, self._whole(weights, asked.weights))

    def _whole(self, weights: dict[str, Weight], given: Mapping[str, Weight]) -> dict[str, Weight]:
        """The given weights by layer: the parts of factorized ones put together.

        The same parts give the same weight, else all that is known of the network behind it would count as changed.
        """
        joined = {name: known for name, known in self._joined.items() if name in weights}
        whole = {}
        for name, weight in weights.items():
            parts = parts_of(weight)
            if name in given:
                whole[name] = given[name]
            elif len(parts) > 1 and parts[0].name in given:
                new = tuple(given[part.name] for part in parts)
                if name not in joined or not _same((joined[name][0], *joined[name][1]), (weight, *new)):
                    joined[name] = weight, new, with_parts(weight, new)
                whole[name] = joined[name][2]
        self._joined = joined
        return whole

    async def _read(self, base: Base, asked: Inputs, changed: dict[str, Weight]) -> np.ndarray:
        """What a layer reads where these weights have taken the place of those that the recipe begins with.

        What it reads in the network with those is kept.
        """
        layer = base.network.layer(asked.name)
        weights = {**base.start, **changed}
        differs = any(weight is not base.start[name] for name, weight in changed.items())
        key = (base.model.id, base.checkpoint, asked.name, asked.whole, asked.behind)
        if not differs and key in self._memory.inputs:
            return self._memory.inputs.get(key)
        read = await self._tensor(base, asked, weights)
        window = layer.window and replace(layer.window, groups=weights[layer.name].groups)  # fewer where channels went
        rows = read if asked.whole else patches(read, window)
        return rows if differs else self._memory.inputs.put(key, rows)

    async def _tensor(self, base: Base, asked: Inputs, weights: dict[str, Weight]) -> np.ndarray:
        """The tensor that a layer reads, or the one it puts out; who asks for both gets both from one run."""
        network, layer = base.network, base.network.layer(asked.name)
        tensor = layer.output if asked.behind else layer.input
        if tensor == network.input:
            return base.calibration
        plain = _plain(weights)
        targets = [layer.input, layer.output] if asked.whole else [layer.input]
        targets = [each for each in targets if each != network.input]
        onnx = network.write(plain, watched=targets, plain=True).onnx
        if onnx != self._traced[0]:
            self._traced = onnx, await self._run(base, Graph.of(onnx), weights, targets)
        return self._traced[1][tensor]

    async def _run(
        self, base: Base, graph: Graph, weights: dict[str, Weight], targets: list[str]
    ) -> dict[str, np.ndarray]:
        """Tensors of a network, from the last one on that is known already and through which all must pass."""
        first = base.network.input
        line = bottlenecks(needed(graph, first, targets), first, targets)
        layers = {layer.output: layer.name for layer in base.network.layers if not layer.is_table}
        tables = tuple(
            weights[layer.name] for layer in base.network.layers if layer.is_table
        )  # who knows who reads them

        def behind(tensor: str) -> tuple[Weight, ...]:
            made = (name for node in needed(graph, first, [tensor]) for name in node.output)
            return (*tables, *(weights[layers[name]] for name in made if name in layers))

        known = {first: base.calibration}
        for each in self._known:
            if each.calibration is base.calibration and each.tensor in line and _same(each.behind, behind(each.tensor)):
                known[each.tensor] = each.values
        source = next(tensor for tensor in reversed(line) if tensor in known)
        wanted = [tensor for tensor in dict.fromkeys((*targets, line[-1])) if tensor not in known]
        if wanted:
            outputs = await self._runtime.trace(part(graph, source, wanted), known[source], base.beside)
            known.update(zip(wanted, outputs, strict=True))
        if line[-1] != first and known[line[-1]].dtype == np.float32:
            self._known.append(_Known(base.calibration, line[-1], behind(line[-1]), known[line[-1]]))
        return known


def _plain(weights: Mapping[str, Weight]) -> list[Weight]:
    """The weights as floats, for a network that is only run here."""
    return [
        weight
        if weight.form == _FLOAT and weight.mask is None and weight.activation is None
        else replace(weight, form=_FLOAT, mask=None, activation=None)
        for weight in weights.values()
    ]


def _same(some: tuple[Weight, ...], others: tuple[Weight, ...]) -> bool:
    return len(some) == len(others) and all(one is other for one, other in zip(some, others, strict=True))


def _usable(asked: Inputs, rows: np.ndarray) -> np.ndarray:
    """What a layer reads, if second moments of it stay within float32."""
    if not asked.whole and rows.size and not max(rows.max(), -rows.min()) <= LARGEST:  # so that NaN does not pass
        raise ValueError(f"{asked.name} reads numbers beyond {LARGEST:.0e}, too large to compute with")
    return rows
