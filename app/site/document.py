"""The Bokeh document of one tab, kept equal to the one on screen: what changes here travels as frames."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from bokeh.core.serialization import Ref, Serializer
from bokeh.document import Document
from bokeh.document.events import DocumentPatchedEvent
from panel.io.state import set_curdoc
from panel.viewable import Viewable

from app.lessons import looked_at
from app.results.curve import Curve
from app.results.experiment import Experiment
from app.results.result import Result
from app.results.scene import Baseline
from app.screen.compose import compose
from app.screen.pinned import pinned
from app.state import link
from app.state.fields import STEPS
from app.state.state import State
from app.state.wording import described
from app.store import Store

PAGE = "page"  # who set a property; a side never sends back what it was sent


class Page:
    """One document, one store, one way to the screen.

    Parameters
    ----------
    result : the Result to show first
    baselines : what is known of each model before it is here, by its id
    post : ``post(message, buffers)`` sends a message to the page; buffers are (id, bytes)
    curves : those of sliders that have been measured elsewhere
    """

    def __init__(self, result: Result, baselines: Mapping[str, Baseline], post, curves: Iterable[Curve] = ()):
        self.store = Store(result, described, baselines, curves)
        self.document = Document()
        self._told = result.state
        self._post = post
        self._events: list[DocumentPatchedEvent] = []
        self._news: dict[str, Any] = {}
        self._tried: list[dict[str, Any]] = []  # changes in the experiments
        self._pins_of = ""  # the model whose pins the page shows
        self._pad = ""  # what a pointer does on the picture of what the person tries
        self._posted: Result | None = None  # the one that the page has been sent last
        self._known: dict[int, Ref] = {}  # by the identity of a model: how to speak of it to the page
        with set_curdoc(self.document), self.document.models.freeze():  # else each root walks all models anew
            for name, root in compose(self.store).items():
                model = root.get_root(self.document) if isinstance(root, Viewable) else root
                model.name = name
                self.document.add_root(model)
        self.document.on_change(self._collect)
        self.store.on_state(self._tell_state)
        self.store.on_scene(self._tell_scene)
        self.store.on_experiment(self._tell_experiment)
        self.store.on_error(self._tell_error)
        self.store.on_progress(lambda share, words: post({"type": "working", "share": share, "words": words}, []))

    def json(self) -> dict[str, Any]:
        """The document as Bokeh's JSON, and what tells it from another."""
        return {"document": self.document.to_json(deferred=False), **self.signature()}

    def signature(self) -> dict[str, Any]:
        """The id of each named root, and the id and type of every model."""
        models = ",".join(sorted(f"{model.id}:{type(model).__name__}" for model in self.document.models))
        return {"roots": {root.name: root.id for root in self.document.roots}, "models": models}

    def adopt(self) -> None:
        """Count every model as known to the page: it has painted the same document, or been sent what is new."""
        self.document.models.flush_synced()
        self._known = {id(model): model.ref for model in self.document.models}

    def patch(self, patch: Mapping[str, Any]) -> None:
        """Apply what the person did to the widgets on screen."""
        with set_curdoc(self.document):
            self.document.apply_json_patch(patch, setter=PAGE)

    def flush(self) -> None:
        """Send everything that has changed since the last time, as one frame."""
        self._tell_history()
        events, self._events = self._events, []
        news, self._news = self._news, {}
        buffers = []
        if events:
            models = self.document.models
            serializer = FrameSerializer(self._known)
            news["patch"] = {"events": serializer.encode(events)}
            if len(models) != len(self._known):
                self.adopt()
            buffers = [(buffer.id, buffer.to_bytes()) for buffer in serializer.buffers]
        if news:
            self._post({"type": "frame", **news}, buffers)

    def _collect(self, event) -> None:
        if isinstance(event, DocumentPatchedEvent) and event.setter != PAGE:
            self._events.append(event)

    def tell(self, **news) -> None:
        """Put something into the next frame."""
        self._news.update(news)

    def _tell_state(self, state: State, transient: bool) -> None:
        step = any(getattr(state, name) != getattr(self._told, name) for name in STEPS)
        step = step or self._news.get("step", False)  # a drag and its end may come in one frame
        self._told = state
        look = looked_at(state.lesson, state.stop)
        self.tell(state=state.to_json(), query=link.encode(state), transient=transient, step=step, look=look, error="")
        if state.model != self.store.scene.result.state.model:
            # The controls at once, with what the store has to show of the model in its next turn.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self.flush)

    def _is_posted(self, result: Result) -> bool:
        """Whether the page has this Result already: another view, budget or sample changes nothing in it."""
        last, parts = self._posted, ("model", "onnx", "layers", "baseline", "compressed", "flow")
        if last is None or result.notes != last.notes:
            return False
        return all(getattr(result, part) is getattr(last, part) for part in parts)

    def _tell_error(self, sentence: str) -> None:
        self.tell(error=sentence)
        self.flush()

    def _tell_scene(self, scene) -> None:
        if scene.is_chosen and not self._is_posted(scene.result):
            self._posted = scene.result
            self.tell(result=scene.result.to_json())
        pad = "" if scene.attempted is None else scene.attempted.pad
        if pad != self._pad:
            self._pad = pad
            self.tell(pad=pad)
        self.flush()

    def _tell_experiment(self, experiment: Experiment, there: bool) -> None:
        self._tried.append(experiment.to_json() if there else {"link": experiment.link, "gone": True})

    def _tell_history(self) -> None:
        """Put what has changed in the experiments, and in the pins of the chosen model, into the next frame."""
        model = self.store.state.model
        if self._tried or model != self._pins_of:
            self.tell(history=self._tried, pins=pinned(self.store.history.pinned(model)))
            self._tried, self._pins_of = [], model


class FrameSerializer(Serializer):
    """Bokeh's own makes a list of all models anew each time, which takes longer than what it writes."""

    def __init__(self, known: Mapping[int, Ref], *, deferred: bool = True):
        super().__init__(deferred=deferred)
        self._known = known

    def has_ref(self, obj: Any) -> bool:
        return id(obj) in self._known or super().has_ref(obj)

    def get_ref(self, obj: Any) -> Ref | None:
        return self._known.get(id(obj)) or super().get_ref(obj)
