"""What both files say of an input of the person's own; and a search for one that they answer differently."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice
from time import monotonic
from typing import Any

import numpy as np

from app.pipeline.predict import batch_of
from app.results.attempt import Attempt, Attempted
from app.results.result import Result
from app.results.samples import chosen
from app.runtime import Probe, Ran, Runtime
from app.tasks import TASKS
from app.tasks.inputs import INPUTS
from app.tasks.inputs import perturbed as changes
from models.model import Model

SECONDS = 1.0  # that a search may take


class Attempts:
    """Answers attempts with one runtime; what an input has to learn of a model is learnt once.

    What a file has said of the same input just before is not asked again: while a slider of the recipe moves, the
    baseline rests; while a swipe moves, both do.
    """

    def __init__(self, runtime: Runtime):
        self._runtime = runtime
        self._learnt: dict[tuple[str, str], Any] = {}
        self._asked: tuple | None = None  # what was asked last
        self._said: dict[bytes, Ran] = {}  # and what files said of it

    async def attempt(self, result: Result, attempt: Attempt, alone: bool) -> Attempted:
        """What the uncompressed and the compressed file say of what a person tries.

        Parameters
        ----------
        alone : whether the files take as many samples as one likes; else they want as many as the evaluation set has

        Raises
        ------
        ValueError
            If a value is none of its input's.
        """
        model, index = result.model, chosen(result)
        input = INPUTS[attempt.input]
        settings = input.settings(model, index, await self._learn(model, input))
        values = input.complete(settings, attempt.values)
        samples, labels = input.samples(model, index, values)
        like = [index] * len(samples)
        asked = model, input, index, samples.tobytes(), input.writes(model, values) and tuple(values.items())
        if asked != self._asked:
            self._asked, self._said = asked, {}
        said = {}
        for onnx in (model.onnx, result.onnx):
            said[onnx] = self._said.get(onnx) or await self._run(
                onnx, model, samples, like, alone, input.writes(model, values)
            )
        if asked == self._asked:
            self._said = said
        both = said[model.onnx], said[result.onnx]
        outputs = tuple(model.scores(ran.outputs)[: len(samples)] for ran in both)
        written = None if both[0].probed is None else tuple(ran.probed for ran in both)
        pad = "ink" if input.ink else "drag" if input.box else ""
        return Attempted(attempt, result, settings, values, samples, labels, outputs, written, pad)

    async def find(
        self, result: Result, indices: range, alone: bool, stop: Callable[[], bool]
    ) -> tuple[int, Attempt] | str:
        """The gentlest of seeded changes, of samples of the evaluation set, that the two files answer differently.

        Parameters
        ----------
        indices : the samples it may change
        alone : as for `attempt`
        stop : whether to give up; it is asked after each piece, when whatever else waits has had its turn

        Returns
        -------
        The sample and how it is changed, or in words why there is none.
        """
        model, task, began, tried = result.model, TASKS[result.model.task], monotonic(), 0
        coming = changes.candidates(model, indices, result.state.seed)
        most = min(changes.PIECE, max(1, changes.VALUES // model.inputs[0].size)) if alone else len(model.inputs)
        while piece := list(islice(coming, most)):
            made = [changes.changed(model, *each) for each in piece]
            samples, labels = (np.concatenate(parts) for parts in zip(*made, strict=True))
            like = [index for index, _ in piece]
            old, new = [
                task.answers((await self._run(onnx, model, samples, like, alone)).outputs[: len(samples)])
                for onnx in (model.onnx, result.onnx)
            ]
            different = task.changed(old, new, labels).indices
            if len(different):
                first = int(different[0])
                index, values = piece[first]
                as_it_is = not any(value for name, value in values.items() if name != changes.LUCK.id)
                said = "They disagree about it as it is." if as_it_is else f"Found among {tried + first + 1:,}."
                return index, Attempt(model.id, changes.INPUT.id, values, said)
            tried += len(piece)
            await asyncio.sleep(0)
            if stop() or monotonic() - began > SECONDS:
                break
        return f"None found among {tried:,}."

    async def _learn(self, model: Model, input: Any) -> Any:
        """What an input has to find out of the baseline before it can be made."""
        key = model.id, input.id
        if key not in self._learnt:
            probe = input.learns(model)
            one = model.inputs[:1]
            self._learnt[key] = probe and (await self._runtime.run(model.onnx, one, probe=probe)).probed
        return self._learnt[key]

    async def _run(
        self, onnx: bytes, model: Model, samples: np.ndarray, like: list[int], alone: bool, probe: Probe | None = None
    ) -> Ran:
        """See `batch_of`."""
        batch, beside = batch_of(model, samples, like, alone)
        return await self._runtime.run(onnx, batch, probe=probe, beside=beside)
