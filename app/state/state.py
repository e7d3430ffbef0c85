"""What a person has chosen: one frozen value, complete and small, with nothing computed in it.

`State.merged` is the one way in for foreign values: the link, the scripting interface and the controls all come through
it. What each field is, in JSON, in a link and with another model, is a row of `app.state.fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.state.axes import ACROSS, UP
from app.state.checkpoint import target_of
from app.state.choices import Assignment, Budget, Step
from app.state.compression import Compression
from app.state.devices import USUAL, USUAL_RATE
from app.state.efforts import POST_TRAINING
from app.state.fields import FIELDS
from app.state.views import VIEWS


@dataclass(frozen=True)
class State(Compression):
    """Everything a person can choose: what decides the bytes, and what is looked at. Equal States give equal Results,
    timings aside.

    layer : the layer that the controls speak for; "" = all
    sample : index into the evaluation set, shown beside the view
    by : how the view in sight is looked at, see `app.state.views`; a view that knows no such way looks as it opens
    device : what the device view estimates for, and numbers changed, see `app.state.devices`
    rate : how often it runs there
    weight : the one that the view of the weights follows, as ``fc1:123``, its layer and place; "" = any
    compare : the model that the trade-off view shows beside this one; "" = none
    x, y : what the trade-off view shows across and up, see `app.state.axes`
    lesson : the one that is open; "" = none
    stop : of that lesson, counted from 1
    guess : what was predicted there; None = nothing yet
    title, text : of what a teacher has set; "" = none
    task : what is asked for; None = nothing
    hidden, locked : names of controls that the link hides or holds, see `app.state.reading.CONTROLS`
    who : the nickname of who hands it in; "" = none
    class_seed : gives each nickname a task of its own, see `app.state.variation`; None = all have the same
    """

    budget: Budget = Budget()
    view: str = VIEWS[0]
    layer: str = ""
    sample: int = 0
    by: str = ""
    device: str = USUAL
    rate: str = USUAL_RATE
    weight: str = ""
    compare: str = ""
    x: str = ACROSS[0]
    y: str = UP[0]
    lesson: str = ""
    stop: int = 1
    guess: float | None = None
    title: str = ""
    text: str = ""
    task: Assignment | None = None
    hidden: tuple[str, ...] = ()
    locked: tuple[str, ...] = ()
    who: str = ""
    class_seed: int | None = None

    @property
    def compression(self) -> Compression:
        """What decides the bytes, in one spelling: an effort for which there are no weights is none."""
        chosen = Compression.of(self)
        return chosen if target_of(chosen) else replace(chosen, effort=POST_TRAINING)

    @property
    def unguided(self) -> State:
        """The same outside any lesson and any class: what is drawn of a Result does not depend on those."""
        usual = {name: getattr(State, name) for name in GUIDES}
        return replace(self, **usual)

    @property
    def is_guided(self) -> bool:
        """Whether a lesson is open, or a teacher has something to say."""
        return self.unguided != replace(self, who="", class_seed=None)

    def merged(self, change: Mapping[str, Any]) -> State:
        """This State with the fields of `change` put in their place.

        Raises
        ------
        ValueError
            If a field is unknown, out of range or of the wrong type; the sentence says which and what would work.
        """
        if not isinstance(change, Mapping):
            raise ValueError('a change of State is an object, for example {"model": "digits-mlp"}')
        unknown = [key for key in change if key not in FIELDS]
        if unknown:
            raise ValueError(f"the State has no field {unknown[0]!r:.40}; it has {', '.join(FIELDS)}")
        taken: dict[str, Any] = {}
        first = [name for name in change if not FIELDS[name].of_model]
        for name in (*first, *(name for name in FIELDS if name in change and name not in first)):
            taken |= FIELDS[name].taken(change[name], taken.get("model", self.model))
        if (model := taken.get("model", self.model)) != self.model:
            for field in FIELDS.values():
                taken = {**field.elsewhere(self, model), **taken}
        return replace(self, **taken)


GUIDES = ("lesson", "stop", "guess", "title", "text", "task", "hidden", "locked", "who", "class_seed")
"The attributes that are about who learns and who teaches."

DEFAULT = State(recipe=(Step.of("prune", sparsity=0.5), Step.of("palettize", bits=3)))
"Where a visitor starts: strong enough that a few answers change, mild enough that it looks worth it."
