"""The budget: a limit of the size and one of the score, either of which may be left out."""

from __future__ import annotations

from app.screen.controls.widgets import put
from app.screen.controls.wiring import Wiring
from app.state.state import State
from models import model as models
from models.metrics import METRICS
from models.metrics.metric import Metric


class Limits:
    """The two fields: size in kB, score in the words and the unit of what the model is judged by."""

    def __init__(self, wiring: Wiring):
        self.size = wiring.number("size at most", "kilobytes", _of_size, step=1)
        self.score = wiring.number("", "", _of_score)
        self.root = wiring.column(self.size, self.score)

    def show(self, state: State) -> None:
        budget, metric = state.budget, _metric(state)
        put(self.size, value=None if budget.bytes is None else budget.bytes / 1000)
        low, high = metric.bounds
        label = f"{metric.label} at {'least' if metric.higher_is_better else 'most'}"
        if label != self.score.label:
            self.score.param.update(
                label=label, start=metric.scale * low, end=metric.scale * high, step=metric.limit_step,
                css_classes=["limit", metric.id],
            )  # fmt: skip
        put(self.score, value=None if budget.score is None else round(metric.scale * budget.score, 4))


def _of_size(state: State, kilobytes: float | None) -> State:
    return _limited(state, bytes=None if kilobytes is None else round(1000 * kilobytes))


def _of_score(state: State, limit: float | None) -> State:
    return _limited(state, score=None if limit is None else limit / _metric(state).scale)


def _limited(state: State, **limit: float | None) -> State:
    """One limit set, or taken away with None; the other stays."""
    return state.merged({"budget": {**state.budget.to_json(), **limit}})


def _metric(state: State) -> Metric:
    return METRICS[models.info(state.model).metric]
