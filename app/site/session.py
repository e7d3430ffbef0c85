"""The verbs of the page: what a tab asks of its document, its store and its pipeline, and what it is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace

from app.lessons import lesson_of, shown_by, stop_of
from app.lessons.assigned import asked_of
from app.pipeline.errors import in_words
from app.pipeline.fetching import NotFetched
from app.pipeline.watch import Superseded, Watch
from app.results import history_file
from app.results.experiment import PINS
from app.screen.authoring import assigned, labels
from app.screen.format import count
from app.screen.pinned import differs
from app.site.document import Page
from app.state import link
from app.state.compression import Compression
from app.state.preparation import preparation_of
from app.state.slider import Slider
from app.state.state import DEFAULT, State
from app.state.variation import seed_of
from app.state.wording import described
from models import model as models


class Session:
    """A page that is connected to its runtime: answers the messages of one tab."""

    def __init__(self, page: Page, post):
        self.page, self.store, self._post = page, page.store, post
        self._pipeline = None
        self._tasks: set[asyncio.Task] = set()
        self._awaited = ""  # the link to a person's own model that is not here
        self._own = None  # the file of the person's own model that was opened last
        self._cancelled = 0  # times
        self._room = None  # of the links that a teacher has pasted

    async def begin(self, pipeline, query: str, own: Iterable[tuple] = ()) -> None:
        """Restore the State of the link and draw its first Result.

        own : what `_load` was told and given of each model of the person's own, if this is not the first start
        """
        self._pipeline = pipeline
        self.store.connect(pipeline)
        for options, files in own:
            await self._opened_own(*self._came(options, files))
        await self._restore(query)
        self.page.flush()
        self._send("live")

    def receive(self, text: str, buffers=()) -> None:
        """Take one message of the page and the files that came with it, as bytes."""
        message = {**json.loads(text), "buffers": buffers}
        task = asyncio.get_running_loop().create_task(
            self._patched(message) if message["type"] == "patch" else self._called(message)
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _patched(self, message) -> None:
        try:
            self.page.patch(json.loads(message["patch"]))
            await self.store.answered()
        except Exception as error:
            self.page.tell(error=in_words(error))
        finally:
            self.page.flush()
            self._send("drawn")

    async def _called(self, message) -> None:
        number = message["number"]
        try:
            value, buffers = await _VERBS[message["verb"]](self, *message["args"], *message["buffers"])
        except Exception as error:
            self._send("reply", number=number, error=in_words(error))
        else:
            self.page.flush()
            self._post({"type": "reply", "number": number, "value": value}, buffers)

    async def _set(self, change):
        return (await self.store.set(change)).to_json(), []

    def _opened(self, query: str) -> tuple[State, tuple[str, ...]]:
        """The State that a link shows, and notes."""
        state, notes = link.decode(query)
        if not state.lesson:
            return state, notes
        state, more = self._stop(state, query)
        return state, (*notes, *more)

    async def _restore(self, query):
        state, notes = self._opened(query)
        if (id := link.model_of(query)).startswith("own-") and id not in models.ids():
            self._awaited = query
            state, notes = DEFAULT, (f"This link is of a model of your own: open or drop the files of {id} to see it.",)
        try:
            await self.store.check(state)
        except NotFetched as error:
            notes, state = (*notes, str(error)), state.merged({"model": DEFAULT.model})
        except ValueError as error:
            notes = (*notes, f"Left out of the link: {error}.")
            state = replace(state, skipped=(), overrides=(), layer="", sample=0)
        self.page.tell(notes=notes)
        self.store.go(state)
        await self.store.settled()
        return None, []

    def _stop(self, state: State, query: str) -> tuple[State, tuple[str, ...]]:
        """The State of a link that names a lesson: that of its stop, if the link does not say what is done instead."""
        try:
            return shown_by(state, query), ()
        except ValueError as error:
            note = f"Left out of the link, which may be of a newer version: {error}."
            return replace(state, lesson="", stop=1, guess=None), (note,)

    async def _sensitivity(self):
        await self.store.settled()
        try:
            return [trial.to_json() for trial in (await self.store.sensitivity()).trials], []
        except Superseded:
            raise ValueError("cancelled") from None

    async def _lesson(self, id, stop=1):
        stop_of(id, stop)
        return await self._show(replace(lesson_of(id).opened(stop), who=self.store.state.who))

    async def _guess(self, value):
        state = self.store.state
        guess = stop_of(state.lesson, state.stop).guess
        if guess is None:
            raise ValueError("this stop asks for no guess")
        guessed = replace(lesson_of(state.lesson).at(state.stop, guess.then), who=state.who)
        return await self._show(guessed.merged({"guess": value}))

    async def _show(self, state):
        """Draw a State of a lesson, and give its Result."""
        await self.store.check(state)
        self.store.go(state)
        await self.store.settled()
        return self.store.scene.result.to_json(), []

    async def _check(self):
        await self.store.settled()
        state, result = self.store.state, self.store.scene.result
        if (asked := asked_of(state)) is None:
            return {"done": None, "said": "There is no task here."}, []
        judged = asked.judged(result)
        return {"done": judged.done, "said": judged.said}, []

    async def _hand_in(self, who):
        """Take a nickname, which in a class decides the seed; the query of the link to hand in."""
        named = self.store.state.merged({"who": who})
        self.store.go(replace(named, seed=seed_of(named)))
        await self.store.settled()
        return link.hand_in(self.store.state), []

    async def _authoring(self):
        await self.store.settled()
        return labels(self.store.scene.result), []

    async def _assign(self, written):
        """The query of a link to the State on screen with what a teacher says, asks for, hides and locks."""
        await self.store.settled()
        return link.encode(assigned(self.store.state, written, self.store.scene.result)), []

    async def _collect(self, text):
        """The links in a text: a room of their own, empty so far."""
        from app.site.room import Room  # few teach

        self._room = Room(self.store, self._opened)
        return self._room.begin(text), []

    async def _recompute(self, query):
        """One link of the room computed anew; all rows so far."""
        return await self._room.add(query), []

    async def _hold(self, held, pin=""):
        self.store.hold(bool(held), pin)
        return None, []

    async def _press(self, pressed):
        self.store.press(bool(pressed))
        return None, []

    async def _mark(self, query, change):
        await self.store.settled()
        key = self.store.state.compression if query is None else _tried(query)
        return self.store.mark(key, change).to_json(), []

    async def _recall(self, rows):
        self.store.recall(rows)
        return None, []

    async def _history_file(self, kind, build):
        await self.store.settled()
        tried = self.store.history.all()
        return history_file.as_csv(tried) if kind == "csv" else history_file.as_json(tried, build), []

    async def _open_history(self, text, build):
        rows = history_file.rows(text, build)
        taken = self.store.recall(rows)
        left = f", and {len(rows) - taken} left out, for they cannot be read" if taken < len(rows) else ""
        self.page.tell(notes=[f"{count(taken, 'experiment')} taken from the file{left}."])
        return taken, []

    async def _take(self, query):
        return (await self.store.set(_tried(query).to_json())).to_json(), []

    async def _differs(self):
        await self.store.settled()
        both = self.store.history.pinned(self.store.state.model)
        return (differs(*(both[pin] for pin in PINS)) if len(both) == len(PINS) else None), []

    async def _predict(self, sample):
        await self.store.settled()
        result = self.store.scene.result
        if isinstance(sample, dict):
            from app.tasks.inputs import attempt_of  # as whoever tries an input in the page

            return (await self._pipeline.attempt(result, attempt_of(result.model, sample))).to_json(), []
        both = await self._pipeline.predict(result, sample)
        return dict(zip(("baseline", "compressed"), (each.tolist() for each in both), strict=True)), []

    async def _attempt(self, change):
        self.store.attempt(change)
        await self.store.answered()
        return None, []

    async def _cancel(self):
        self._cancelled += 1
        self.store.cancel()
        self.store.give_up()
        return None, []

    async def _load(self, options, *files):
        """Open a file, see `_came`."""
        from app.pipeline import reopen  # needs onnx, which the page does not wait for

        cancelled, new = self._cancelled, "model" in options["files"]
        onnx, brought = self._came(options, files)
        change = None
        if new and not brought.any:  # whoever brings samples wants to see the file on them
            try:
                change = await reopen.recipe(self._pipeline, onnx, Watch(self._progress))
            finally:
                self._progress(None, "")
        if change is not None:
            note = f"This file is {change['model']} with: {described(self.store.state.merged(change))}."
        else:
            model = await self._opened_own(onnx, brought)
            if self._cancelled > cancelled:
                raise ValueError("cancelled; the State is as it was")
            if link.model_of(self._awaited) == model.id:
                awaited, self._awaited = self._awaited, ""
                state, notes = link.decode(awaited)
                shown = await self._show(state)
                self.page.tell(notes=[model.summary, *notes])
                return shown
            # What was compressed before is first shown as it is.
            change, note = {"model": model.id, **({"recipe": []} if model.decoded else {})}, model.summary
        result = await self.store.set(change)
        self.page.tell(notes=[note])
        return result.to_json(), []

    def _came(self, options, files):
        """A person's own model and what came along with it.

        `options` say what the files are: "model", which else is the one before, "evaluation", or the name of another;
        and how samples are read, see `own_samples.Brought`.
        """
        from app.pipeline.own_samples import Brought

        came = dict(zip(options["files"], files, strict=True))
        onnx, evaluation = came.pop("model", self._own), came.pop("evaluation", None)
        if onnx is None:
            raise ValueError("these samples are for a model of yours; open its ONNX file along with them")
        read = {name: str(options[name]) for name in ("name", "label") if name in options}
        return onnx, Brought(evaluation, came, **read, prepare=preparation_of(options.get("prepare", "unit")))

    async def _opened_own(self, onnx, brought):
        """A model of the person's own, from now on among all others."""
        await self._opens_files()
        from app.pipeline import own_model  # as above

        linked = link.prepare_of(self._awaited)
        if linked and own_model.id_of(onnx, brought, linked) == link.model_of(self._awaited):
            brought = replace(brought, prepare=linked)  # as the link has it that waits for these files
        model = await own_model.read(self._pipeline.runtime, onnx, brought)
        self._own = onnx
        models.add(model)
        return model

    async def _opens_files(self):
        """Wait until what opens files has been fetched, and show how far that is."""
        try:
            await self._pipeline.opens_files(Watch(self._progress))
        finally:
            self._progress(None, "")

    async def _inspect(self, names, *files):
        """What is in a file, a sheet as HTML. `names` are those of the files, "model" one of them."""
        await self._opens_files()
        from app.pipeline.inspect import inspect  # needs onnx
        from app.screen.inspection import sheet

        came = dict(zip(names, files, strict=True))
        return sheet(inspect(came.pop("model"), came)), []

    async def _curve(self, technique, parameter):
        try:
            curve = await self.store.curve(Slider(technique, parameter))
        except Superseded:
            raise ValueError("cancelled") from None
        return [point.to_json() for point in curve.points], []

    def _progress(self, share, words):
        """Show how far work is that is not the store's."""
        self._send("working", share=share, words=words)

    async def _bytes(self):
        await self.store.settled()
        return None, [("onnx", self.store.scene.result.onnx)]

    def _send(self, type: str, **fields) -> None:
        self._post({"type": type, **fields}, [])


def _tried(query) -> Compression:
    """What decides the bytes of an experiment, by its link. Raises ValueError."""
    if not isinstance(query, str):
        raise ValueError(
            f"an experiment is named by its link, not by {query!r:.40}; playground.history has those of all"
        )
    return link.decode(query)[0].compression


_VERBS = {
    "set": Session._set,
    "restore": Session._restore,
    "hold": Session._hold,
    "press": Session._press,
    "mark": Session._mark,
    "recall": Session._recall,
    "history_file": Session._history_file,
    "open_history": Session._open_history,
    "take": Session._take,
    "differs": Session._differs,
    "load": Session._load,
    "inspect": Session._inspect,
    "bytes": Session._bytes,
    "cancel": Session._cancel,
    "predict": Session._predict,
    "attempt": Session._attempt,
    "curve": Session._curve,
    "sensitivity": Session._sensitivity,
    "lesson": Session._lesson,
    "guess": Session._guess,
    "check": Session._check,
    "hand_in": Session._hand_in,
    "authoring": Session._authoring,
    "assign": Session._assign,
    "collect": Session._collect,
    "recompute": Session._recompute,
}
