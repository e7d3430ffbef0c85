"""What decides the bytes of a file: equal Compressions give equal files, and nothing else that is chosen matters.

It is the key of every cache, of the history, of a tap on the plot and of a file that is opened again. Its fields are
listed here and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from app.state.choices import Override, Step
from app.state.efforts import POST_TRAINING
from app.state.fields import FIELDS
from app.state.preparation import USUAL, Preparation
from models import MODELS


@dataclass(frozen=True)
class Compression:
    """One way to compress one model.

    skipped : layers kept in float, sorted
    overrides : strengths of single layers, sorted
    effort : how the weights were trained, where the model leaves a choice
    threshold : of a dynamic model; None = the model's own
    prepare : how a person's own model is fed, which its id tells, too
    """

    model: str = MODELS[0]
    recipe: tuple[Step, ...] = ()
    skipped: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()
    effort: str = POST_TRAINING
    seed: int = 0
    threshold: float | None = None
    prepare: Preparation = USUAL

    @classmethod
    def of(cls, other: Compression) -> Compression:
        """The Compression in a State, or in anything else that has its fields."""
        return Compression(**{each.name: getattr(other, each.name) for each in fields(Compression)})

    def to_json(self) -> dict[str, Any]:
        """As plain JSON. A State says what is looked at, too: this is `window.playground.state`."""
        has = {each.name for each in fields(self)}
        return {name: field.json(self) for name, field in FIELDS.items() if has.issuperset(field.attributes)}

    @property
    def layers(self) -> dict[str, dict[str, Any]]:
        """What is special about single layers, as plain JSON."""
        layers: dict[str, dict[str, Any]] = {name: {"skip": True} for name in self.skipped}
        for name, technique, params in self.overrides:
            layers.setdefault(name, {})[technique] = False if params is None else dict(params)
        return layers

    def params(self, step: Step, layer: str) -> dict[str, Any] | None:
        """What a step of the recipe does in one layer; None if that layer leaves it out."""
        if layer in self.skipped:
            return None
        for name, technique, params in self.overrides:
            if (name, technique) == (layer, step.technique):
                return None if params is None else {**dict(step.params), **dict(params)}
        return dict(step.params)

    def first(self, count: int) -> Compression:
        """The same with the first `count` steps alone; how the network decides makes no difference to weights."""
        return replace(self, recipe=self.recipe[:count], threshold=None)
