"""A word when a model takes over a recipe that it cannot stand, though the model before it could."""

from __future__ import annotations

from html import escape

from app.results.result import Result
from app.results.scene import Scene
from models.metrics import METRICS

BROKEN = 0.25  # share of answers: a network that has lost more is not compressed but gone
NONE = escape('{"recipe": [], "layers": {}}')


class Takeover:
    """Remembers, from one Scene to the next, whether the recipe came with another model, and stood there."""

    def __init__(self):
        self._last: Result | None = None
        self._is_too_much = False

    def html(self, scene: Scene) -> str:
        """The sentence with what to do, for as long as the recipe stays as it came; "" if there is nothing to say.

        The button's `data-set` is the change of State that the page asks for.
        """
        result = scene.result
        if scene.is_chosen:
            self._take(result)
        if not self._is_too_much or not scene.is_chosen or result.state.lesson:
            return ""
        metric = METRICS[result.model.metric]
        old, new = (metric.written(each.score) for each in (result.baseline, result.compressed))
        words = f"This recipe is too much for this model: {new} {metric.label} instead of {old}."
        button = f'<button type="button" data-set="{NONE}">Start from no compression</button>'
        return f'<p class="takeover"><span>{escape(words)}</span> {button}</p>'

    def _take(self, now: Result) -> None:
        last, self._last = self._last, now
        if last is None or last.state.recipe != now.state.recipe:
            self._is_too_much = False
            return
        came = last.model.id != now.model.id and stands(last)
        self._is_too_much = (self._is_too_much or came) and not stands(now)


def stands(result: Result) -> bool:
    """Whether a network still does, by and large, what it did."""
    return len(result.changed.broken) < BROKEN * len(result.model.labels)
