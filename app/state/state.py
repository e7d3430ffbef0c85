"""What a person has chosen: one frozen value, complete and small, with nothing computed in it.

`State.from_json` is the one place where foreign values are checked; the link, the scripting interface and the
controls all come through it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.state.checkpoint import target_of
from app.state.choices import Budget, Override, Step
from app.state.compression import Compression
from app.state.efforts import EFFORTS, POST_TRAINING
from app.state.views import VIEWS
from kernels import TECHNIQUES
from models import model as models
from models.metrics import METRICS
from models.metrics.metric import Metric


@dataclass(frozen=True)
class State(Compression):
    """Everything a person can choose: what decides the bytes, and what is looked at. Equal States give equal Results,
    timings aside.

    layer : the layer that the controls speak for; "" = all
    sample : index into the evaluation set, shown beside the view
    compare : the model that the trade-off view shows beside this one; "" = none
    """

    budget: Budget = field(default_factory=Budget)
    view: str = VIEWS[0]
    layer: str = ""
    sample: int = 0
    compare: str = ""

    @property
    def compression(self) -> Compression:
        """What decides the bytes, in one spelling: an effort for which there are no weights is none."""
        chosen = Compression.of(self)
        return chosen if target_of(chosen) else replace(chosen, effort=POST_TRAINING)

    def to_json(self) -> dict[str, Any]:
        """The State as plain JSON, as `window.playground.state` gives it."""
        chosen = super().to_json() | {
            "budget": self.budget.to_json(),
            "view": self.view,
            "layer": self.layer,
            "sample": self.sample,
            "compare": self.compare,
        }
        return {name: chosen[name] for name in _READ}

    def merged(self, change: Mapping[str, Any]) -> State:
        """This State with the fields of `change` put in their place.

        Raises
        ------
        ValueError
            If a field is unknown, out of range or of the wrong type; the sentence says which and what would work.
        """
        if not isinstance(change, Mapping):
            raise ValueError('a change of State is an object, for example {"model": "digits-mlp"}')
        unknown = [key for key in change if key not in _READ]
        if unknown:
            raise ValueError(f"the State has no field {unknown[0]!r:.40}; it has {', '.join(_READ)}")
        fields: dict[str, Any] = {}
        for key, value in change.items():
            if key == "layers":
                fields["skipped"], fields["overrides"] = _layers(value)
            elif key not in ("budget", "threshold", "compare"):  # which wait for the model
                fields[key] = _READ[key](value)
        model = fields.get("model", self.model)
        if model != self.model:
            named = {  # parts of the model before
                "skipped": (), "overrides": (), "effort": POST_TRAINING, "layer": "", "sample": 0, "threshold": None,
            }  # fmt: skip
            if _metric(model).unit != _metric(self.model).unit:
                named["budget"] = replace(self.budget, score=None)
            if self.compare == model:
                named["compare"] = self.model  # the same two, the other way round
            elif self.compare not in comparable(model):
                named["compare"] = ""
            fields = {**named, **fields}
        if "budget" in change:
            fields["budget"] = _budget(change["budget"], _metric(model))
        if "threshold" in change:
            fields["threshold"] = _threshold(change["threshold"], models.info(model))
        if "compare" in change:
            fields["compare"] = _compare(change["compare"], model)
        if fields.get("effort", self.effort) != POST_TRAINING and not models.info(model).checkpoints:
            raise ValueError(f"{model} was trained in one way only, so its effort is {POST_TRAINING}")
        return replace(self, **fields)


DEFAULT = State(recipe=(Step.of("prune", sparsity=0.5), Step.of("palettize", bits=3)))
"Where a visitor starts: strong enough that a few answers change, mild enough that it looks worth it."


def _model(value) -> str:
    if value not in models.ids():
        raise ValueError(f"there is no model {value!r:.40}; choose {', '.join(models.ids())}")
    return value


def _recipe(value) -> tuple[Step, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError('recipe is a list of steps, for example [{"technique": "prune", "sparsity": 0.5}]')
    steps = []
    for step in value:
        if not isinstance(step, Mapping) or not isinstance(step.get("technique"), str):
            raise ValueError("each step of the recipe is an object that names its technique")
        steps.append(Step.of(step["technique"], **{k: v for k, v in step.items() if k != "technique"}))
    names = [step.technique for step in steps]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"{twice} stands in the recipe twice; use each technique once")
    return tuple(steps)


def _layers(value) -> tuple[tuple[str, ...], tuple[Override, ...]]:
    """Layers kept in float, and techniques with a strength of their own in some layer."""
    if not isinstance(value, Mapping) or not all(isinstance(v, Mapping) for v in value.values()):
        raise ValueError('layers maps a layer to what is special about it, for example {"fc3": {"skip": true}}')
    skipped, overrides = [], []
    for name, special in value.items():
        for technique, params in special.items():
            if technique == "skip" and isinstance(params, bool):
                skipped += [str(name)] * params
            elif technique in TECHNIQUES and params is False:
                overrides.append((str(name), technique, None))
            elif technique in TECHNIQUES and isinstance(params, Mapping) and params:
                checked = TECHNIQUES[technique].check(params)
                overrides.append((str(name), technique, tuple((k, v) for k, v in checked.items() if k in params)))
            elif technique not in TECHNIQUES or params != {}:
                raise ValueError(
                    f"{name!r:.40} has {technique!r:.40}: {params!r:.40}; "
                    'a layer has {"skip": true} to stay in float, {"quantize": {"bits": 8}} for a strength of its own, '
                    '{"prune": false} to leave one technique out'
                )
    return tuple(sorted(skipped)), tuple(sorted(overrides, key=lambda entry: entry[:2]))


def _metric(model: str) -> Metric:
    return METRICS[models.info(model).metric]


def _budget(value, metric: Metric) -> Budget:
    if not isinstance(value, Mapping) or not set(value) <= {"bytes", "score"}:
        raise ValueError('budget has the fields bytes and score, for example {"bytes": 20000, "score": 0.95}')
    size, score = value.get("bytes"), value.get("score")
    return Budget(
        None if size is None else int(_number("budget.bytes", size, 1, 1e9)),
        None if score is None else round(_number("budget.score", score, *metric.bounds), 4),
    )


def _threshold(value, model: models.ModelInfo) -> float | None:
    """A threshold other than the model's own."""
    if value is None:
        return None
    if model.threshold is None:
        raise ValueError(f"{model.id} has no threshold: every sample goes all the way")
    value = round(_number("threshold", value, model.threshold.low, model.threshold.high), 4)
    return None if value == model.threshold.own else value


def comparable(model: str) -> tuple[str, ...]:
    """The ids of all other models that are judged by the same metric."""
    return tuple(id for id in models.ids() if id != model and _metric(id) is _metric(model))


def _compare(value, model: str) -> str:
    if value != "" and value not in comparable(model):
        choices = ", ".join(comparable(model)) or "no model"
        raise ValueError(f"{model} cannot be compared with {value!r:.40}; judged by the same metric: {choices}")
    return value


def _view(value) -> str:
    if value not in VIEWS:
        raise ValueError(f"there is no view {value!r:.40}; choose {', '.join(VIEWS)}")
    return value


def _effort(value) -> str:
    if not isinstance(value, str) or value not in EFFORTS:
        raise ValueError(f"there is no effort {value!r:.40}; choose {', '.join(EFFORTS)}")
    return value


def _layer(value) -> str:
    if not isinstance(value, str):
        raise ValueError(f'layer is {value!r:.40}; name one layer, or "" for all')
    return value


def _whole(name: str):
    def read(value) -> int:
        if _number(name, value, 0, 2**31 - 1) != int(value):
            raise ValueError(f"{name} is {value:g}; choose a whole number")
        return int(value)

    return read


def _number(name: str, value, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is {value!r:.40}, not a number; choose {low:g} to {high:g}")
    if not low <= value <= high:
        raise ValueError(f"{name} is {value:g}; choose {low:g} to {high:g}")
    return value


_READ = {
    "model": _model,
    "recipe": _recipe,
    "layers": _layers,
    "effort": _effort,
    "budget": _budget,
    "view": _view,
    "layer": _layer,
    "sample": _whole("sample"),
    "seed": _whole("seed"),
    "threshold": _threshold,
    "compare": _compare,
}
