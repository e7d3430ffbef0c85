"""The fields of a State as one table: the contract of the link, of `playground.set` and of an embedding page.

A new field is a row here, and an attribute with its default in `State`, or in `Compression` if it decides the bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from app.state import reading, spelling
from app.state.choices import Budget
from app.state.preparation import Preparation, parsed

State = Any
"""`app.state.state.State`, which reads this table; the imports run from there to here."""


@dataclass(frozen=True)
class Spelled:
    """One part of a link.

    key : its name there
    text : what it says of a State, quoted; "" for nothing
    value : the text, unquoted, the State read so far and a list for notes -> the field's value as `Field.read` takes
        it. Raises ValueError.
    """

    key: str
    text: Callable[[State], str]
    value: Callable[[str, State, list[str]], Any]


@dataclass(frozen=True)
class Field:
    """One thing a person can choose.

    name : in JSON and in a change of State
    attributes : where a State keeps it
    taken : a foreign value and the id of the model it is meant for -> attributes of a State. Raises ValueError.
    json : State -> plain JSON
    link : its parts of the link
    elsewhere : the State and the id of another model -> the attributes that are other with that
    of_model : the value is read only when the change has been seen to name a model and to be right otherwise
    looks : it says what is looked at, which is in the link but is no step that Back takes
    """

    name: str
    attributes: tuple[str, ...]
    taken: Callable[[Any, str], dict[str, Any]]
    json: Callable[[State], Any]
    link: tuple[Spelled, ...]
    elsewhere: Callable[[State, str], dict[str, Any]]
    of_model: bool = False
    looks: bool = False


def _kept(state: State, model: str) -> dict[str, Any]:
    return {}


def _reset(*attributes: str) -> Callable[[State, str], dict[str, Any]]:
    """What names a part of one model, or is counted in it, is as by default with another."""
    return lambda state, model: {name: getattr(type(state), name) for name in attributes}


def _one(
    name: str, read: Callable[[Any, str], Any], *link: Spelled,
    json: Callable[[Any], Any] = lambda value: value,
    elsewhere: Callable[[State, str], dict[str, Any]] = _kept, of_model: bool = False, looks: bool = False,
) -> Field:  # fmt: skip
    """A field that the State keeps in one attribute of the same name."""
    return Field(
        name, (name,), lambda value, model: {name: read(value, model)}, lambda state: json(getattr(state, name)),
        link, elsewhere, of_model, looks,
    )  # fmt: skip


def _word(key: str) -> Spelled:
    return Spelled(key, lambda state: quote(getattr(state, key)), lambda text, state, notes: text)


def _whole(key: str) -> Spelled:
    return Spelled(key, lambda state: str(getattr(state, key)), lambda text, state, notes: spelling.number(key, text))


def _words(key: str) -> Spelled:
    return Spelled(
        key, lambda state: spelling.words_text(getattr(state, key)), lambda text, state, notes: text,
    )  # fmt: skip


def _names(key: str, name: str) -> Spelled:
    return Spelled(
        key, lambda state: ",".join(getattr(state, name)), lambda text, state, notes: [*filter(None, text.split(","))],
    )  # fmt: skip


def _limit(key: str, name: str) -> Spelled:
    """One of the limits of the budget; the other stays."""

    def text(state: State) -> str:
        value = getattr(state.budget, name)
        return "" if value is None else f"{value:.12g}"

    return Spelled(key, text, lambda text, state, notes: {**state.budget.to_json(), name: spelling.number(key, text)})


def _layers_taken(value: Any, model: str) -> dict[str, Any]:
    return dict(zip(("skipped", "overrides"), reading.layers(value, model), strict=True))


def _budget_elsewhere(state: State, model: str) -> dict[str, Any]:
    """A limit of the score means something only in the same unit."""
    same = reading.metric(model).unit == reading.metric(state.model).unit
    return {} if same else {"budget": replace(state.budget, score=None)}


def _compare_elsewhere(state: State, model: str) -> dict[str, Any]:
    if state.compare == model:
        return {"compare": state.model}  # the same two, the other way round
    return {} if state.compare in reading.comparable(model) else {"compare": ""}


FIELDS = {
    field.name: field
    for field in (
        _one("model", reading.model, _word("model")),
        _one(
            "recipe", reading.recipe,
            Spelled("recipe", lambda state: spelling.recipe_text(state.recipe),
                    lambda text, state, notes: spelling.recipe(text, notes)),
            json=lambda recipe: [step.to_json() for step in recipe],
        ),
        Field(
            "layers", ("skipped", "overrides"), _layers_taken, lambda state: state.layers,
            (
                Spelled("keep", lambda state: spelling.kept_text(state.skipped),
                        lambda text, state, notes: spelling.with_kept(text, state.layers)),
                Spelled("own", lambda state: spelling.own_text(state.overrides),
                        lambda text, state, notes: spelling.with_own(text, state.layers)),
            ),
            _reset("skipped", "overrides"),
        ),
        _one(
            "budget", reading.budget, _limit("size", "bytes"), _limit("score", "score"),
            json=Budget.to_json, elsewhere=_budget_elsewhere, of_model=True,
        ),
        _one(
            "threshold", reading.threshold,
            Spelled("threshold", lambda state: "" if state.threshold is None else f"{state.threshold:g}",
                    lambda text, state, notes: spelling.number("threshold", text)),
            elsewhere=_reset("threshold"), of_model=True,
        ),
        _one(
            "prepare", reading.prepare,
            Spelled("prepare", lambda state: state.prepare.text, lambda text, state, notes: parsed(text)),
            json=Preparation.to_json, elsewhere=lambda state, model: {"prepare": reading.prepared(model)},
            of_model=True,
        ),
        _one("effort", reading.effort, _word("effort"), elsewhere=_reset("effort"), of_model=True),
        _one("view", reading.view, _word("view"), looks=True),
        _one("layer", reading.layer, _word("layer"), elsewhere=_reset("layer"), looks=True),
        _one("sample", reading.sample, _whole("sample"), elsewhere=_reset("sample"), looks=True),
        _one("by", reading.by, _word("by"), looks=True),
        _one(
            "device", reading.device,
            Spelled("device", lambda state: quote(state.device, safe=",:"), lambda text, state, notes: text),
            looks=True,
        ),
        _one("rate", reading.rate, _word("rate"), looks=True),
        _one("weight", reading.weight, _word("weight"), elsewhere=_reset("weight"), looks=True),
        _one("seed", reading.seed, _whole("seed")),
        _one("compare", reading.compare, _word("compare"), elsewhere=_compare_elsewhere, of_model=True),
        _one("x", reading.x, _word("x"), looks=True),
        _one("y", reading.y, _word("y"), looks=True),
        _one("lesson", reading.lesson, _word("lesson")),
        _one("stop", reading.stop, _whole("stop")),
        _one(
            "guess", reading.guess,
            Spelled("guess", lambda state: "" if state.guess is None else f"{state.guess:.12g}",
                    lambda text, state, notes: spelling.number("guess", text)),
        ),
        _one("title", reading.title, _words("title")),
        _one("text", reading.text, _words("text")),
        _one(
            "task", reading.task,
            Spelled("task", lambda state: spelling.task_text(state.task) if state.task else "",
                    lambda text, state, notes: spelling.task(text)),
            json=lambda task: task and task.to_json(),
        ),
        _one("hidden", reading.controls, _names("hide", "hidden"), json=list),
        _one("locked", reading.controls, _names("lock", "locked"), json=list),
        _one("who", reading.who, _words("who")),
        _one(
            "class_seed", reading.class_seed,
            Spelled("variation", lambda state: "" if state.class_seed is None else str(state.class_seed),
                    lambda text, state, notes: spelling.number("variation", text)),
        ),
    )
}  # fmt: skip
"In the order of a link; a test holds that it names each attribute of a State once."

LINKED = {spelled.key: (field, spelled) for field in FIELDS.values() for spelled in field.link}
"The parts of a link, by their keys, in their order there."

STEPS = tuple(name for field in FIELDS.values() if not field.looks for name in field.attributes)
"The attributes of a State whose change is a step that Back takes."
