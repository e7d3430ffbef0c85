"""Answers what a technique asks while it works: what a layer, or the part of one, reads on the calibration samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from app.pipeline.base import Base
from app.pipeline.cache import Memory
from app.runtime import Runtime
from kernels.asking import Inputs
from kernels.calibrated.patches import patches
from kernels.calibrated.reconstruction import kept_columns
from kernels.step import parts_of, with_parts
from kernels.weight import Float, Weight

LARGEST = 1e15  # of what a layer reads


class Calibrator:
    """The calibration samples of a model, run through its network as a technique asks.

    Parameters
    ----------
    runtime : Runtime
    memory : keeps what layers read in the network that a recipe begins with
    """

    def __init__(self, runtime: Runtime, memory: Memory):
        self._runtime, self._memory = runtime, memory
        # Who asks for a layer's inputs asks for its outputs next: the weights of the last question, and its tensors.
        self._traced: tuple = (None, {})

    async def answer(self, base: Base, weights: dict[str, Weight], asked: Inputs) -> np.ndarray:
        """What a layer, or the part of one, reads; `weights` are those before the step.

        Raises
        ------
        ValueError
            If these are numbers too large to compute with.
        """
        return _usable(asked, await self._answer(base, weights, asked))

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
        return await self._read(base, asked, _whole(weights, asked.weights))

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
        of, held = self._traced
        if of is not asked.weights or tensor not in held:
            plain = [replace(weight, form=Float(), mask=None, activation=None) for weight in weights.values()]
            watched = (layer.input, layer.output) if asked.whole else (layer.input,)
            watched = [each for each in watched if each not in (network.input, network.output)]
            first, *more = await self._runtime.trace(network.write(plain, watched=watched).onnx, base.calibration)
            held = {network.output: first, **dict(zip(watched, more[len(more) - len(watched) :], strict=True))}
            self._traced = asked.weights, held
        return held[tensor]



def _usable(asked: Inputs, rows: np.ndarray) -> np.ndarray:
    """What a layer reads, if second moments of it stay within float32."""
    if not asked.whole and rows.size and not max(rows.max(), -rows.min()) <= LARGEST:  # so that NaN does not pass
        raise ValueError(f"{asked.name} reads numbers beyond {LARGEST:.0e}, too large to compute with")
    return rows


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
