"""The path of a change, State -> compress -> run -> compare -> Result, one stage after the other. Knows no widget.

Each stage stands in a file of its own and is kept as long as the part of the State that it depends on stays the same:
moving the last step of a recipe does not repeat the first, and a new view or budget repeats nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from app.pipeline import prebuilt
from app.pipeline.base import Base, Found, base_of
from app.pipeline.cache import Memory
from app.pipeline.compress import Compressor, macs_of
from app.pipeline.fetching import OWN, Fetch, Fetcher
from app.pipeline.flow import Follower
from app.pipeline.measure import Measurer, measured_of, zipped
from app.pipeline.predict import predict
from app.pipeline.watch import Watch
from app.results.attempt import Attempt, Attempted
from app.results.result import Result
from app.results.samples import chosen, chosen_of
from app.results.scene import Baseline
from app.runtime import Runtime
from app.state.checkpoint import checkpoint
from app.state.state import State
from app.state.wording import beginning
from app.tasks import TASKS
from app.tasks import check as check_task
from models import checkpoints
from models import model as models

if TYPE_CHECKING:  # no other use: the page starts without it
    from app.pipeline.attempts import Attempts

FOLLOWED = "network"  # the view that shows what flows


class Pipeline:
    """Turns States into Results with one runtime.

    Parameters
    ----------
    runtime : Runtime
    fetch : brings models here that are not; None where all are
    """

    def __init__(self, runtime: Runtime, fetch: Fetch | None = None):
        self.runtime, self.memory = runtime, Memory()
        self._fetcher = Fetcher(fetch)
        self._compressor = Compressor(runtime, self.memory)
        self._measurer = Measurer(runtime, self.memory)
        self._follower = Follower(runtime, self.memory)
        self._attempts: Attempts | None = None

    def begin(self, id: str) -> None:
        """Let the files of the model called `id` be on their way: it is going to be asked for."""
        self._fetcher.begin(id)

    async def opens_files(self, watch: Watch) -> None:
        """Return when what opens a file of a person's own is here. Raises NotFetched, Superseded."""
        await self._fetcher.fetched(OWN, watch)

    async def write(self, state: State) -> None:
        """Write the file of a State, which `result` then finds: all of its path that needs no runtime."""
        base = await self._begun(await self._base(state.model, Watch()), state, Watch())
        await self._compressor.compress(base, state.compression, Watch())

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
        base = await self._begun(await self._base(state.model, watch), state, watch)
        await watch.between_stages()
        compressed = await self._compressor.compress(base, state.compression, watch)
        await watch.between_stages()
        flow, seen = None, self._measurer.due(base, compressed, state, watch)
        measured, probed = await self._measurer.measure(seen, compressed, watch)
        if state.view == FOLLOWED and not watch.behind:
            flow = await self._follower.flow(base, state.compression, compressed, chosen_of(state, base.model), watch)
        return Result(
            state=state, model=seen.model, onnx=compressed.onnx, layers=compressed.layers, weights=compressed.weights,
            notes=(*beginning(state), *compressed.notes), overhead=compressed.overhead, flow=flow,
            untouched=base.network.untouched,
            heads=any(group.heads for group in base.network.channel_groups),
            scored_on_seen=compressed.calibrated and not len(base.model.calibration),
            **self._measurer.compare(seen, compressed.onnx, measured, probed),
        )  # fmt: skip

    def keep(self, state: State) -> None:
        """Count all that is kept of `state` as just used: what is on screen is not given up for what is behind it."""
        self._compressor.keep(state.compression)
        self._measurer.keep(state.compression)

    async def timed(self, result: Result, stop: Callable[[], bool]) -> Result:
        """The same Result with times that have settled: see `app.pipeline.stopwatch`.

        A baseline that the build stored is first measured here. Gives up, and returns `result` as it was, as soon as
        `stop` says so; the rounds that were run by then count when it comes to that file again.
        """
        return await self._measurer.timed(result, stop)

    async def _base(self, id: str, watch: Watch) -> Base:
        if id not in self.memory.bases:
            await self._fetcher.fetched(id, watch)
            model = models.load(id)
            check_task(model)
            self.memory.bases[id] = base_of(model, prebuilt.load(model) or await self.found(model))
        return self.memory.bases[id]

    async def baseline(self, id: str, watch: Watch = Watch()) -> Baseline:  # noqa: B008 - a frozen value
        """What the model called `id` is uncompressed. Raises ValueError, Superseded."""
        base = await self._base(id, watch)
        return Baseline.of(base.model, base.measured)

    async def predict(self, result: Result, sample: Any) -> tuple[np.ndarray, np.ndarray]:
        """What both files put out for one sample of the person's own, see `predict.predict`. Raises ValueError."""
        return await predict(self.runtime, result, sample, self._alone(result))

    async def attempt(self, result: Result, attempt: Attempt) -> Attempted:
        """What both files say of an input of the person's own, see `attempts`. Raises ValueError."""
        return await self._answers().attempt(result, attempt, self._alone(result))

    async def find(self, result: Result, everywhere: bool, stop: Callable[[], bool]) -> tuple[int, Attempt] | str:
        """A change, of the chosen sample or of any, that both files answer differently, see `attempts`."""
        index = chosen(result)
        indices = range(len(result.model.labels)) if everywhere else range(index, index + 1)
        return await self._answers().find(result, indices, self._alone(result), stop)

    def _answers(self) -> Attempts:
        if self._attempts is None:
            from app.pipeline.attempts import Attempts  # when somebody first tries something: the page is up sooner

            self._attempts = Attempts(self.runtime)
        return self._attempts

    def _alone(self, result: Result) -> bool:
        """Whether the files of a model take as many samples as one likes."""
        return self.memory.bases[result.model.id].network.input_shape[0] is None

    async def found(self, model: models.Model) -> Found:
        """Read the file of a model and run it. Raises ValueError."""
        from app.network.read import read  # in the page only who opens a file of their own comes here
        from app.pipeline.own_model import OwnModel

        network = model.network if isinstance(model, OwnModel) else read(model.onnx)
        task = TASKS[model.task]
        ran = await self.runtime.run(model.onnx, model.inputs, probe=task.probe(model), beside=model.beside)
        measured = measured_of(model, task, model.onnx, ran, macs_of(network, network.weights))
        measured = replace(measured, zipped_bytes=await zipped(model.onnx, Watch()))
        return Found(network, measured, ran.probed)

    async def _begun(self, base: Base, state: State, watch: Watch) -> Base:
        """What belongs to a model, with the weights that this recipe begins with."""
        name = checkpoint(state)
        if not name:
            return base
        key = state.model, name
        if key not in self.memory.starts:
            await self._fetcher.fetched(f"{state.model}/efforts", watch)
            arrays = checkpoints.load(state.model, name)
            self.memory.starts[key] = {
                layer.name: replace(base.weights[layer.name], values=arrays[layer.weight], bias=arrays[layer.bias])
                for layer in base.network.layers
            }
        return replace(base, start=self.memory.starts[key], checkpoint=name)
