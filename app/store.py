"""The only mutable object: the State a person has chosen, the Scene on screen, and who wants to know.

Newest wins: while one Result is being computed, only the newest State waits; those between are never computed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from app.pipeline.behind import Behind
from app.pipeline.beside import Beside
from app.pipeline.errors import in_words
from app.pipeline.fetching import NotFetched
from app.pipeline.watch import Superseded, Watch
from app.results.attempt import Attempted
from app.results.curve import Curve
from app.results.experiment import Experiment
from app.results.history import History
from app.results.result import Result
from app.results.scene import Baseline, Other, Scene
from app.results.sensitivity import Sensitivity
from app.state.compression import Compression
from app.state.slider import Slider
from app.state.state import State

if TYPE_CHECKING:  # no other use: the page starts without it
    from app.pipeline.trying import Trying

LONG = 0.3  # seconds after which work reports its progress
SOON = 0.3  # seconds in which nobody misses a plot
REST = 0.15  # seconds in which the page paints a Result: a stopwatch beside it would slow it down, and be wrong
CALM = 1  # seconds in which a person tries nothing more, most likely, and the stopwatch may go on
PATIENCE = 0.5  # seconds after which unfinished work is given up for a newer State; shorter work is always drawn
BASELINE = "baseline"  # what is held, where it is not an experiment that is pinned


class Computes(Protocol):
    """What the store asks for Results; `app.pipeline.pipeline.Pipeline` in earnest."""

    def begin(self, id: str) -> None: ...

    async def check(self, state: State, watch: Watch) -> None: ...

    async def result(self, state: State, watch: Watch) -> Result: ...

    async def timed(self, result: Result, stop: Callable[[], bool]) -> Result: ...

    def keep(self, state: State) -> None: ...

    async def baseline(self, id: str, watch: Watch) -> Baseline: ...


class Store:
    """State in, Scene out.

    Parameters
    ----------
    result : the Result to start from; its State is the first State
    describe : gives the short name of an experiment
    baselines : what is known of models before they are here, by their ids
    curves : those of sliders that have been measured elsewhere
    """

    def __init__(
        self, result: Result, describe: Callable[[State], str],
        baselines: Mapping[str, Baseline] = MappingProxyType({}), curves: Iterable[Curve] = (),
    ):  # fmt: skip
        self.state = result.state
        self.scene = Scene(result)
        self._baselines = {**baselines, result.state.model: Baseline.of(result.model, result.baseline)}
        self._pipeline: Computes | None = None
        self.history = History(describe, self._tell_experiment)
        self._task: asyncio.Task | None = None
        self._waiting: tuple[State, bool] | None = None
        self._behind = Behind()
        self._beside = Beside(result.state, curves)
        self._tracing: asyncio.Task | None = None
        self._trying: Trying | None = None
        self._rests = True  # no drag goes on
        self._news = asyncio.Event()  # something waits
        self._settled = asyncio.Event()
        self._settled.set()
        self._drawn = asyncio.Event()  # as it is settled, or already with a part of the samples
        self._drawn.set()
        self._held = ""  # BASELINE, or the letter of a pin
        self._pressed = False
        self._cancelled = 0  # times
        self._failed: tuple[State, str] | None = None  # the State that was chosen last, and why it cannot be drawn
        self._on_state: list[Callable[[State, bool], None]] = []
        self._on_scene: list[Callable[[Scene], None]] = []
        self._on_experiment: list[Callable[[Experiment, bool], None]] = []
        self._on_error: list[Callable[[str], None]] = []
        self._on_progress: list[Callable[[float | None, str], None]] = []
        self.history.add(result)
        known = self._beside.known(result, self.state)
        self.scene = replace(self.scene, history=self.history.of(result.state.model), **known)

    def on_state(self, tell: Callable[[State, bool], None]) -> None:
        """Call ``tell(state, transient)`` after each change; transient = a drag goes on."""
        self._on_state.append(tell)

    def on_scene(self, tell: Callable[[Scene], None]) -> None:
        """Call ``tell(scene)`` when there is something new to draw."""
        self._on_scene.append(tell)

    def on_experiment(self, tell: Callable[[Experiment, bool], None]) -> None:
        """Call ``tell(experiment, there)`` of all that have been tried so far, and of each change in them."""
        self._on_experiment.append(tell)
        for each in self.scene.history:
            tell(each, True)

    def on_error(self, tell: Callable[[str], None]) -> None:
        """Call ``tell(sentence)`` when a State cannot be computed; the picture then stays as it was."""
        self._on_error.append(tell)

    def on_progress(self, tell: Callable[[float | None, str], None]) -> None:
        """Call ``tell(share, words)`` as long work goes on, from 0 to 1, and ``tell(None, "")`` at its end."""
        self._on_progress.append(tell)

    def cancel(self) -> None:
        """Give up what is being computed or checked and go back to the State on screen."""
        self._cancelled += 1
        if not self._settled.is_set():
            self.go(replace(self.scene.result.state, view=self.state.view))

    def connect(self, pipeline: Computes) -> None:
        """Give the store what computes; States chosen before wait until then."""
        self._pipeline = pipeline
        if self._waiting is not None:
            self._want(*self._waiting)
        self._begin_work()

    def change(self, change: Mapping[str, Any], *, transient: bool = False) -> None:
        """Merge a change into the State. Raises ValueError if the change is invalid; the State is then as before."""
        self.go(self.state.merged(change), transient=transient)

    def go(self, state: State, *, transient: bool = False) -> None:
        """Make `state` the State."""
        if self._pipeline is not None and state.model != self.state.model:
            self._pipeline.begin(state.model)  # it comes while the page is told
        self._beside.moved(self.state, state)
        self.state, self._failed, self._rests = state, None, not transient
        for tell in self._on_state:
            tell(state, transient)
        self._want(state, transient)
        if (coming := self._coming(self.scene.result)) != self.scene.coming and coming:
            self._announce(coming)

    def _announce(self, coming: Other) -> None:
        """Show what is known of the chosen model in figures, and in plots if its Result is not there soon."""

        def show(waited: bool) -> None:
            if coming == self._coming(self.scene.result) and self._failed is None:
                self._show(replace(self.scene, coming=coming, waited=waited))

        if self._pipeline is None:
            show(waited=True)
        else:  # what takes time begins first, and in a page nothing else is done while a file is run
            loop = asyncio.get_running_loop()
            loop.call_soon(show, False)
            loop.call_later(SOON, loop.call_soon, show, True)

    async def set(self, change: Mapping[str, Any]) -> Result:
        """Merge a change and give the Result once it is drawn, or that of a newer State if there is one by then.

        Raises ValueError if the change is invalid, and the State is then as before; or if what was asked for cannot be
        drawn, and the State then stays, for what was chosen is not to be lost.
        """
        state = self.state.merged(change)
        await self.check(state)
        self.go(state)
        await self.settled()
        if self._failed and self._failed[0] == state:
            raise ValueError(self._failed[1])
        return self.scene.result

    async def check(self, state: State) -> None:
        """Raise ValueError if `state` names a part its model does not have."""
        if self._pipeline is not None:
            cancelled = self._cancelled
            try:
                with self._reporting() as progress:
                    await self._pipeline.check(state, Watch(progress, lambda: self._cancelled > cancelled))
            except Superseded:
                raise ValueError("cancelled; the State is as it was") from None

    def ask(
        self, compression: Compression, *, progress: Callable[[float, str], None] = lambda share, words: None,
        again: bool = False,
    ) -> Awaitable[Result]:  # fmt: skip
        """The Result of a Compression that is not shown, computed behind the person's back.

        The curve of a slider asks for each of its strengths, a search or a sensitivity for one candidate after the
        other. A move of the person goes first and waits for at most one run of a model that is under way.

        Parameters
        ----------
        progress : called with a share of 0 to 1 and words as it goes on
        again : whether it goes on when the person rests again; else it is given up at their next move

        Raises
        ------
        Superseded
            If it is given up.
        ValueError
            If it cannot be computed; nothing of that is said to the person.
        """
        answer = self._behind.ask(compression, progress, again)
        self._begin_work()
        return answer

    async def curve(self, slider: Slider) -> Curve:
        """The whole curve of a slider around the State of now, whatever the person does meanwhile.

        Raises
        ------
        Superseded
            If all that is computed behind the person's back is given up.
        """
        return await self._beside.curve(slider, Compression.of(self.state), partial(self.ask, again=True))

    async def sensitivity(self) -> Sensitivity:
        """Each layer alone under each technique of the State of now, whatever the person does meanwhile.

        Raises
        ------
        Superseded
            If all that is computed behind the person's back is given up.
        """
        around, ask = Compression.of(self.state), partial(self.ask, again=True)
        return await self._beside.sensitivity(self.scene.result, around, ask)

    def give_up(self) -> None:
        """Give up all that is computed behind the person's back."""
        self._behind.give_up(all=True)

    def hold(self, held: bool, pin: str = "") -> None:
        """Show the uncompressed model, or the experiment of that pin, while `held`; the State stays as it is."""
        what = pin or BASELINE
        now = what if held else "" if what == self._held else self._held  # another key may be held by now
        if now != self._held and (not held or not pin or pin in self.history.pinned(self.state.model)):
            self._held = now
            self._want(self.state, True)

    def attempt(self, change: Mapping[str, Any] | None) -> None:
        """Have both files answer an input of the person's own, see `Trying.change`. Raises ValueError."""
        if self._trying is None:
            from app.pipeline.trying import Trying  # when somebody first tries something: the page is up sooner

            self._trying = Trying(self._pipeline, lambda: self.scene, self._show_attempted, self._say, self._begin_work)
        self._trying.change(change)

    async def find(self, everywhere: bool) -> None:
        """Try a change of the chosen sample, or of any, that both files answer differently, see `Trying.find`."""
        cancelled = self._cancelled
        sample = await self._trying.find(everywhere, lambda: self._waiting is not None or self._cancelled > cancelled)
        if sample is not None:
            self.change({"sample": sample})
        await self.answered()

    async def answered(self) -> None:
        """Return when the newest State is drawn, if need be with a part of the samples, and what the person tries is
        answered."""
        await self._drawn.wait()
        if self._trying is not None:
            await self._trying.answered()

    def press(self, pressed: bool) -> None:
        """Compute nothing behind the person's back while they press something: a move may come at once."""
        self._pressed = pressed
        self._begin_work()

    def mark(self, key: Compression, change: Mapping[str, Any]) -> Experiment:
        """Give what was tried another name, note or pin.

        Raises
        ------
        ValueError
            If it has not been tried, or the change is not one of these.
        """
        marked = self.history.mark(key, change)
        self._show_history()
        return marked

    def recall(self, rows: Any) -> int:
        """Take back what a storage or a file has kept, see `History.recall`."""
        taken = self.history.recall(rows)
        self._show_history()
        return taken

    async def settled(self) -> None:
        """Return when the newest State is drawn."""
        await self._settled.wait()

    def _want(self, state: State, transient: bool) -> None:
        self._waiting = (state, transient)
        self._news.set()
        self._settled.clear()
        self._drawn.clear()
        if self._tracing is not None:
            self._tracing.cancel()
        self._behind.give_up()
        self._begin_work()

    def _begin_work(self) -> None:
        if self._task is None and self._pipeline is not None and self._wanted():
            self._task = asyncio.get_running_loop().create_task(self._work())

    def _wanted(self) -> bool:
        """Whether there is something to compute now."""
        return self._waiting is not None or (bool(self._behind) and not self._gives_way())

    def _gives_way(self) -> bool:
        """Whether what is computed behind the person's back has to wait for something of theirs."""
        return self._waiting is not None or self._pressed or self._is_trying()

    def _is_trying(self) -> bool:
        """Whether the person waits for an answer to an input of their own."""
        return self._trying is not None and self._trying.is_busy

    async def _work(self) -> None:
        while self._wanted():
            if self._waiting is None:
                await self._behind.work(self._pipeline, self._gives_way)
                self._pipeline.keep(self.scene.result.state)  # not given up for what is behind it
                continue
            (state, transient), self._waiting = self._waiting, None
            self._news.clear()
            try:
                dragging = transient and not self._held
                part = dragging and self.scene.attempted is None  # what the person tries is of the model as it is
                drawn = await self._draw(state, held=self._held, dragging=dragging, part=part)
                if drawn and self.scene.result.partial_of:
                    drawn = await self._draw_whole(state)
                if self._waiting is None:
                    self._settle()
                    if drawn and self._rests and not self._held:
                        self._tracing = asyncio.get_running_loop().create_task(self._trace())
                    if drawn and not transient:
                        await self._draw_times()
            except Exception as error:  # whatever it is: the next State is to be drawn, and nobody to wait for ever
                sentence = in_words(error)
                self._say(sentence)
                if self._waiting is None:
                    if not self._settled.is_set():  # else it is drawn, and only not timed
                        self._failed = state, sentence
                    if self.scene.coming:  # it will not come, in this State
                        self._show(replace(self.scene, coming=None, waited=False))
                    self._settle()
        self._task = None

    def _settle(self) -> None:
        self._drawn.set()
        self._settled.set()

    async def _draw_whole(self, state: State) -> bool:
        """Draw with all samples what was drawn with a part of them, once the slider rests; False if it goes on."""
        if self._waiting is None:
            self._drawn.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), REST)
            return False
        return await self._draw(state, held=self._held, dragging=True)

    async def _draw(self, state: State, *, held: str, dragging: bool, part: bool = False) -> bool:
        """Draw a State; False if its model cannot be had, or it need no longer be drawn."""
        began = monotonic()

        def stop() -> bool:
            return self._waiting is not None and monotonic() - began > PATIENCE

        try:
            wanted = self._instead(state, held)
            with self._reporting() as progress:
                watch = Watch(progress, stop, dragging, part)
                result = await self._pipeline.result(wanted, watch)
                rival = await self._rival(state.compare, watch)
        except Superseded:
            return False
        except NotFetched as error:
            if self._waiting is None:
                self.go(replace(self.scene.result.state, view=self.state.view))  # so that it can be chosen again
                self._failed = state, str(error)
            self._say(str(error))
            return False
        if not result.partial_of:
            self._baselines[state.model] = Baseline.of(result.model, result.baseline)
        if not held and not dragging:  # what a drag passes through is no experiment
            self.history.add(result)
        coming = self._coming(result)
        waited = coming is not None and self.scene.waited
        history, pin = self.history.of(result.state.model), "" if held == BASELINE else held
        known = {} if held else self._beside.known(result, self.state)
        now = {"result": result, "history": history, "held": held == BASELINE, "coming": coming, "waited": waited}
        self._show(replace(self.scene, **now, rival=rival, pin=pin, **known))
        if self._trying is not None:
            self._trying.renew()
        return True

    def _instead(self, state: State, held: str) -> State:
        """What is shown of a State while that is held."""
        if held == BASELINE:
            return replace(state, recipe=(), threshold=None)
        pinned = self.history.pinned(state.model).get(held)
        return replace(state, **vars(Compression.of(pinned.state))) if pinned else state

    async def _trace(self) -> None:
        """Have what the view shows besides computed, once the person rests, and show it as it comes."""
        await asyncio.sleep(REST)
        await self._beside.find(self.scene.result, self.state, self.ask, self._show_beside)

    def _show_beside(self) -> None:
        """Show what is known now, if it is more than what is shown."""
        known = self._beside.known(self.scene.result, self.state)
        if self.scene.is_chosen and any(getattr(self.scene, name) != value for name, value in known.items()):
            self._show(replace(self.scene, **known))

    def _coming(self, result: Result) -> Other | None:
        """What is known of the chosen model, if `result` is of another one."""
        id = self.state.model
        return None if id == result.state.model or id not in self._baselines else self._other(id)

    async def _rival(self, id: str, watch: Watch) -> Other | None:
        """The model to compare with; natively, and of a person's own, its baseline may have to be found out now."""
        if id and id not in self._baselines:
            self._baselines[id] = await self._pipeline.baseline(id, watch)
        return self._other(id) if id else None

    def _other(self, id: str) -> Other:
        return Other(self._baselines[id], self.history.of(id))

    async def _draw_times(self) -> None:
        """Steady times, only once the picture is there: it never waits for its own stopwatch."""
        shown, rest, interrupted = self.scene.result, REST, True
        while interrupted:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), rest)
                return
            rest, interrupted = CALM, False

            def stop() -> bool:
                nonlocal interrupted
                interrupted = self._is_trying()
                return interrupted or self._waiting is not None

            timed = await self._pipeline.timed(shown, stop)
            if timed is not shown and self._waiting is None:
                shown = timed
                if self.scene.is_chosen:
                    self.history.add(shown)
                self._show(replace(self.scene, result=shown, history=self.history.of(shown.state.model)))
            if interrupted:
                await self._trying.answered()

    @contextmanager
    def _reporting(self) -> Iterator[Callable[[float, str], None]]:
        """What tells the progress of one piece of work, if it is long, and at last that it has ended."""
        began, reported = monotonic(), False

        def progress(share: float, words: str) -> None:
            nonlocal reported
            if monotonic() - began > LONG:
                reported = True
                self._report(share, words)

        try:
            yield progress
        finally:
            if reported:
                self._report(None, "")

    def _show(self, scene: Scene) -> None:
        self.scene = scene
        for tell in self._on_scene:
            tell(scene)

    def _show_attempted(self, attempted: Attempted | None) -> None:
        self._show(replace(self.scene, attempted=attempted))

    def _show_history(self) -> None:
        """Show the same with what is known of all experiments now."""
        scene = self.scene
        history = self.history.of(scene.result.state.model)
        coming, rival = (each and self._other(each.baseline.id) for each in (scene.coming, scene.rival))
        self._show(replace(scene, history=history, coming=coming, rival=rival))

    def _tell_experiment(self, experiment: Experiment, there: bool) -> None:
        for tell in self._on_experiment:
            tell(experiment, there)

    def _report(self, share: float | None, words: str) -> None:
        for tell in self._on_progress:
            tell(share, words)

    def _say(self, sentence: str) -> None:
        for tell in self._on_error:
            tell(sentence)
