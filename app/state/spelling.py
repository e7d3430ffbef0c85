"""How the parts of a State are spelled in a link: steps, strengths of single layers, numbers.

Each part has its text, and a way back that raises ValueError where the text cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from app.state.choices import Assignment, Override, Step
from kernels import TECHNIQUES

Layers = dict[str, dict[str, Any]]
"""What is special about single layers, as plain JSON."""


def recipe_text(recipe: tuple[Step, ...]) -> str:
    """A recipe: ``prune,sparsity:0.7;palettize,bits:4``, or ``none``."""
    return ";".join(_step_text(step) for step in recipe) or "none"


def recipe(text: str, notes: list[str]) -> list[dict[str, Any]]:
    """The steps that can be read; the others become notes."""
    steps: list[dict[str, Any]] = []
    for part in [] if text in ("none", "") else text.split(";"):
        try:
            technique, *pairs = part.split(",")
            step = Step.of(technique, **_params(technique, pairs)).to_json()
            if any(technique == other["technique"] for other in steps):
                raise ValueError(f"{technique} for the second time")
            steps.append(step)
        except ValueError as error:
            notes.append(f"Left out of the recipe in the link: {error}.")
    return steps


def kept_text(skipped: tuple[str, ...]) -> str:
    """The layers that stay in float: ``fc2,fc3``."""
    return ",".join(_name_text(name) for name in skipped)


def with_kept(text: str, layers: Layers) -> Layers:
    """`layers` with those of the text kept in float."""
    return _joined(layers, [(unquote(layer), {"skip": True}) for layer in text.split(",") if layer])


def own_text(overrides: tuple[Override, ...]) -> str:
    """Strengths of single layers: ``fc2,quantize,bits:4;fc3,prune,off``."""
    return ";".join(
        ",".join([_name_text(layer), technique, *(["off"] if params is None else [_pair(*pair) for pair in params])])
        for layer, technique, params in overrides
    )


def with_own(text: str, layers: Layers) -> Layers:
    """`layers` with the strengths of the text put in their place."""
    special = []
    for part in filter(None, text.split(";")):
        layer, technique, *pairs = (*part.split(","), "")
        off = pairs[:1] == ["off"]
        special.append((unquote(layer), {technique: False if off else _params(technique, filter(None, pairs))}))
    return _joined(layers, special)


def words_text(text: str) -> str:
    """Words as a link has them: with a plus for each space, which is shorter than the other way."""
    return quote_plus(text, safe=",:")


def task_text(task: Assignment) -> str:
    """What is asked for: ``digits-mlp,score:0.95,size:20000,changed:5``."""
    limits = (("score", task.score), ("size", task.bytes), ("changed", task.changed))
    return ",".join([_name_text(task.model), *(f"{name}:{value:.12g}" for name, value in limits if value is not None)])


def task(text: str) -> dict[str, Any] | None:
    """What is asked for, as plain JSON; what is unknown in it is for whoever reads that to say."""
    model, *pairs = text.split(",")
    named = {"size": "bytes"}
    limits = {
        named.get(name, name): number(f"task {name}", value) for name, _, value in (p.partition(":") for p in pairs)
    }
    return {"model": unquote(model), **limits}


def number(name: str, text: str) -> int | float:
    """A number; a whole one as an int."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r:.40}, not a number") from None
    return int(value) if value.is_integer() else value


def _joined(layers: Layers, special: Iterable[tuple[str, dict[str, Any]]]) -> Layers:
    for name, entries in special:
        layers = {**layers, name: {**layers.get(name, {}), **entries}}
    return layers


def _name_text(name: str) -> str:
    return quote(quote(name, safe="/"), safe="/")  # twice: a comma in a name must outlive the split


def _step_text(step: Step) -> str:
    defaults = {p.name: p.default for p in TECHNIQUES[step.technique].parameters}
    primary = TECHNIQUES[step.technique].primary.name
    return ",".join([step.technique, *(_pair(k, v) for k, v in step.params if v != defaults[k] or k == primary)])


def _pair(name: str, value: Any) -> str:
    return f"{name}:{value:.12g}" if isinstance(value, float) else f"{name}:{value}"


def _params(technique: str, pairs: Iterable[str]) -> dict[str, Any]:
    """Parameters of a technique, from ``name:value``."""
    if technique not in TECHNIQUES:
        raise ValueError(f"unknown technique {technique!r:.40}")
    known = {p.name: p for p in TECHNIQUES[technique].parameters}
    params = {}
    for pair in pairs:
        name, _, value = pair.partition(":")
        if name in known and known[name].kind == "choice":
            params[name] = next((c for c in known[name].choices if str(c) == value), value)
        else:
            params[name] = number(name, value)
    return params
