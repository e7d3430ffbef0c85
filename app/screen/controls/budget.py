"""The budget: a limit of the size and one of the score, either of which may be left out, and whether they are met."""

from __future__ import annotations

import math
from html import escape

from app.results.result import Result
from app.results.scene import Scene
from app.screen.controls.widgets import put
from app.screen.controls.wiring import Wiring
from app.screen.format import kilobytes
from app.state import edits
from app.state.reading import metric as metric_of
from app.state.state import State


class Limits:
    """The two fields: size in kB, score in the words and the unit of what the model is judged by; and the verdict."""

    def __init__(self, wiring: Wiring):
        self.size = wiring.number("size at most", "kilobytes", _of_size)
        self.score = wiring.number("", "", _of_score)
        self.verdict = wiring.words("verdict")
        self.root = wiring.column(self.size, self.score, self.verdict)

    def show(self, state: State) -> None:
        budget, metric = state.budget, metric_of(state.model)
        put(self.size, value="" if budget.bytes is None else f"{budget.bytes / 1000:g}")
        label = f"{metric.label} at {'least' if metric.higher_is_better else 'most'}"
        if label != self.score.label:
            self.score.param.update(label=label, css_classes=["limit", metric.id])
        put(self.score, value="" if budget.score is None else f"{metric.scale * budget.score:.4g}")

    def draw(self, scene: Scene) -> None:
        self.verdict.say("" if scene.held or scene.coming else verdict_html(scene.result))


def number(text: str) -> float | None:
    """A number as people write it, with a comma or its unit if they like; None for nothing.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> number("9,5"), number("95 %"), number(" 20 kB"), number("")
    (9.5, 95.0, 20.0, None)
    """
    plain = text.strip().rstrip("%kKbB ").replace(",", ".")
    if not text.strip():
        return None
    try:
        value = float(plain)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"a limit is {text!r:.40}, which is no number; write one such as 9.5, or leave it empty")
    return value


def verdict_html(result: Result) -> str:
    """Whether the budget is met, or by how much it is missed and what might help; "" if there is none."""
    budget, new, metric = result.state.budget, result.compressed, metric_of(result.state.model)
    if budget.bytes is None and budget.score is None:
        return ""
    over = 0 if budget.bytes is None else max(0, new.size_bytes - budget.bytes)
    short = budget.score is not None and not metric.reaches(new.score, budget.score)
    if not over and not short:
        return '<p class="pass">✓ Budget met</p>'
    missed = [f"{kilobytes(over)} too large"] if over else []
    if short:
        missed.append(f"{metric.label} {metric.difference_written(new.score - budget.score)}")
    return f'<p class="fail">✕ {escape(" and ".join(missed))}</p><p>{_advice(result.state, bool(over), short)}</p>'


def _advice(state: State, over: bool, short: bool) -> str:
    """What to try next: never more than one thing."""
    on = edits.in_force(state)
    if short and "repair" not in on and on:
        return "Try Repair: it wins back score for hardly a byte."
    if over and short:
        return "Try another mixture: a few of each go further than much of one."
    if short:
        return "Take a little less of what is on."
    if "prune" in on and "palettize" not in on and "quantize" not in on:
        return "Try Palettize as well: what is left takes fewer bits."
    if "palettize" in on and "prune" not in on:
        return "Try Prune as well: zeros need hardly any room."
    return "Take more of what is on." if on else "Switch on Prune or Palettize."


def _of_size(state: State, text: str) -> State:
    size = number(text)
    if size is not None and not 0.001 <= size <= 1e6:
        raise ValueError(f"a file cannot have {size:g} kB; choose 0.001 to 1,000,000 kB")
    return _limited(state, bytes=None if size is None else round(1000 * size))


def _of_score(state: State, text: str) -> State:
    limit, metric = number(text), metric_of(state.model)
    low, high = (metric.scale * bound for bound in metric.bounds)
    if limit is not None and not low <= limit <= high:
        raise ValueError(f"a limit of {metric.label} is {limit:g}; choose {low:g} to {high:g} {metric.unit}".rstrip())
    return _limited(state, score=None if limit is None else limit / metric.scale)


def _limited(state: State, **limit: float | None) -> State:
    """One limit set, or taken away with None; the other stays."""
    return state.merged({"budget": {**state.budget.to_json(), **limit}})
