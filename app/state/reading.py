"""Foreign values checked, one function for each thing a person can choose.

Each takes a value from anywhere, a link, a script or a widget, and the id of the model it is meant for; it gives the
value as the State keeps it, or raises ValueError with a sentence that says what would work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.state.axes import ACROSS, UP
from app.state.choices import Assignment, Budget, Override, Step
from app.state.devices import RATES, device_of, spelled
from app.state.efforts import EFFORTS, POST_TRAINING
from app.state.preparation import Preparation, preparation_of
from app.state.views import BY, VIEWS
from kernels import TECHNIQUES
from models import model as models
from models.metrics import METRICS
from models.metrics.metric import Metric

CONTROLS = ("model", "budget", "views", "sample", "more", *TECHNIQUES)
'What a teacher may hide or lock; "views" are the tabs, "sample" all of Try it, "more" the more ways to compress.'

MANY = 150  # letters of choices that a sentence has room for
LARGEST = 1e300  # beyond it are infinity and whole numbers that are no float; NaN is on no side of it
LETTERS = {"title": 60, "text": 400, "nickname": 24}  # at most


def model(value: Any, model: str) -> str:
    return _one_of("model", value, models.ids())


def recipe(value: Any, model: str) -> tuple[Step, ...]:
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


def layers(value: Any, model: str) -> tuple[tuple[str, ...], tuple[Override, ...]]:
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


def budget(value: Any, model: str) -> Budget:
    if not isinstance(value, Mapping) or not set(value) <= {"bytes", "score"}:
        raise ValueError('budget has the fields bytes and score, for example {"bytes": 20000, "score": 0.95}')
    size, score = value.get("bytes"), value.get("score")
    return Budget(
        None if size is None else int(number("budget.bytes", size, 1, 1e9)),
        None if score is None else round(number("budget.score", score, *metric(model).bounds), 4),
    )


def threshold(value: Any, model: str) -> float | None:
    """A threshold other than the model's own."""
    if value is None:
        return None
    declared = models.info(model).threshold
    if declared is None:
        raise ValueError(f"{model} has no threshold: every sample goes all the way")
    value = round(number("threshold", value, declared.low, declared.high), 4)
    return None if value == declared.own else value


def effort(value: Any, model: str) -> str:
    _one_of("effort", value, tuple(EFFORTS))
    if value != POST_TRAINING and not models.info(model).checkpoints:
        raise ValueError(f"{model} was trained in one way only, so its effort is {POST_TRAINING}")
    return value


def prepare(value: Any, model: str) -> Preparation:
    """How a model is fed; to be fed in another way it is opened anew, for then it is another model."""
    chosen = preparation_of(value)
    if chosen != prepared(model):
        said = prepared(model).text or "as usual"
        raise ValueError(f"{model} is fed so: {said:.80}; to change that, open its files anew with another prepare")
    return chosen


def prepared(model: str) -> Preparation:
    """How a model that is here is fed."""
    return preparation_of(models.info(model).prepare)


def view(value: Any, model: str) -> str:
    return _one_of("view", value, VIEWS)


def by(value: Any, model: str) -> str:
    return _one_of("way to look", value, BY)


def device(value: Any, model: str) -> str:
    """A device and the numbers that are changed in it, in one spelling."""
    if not isinstance(value, str):
        raise ValueError(f'device is {value!r:.40}; name one, for example "phone" or "phone,floats:60"')
    return spelled(device_of(value))


def rate(value: Any, model: str) -> str:
    return _one_of("rate", value, tuple(RATES))


def weight(value: Any, model: str) -> str:
    """A layer and a place in its weight; whether there is such a place is found out where it is shown."""
    layer, colon, place = value.rpartition(":") if isinstance(value, str) else ("", "", "")
    if value != "" and not (layer and colon and place.isascii() and place.isdigit() and len(place) < 10):
        raise ValueError(f'weight is {value!r:.40}; name a layer and a place, for example "fc1:123", or "" for none')
    return value if value == "" else f"{layer}:{int(place)}"


def layer(value: Any, model: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f'layer is {value!r:.40}; name one layer, or "" for all')
    return value


def sample(value: Any, model: str) -> int:
    return whole("sample", value)


def seed(value: Any, model: str) -> int:
    return whole("seed", value)


def compare(value: Any, model: str) -> str:
    if value != "" and value not in comparable(model):
        choices = _listed(comparable(model)) or "no model"
        raise ValueError(f"{model} cannot be compared with {value!r:.40}; judged by the same metric: {choices}")
    return value


def x(value: Any, model: str) -> str:
    return _one_of("axis", value, ACROSS)


def y(value: Any, model: str) -> str:
    return _one_of("axis", value, UP)


def lesson(value: Any, model: str) -> str:
    """The id of a lesson; whether there is one is for `app.lessons` to say."""
    if not isinstance(value, str):
        raise ValueError(f'lesson is {value!r:.40}; name one lesson, or "" for none')
    return value


def stop(value: Any, model: str) -> int:
    """The number of a stop; whether the lesson has so many is for `app.lessons` to say."""
    return whole("stop", value, low=1)


def guess(value: Any, model: str) -> float | None:
    """What was predicted at a stop, in the unit of its question."""
    return None if value is None else round(number("guess", value, -1e6, 1e6), 4)


def title(value: Any, model: str) -> str:
    return line("title", value, LETTERS["title"])


def text(value: Any, model: str) -> str:
    return line("text", value, LETTERS["text"])


def who(value: Any, model: str) -> str:
    return line("nickname", value, LETTERS["nickname"])


def task(value: Any, model: str) -> Assignment | None:
    """What is asked for, of the model that it names or else of the one it is meant for."""
    if value is None:
        return None
    limits = ("score", "bytes", "changed")
    if not isinstance(value, Mapping) or not set(value) <= {"model", *limits} or not set(value) & set(limits):
        raise ValueError(
            'task has a score, bytes or changed, for example {"score": 0.95, "bytes": 20000, "changed": 5}'
        )
    of = _one_of("model", value.get("model", model), models.ids())
    score, size, changed = (value.get(name) for name in limits)
    return Assignment(
        of,
        None if score is None else round(number("task.score", score, *metric(of).bounds), 4),
        None if size is None else whole("task.bytes", size, low=1),
        None if changed is None else whole("task.changed", changed),
    )


def controls(value: Any, model: str) -> tuple[str, ...]:
    """Controls by name, each once, in the order of the page."""
    if not isinstance(value, list | tuple):
        raise ValueError('controls are a list of names, for example ["model", "prune"]')
    named = {_one_of("control", name, CONTROLS) for name in value}
    return tuple(name for name in CONTROLS if name in named)


def class_seed(value: Any, model: str) -> int | None:
    return None if value is None else whole("class_seed", value)


def comparable(model: str) -> tuple[str, ...]:
    """The ids of all other models that are judged by the same metric."""
    return tuple(id for id in models.ids() if id != model and metric(id) is metric(model))


def metric(model: str) -> Metric:
    """What a model is judged by."""
    return METRICS[models.info(model).metric]


def number(name: str, value: Any, low: float, high: float) -> float:
    """A finite number between two others."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST:
        raise ValueError(f"{name} is {value!r:.40}, not a number; choose {low:g} to {high:g}")
    if not low <= value <= high:
        raise ValueError(f"{name} is {value:g}; choose {low:g} to {high:g}")
    return value


def whole(name: str, value: Any, low: int = 0) -> int:
    """A whole number that 32 bits hold."""
    if number(name, value, low, 2**31 - 1) != int(value):
        raise ValueError(f"{name} is {value:g}; choose a whole number")
    return int(value)


def line(name: str, value: Any, most: int) -> str:
    """A text on one line, without what cannot be written."""
    if not isinstance(value, str):
        raise ValueError(f"a {name} is text, not {value!r:.40}")
    kept = "".join(it for it in value if it.isspace() or (it >= " " and not "\ud800" <= it <= "\udfff"))
    kept = " ".join(kept.split())
    if len(kept) > most:
        raise ValueError(f"a {name} has at most {most} letters; this one has {len(kept)}")
    return kept


def _one_of(kind: str, value: Any, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ValueError(f"there is no {kind} {value!r:.40}; choose {_listed(choices)}")
    return value


def _listed(choices: tuple[str, ...]) -> str:
    """Choices in a sentence: of many the first."""
    listed = ", ".join(choices)
    if len(listed) <= MANY:
        return listed
    return f"one of {len(choices)}, {listed[: listed.rindex(', ', 0, MANY)]} and so on"
