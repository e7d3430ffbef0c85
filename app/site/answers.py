"""What a page answers before Python is up: a State and each strength of the slider in hand, as frames that are stored.

Run by the build. The frames are made by the document itself, so they hold what a live one would send;
`static/answers.js` only puts them on screen.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bokeh.core.json_encoder import serialize_json
from bokeh.core.serialization import Ref

from app.lessons import looked_at
from app.results.curve import Curve
from app.results.result import Result
from app.site.document import FrameSerializer, Page
from app.state import link
from app.state.slider import Slider
from app.state.state import State

CHANGED = {"kind": "ModelChanged"}

Place = tuple[str, str]
"""A property on screen: the id of its model, and its name."""


class Answers:
    """Takes the frames of States from a page that has just been built.

    Parameters
    ----------
    page : shows the State that is painted first; its `post` is given up
    computes : gives the Result of a State, the same as often as it is asked
    """

    def __init__(self, page: Page, computes):
        self._page, self._store = page, page.store
        self._painted = page.store.state
        self._touched: set[Place] = set()
        self._models = tuple(page.document.models)  # on the screen that is painted; kept, for an identity is used again
        self._known = self._refs()
        page._post = self._collect
        page.adopt()
        page.store.connect(computes)

    async def around(self, state: State, *, every: bool = False) -> tuple[dict[str, Any], Curve | None]:
        """The State and the strengths of the slider in hand, those of its curve or every one; and that curve.

        Returns
        -------
        dict
            ``shown``: the frame of `state`, its patch empty if it is painted already. ``slider``: its name, null if
            there is none. ``values``: changes on screen, each once. ``strengths``: by the steps of a strength from the
            low end, a frame, its patch as numbers of changes, its State as what differs.
        """
        await self._show(self._painted)
        await self._show(state)
        curve = self._store.scene.curve
        if curve is None or curve.slider.layer:  # a layer's own strength has another slider
            return self._file(state, {}), curve
        slider = curve.slider
        curve = await self._store.curve(slider)
        drawn = {}
        for value in slider.every() if every else slider.strengths(state):
            await self._show(slider.at(state, value))
            drawn[value] = self._changes(self._refs())
        await self._show(state)
        return self._file(state, drawn, slider), curve

    def _file(
        self, state: State, drawn: Mapping[float, Mapping[Place, str]], slider: Slider | None = None
    ) -> dict[str, Any]:
        """`around`'s first: `drawn` are the changes at each strength of the slider, the screen now shows the State."""
        now = self._changes(self._refs())
        moving = [place for place in now if len({each.get(place, now[place]) for each in drawn.values()}) > 1]
        moving = [place for place in moving if not slider or self._name(place) != _name(slider)]
        values, strengths = {}, {}
        for value, changes in drawn.items():
            other = slider.at(state, value)
            # What a later strength was the first to change was until then as it is in the State itself.
            patch = [values.setdefault(changes.get(place, now[place]), len(values)) for place in moving]
            change = {name: new for name, new in other.to_json().items() if new != state.to_json()[name]}
            strengths[slider.steps(value)] = {"query": link.encode(other), "state": change, "patch": patch}
        events = [] if state == self._painted else list(map(json.loads, self._changes(self._known).values()))
        return {
            "shown": {**_said(state), "patch": {"events": events}},
            "slider": slider and _name(slider),
            "values": list(map(json.loads, values)),
            "strengths": strengths,
        }

    def _collect(self, message, buffers) -> None:
        for event in message.get("patch", {}).get("events", ()):
            self._touched.add((event["model"]["id"], event.get("attr", "data")))

    async def _show(self, state: State) -> None:
        """Draw a State as while a slider is dragged: what a drag passes through is no experiment."""
        self._store.go(state, transient=True)
        await self._store.settled()
        self._page.flush()

    def _name(self, place: Place) -> str:
        return self._page.document.models.get_by_id(place[0]).name

    def _refs(self) -> dict[int, Ref]:
        """How to speak of each model to a screen that has them all."""
        return {id(model): model.ref for model in self._page.document.models}

    def _changes(self, known: Mapping[int, Ref]) -> dict[Place, str]:
        """Events that bring what changes on screen to what it is now, as JSON; other models come along whole."""
        serializer, changes = FrameSerializer(known, deferred=False), {}
        for place, attr in sorted(self._touched):
            model = self._page.document.models.get_by_id(place)
            if model is not None and id(model) in known:
                event = {**CHANGED, "model": {"id": place}, "attr": attr}
                changes[place, attr] = serialize_json({**event, "new": serializer.encode(getattr(model, attr))})
        return changes


def _name(slider: Slider) -> str:
    """What its widget is called."""
    return f"{slider.technique}.{slider.parameter}"


def _said(state: State) -> dict[str, Any]:
    """What a frame says of a State."""
    return {"state": state.to_json(), "query": link.encode(state), "look": looked_at(state.lesson, state.stop)}


class Kept:
    """Computes as a pipeline does, and keeps all: a curve is walked along twice.

    Parameters
    ----------
    pipeline : Pipeline
    told : what is kept of a Result
    """

    def __init__(self, pipeline, told):
        self._pipeline, self._told = pipeline, told
        self._results: dict[State, Result] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pipeline, name)

    async def result(self, state: State, watch=None) -> Result:
        if state not in self._results:
            self._results[state] = self._told(await self._pipeline.result(state))
        return self._results[state]
