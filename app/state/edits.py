"""What a person does to a recipe: a State in, the State that is meant out. Knows no widget.

With a layer in focus (`State.layer`) a change speaks for that layer alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from app.state.choices import Step
from app.state.compression import Compression
from app.state.state import State
from kernels import TECHNIQUES

Steps = tuple[Step, ...]
C = TypeVar("C", bound=Compression)


def with_step(recipe: Steps, technique: str, **params) -> Steps:
    """The recipe with `params` of one technique set; a new step goes where the menu's order puts it.

    Raises
    ------
    ValueError
        If the technique has no such parameter or the value is out of range.
    """
    order = list(TECHNIQUES)
    for at, step in enumerate(recipe):
        if step.technique == technique:
            return (*recipe[:at], Step.of(technique, **{**dict(step.params), **params}), *recipe[at + 1 :])
    at = next((i for i, s in enumerate(recipe) if order.index(s.technique) > order.index(technique)), len(recipe))
    return (*recipe[:at], Step.of(technique, **params), *recipe[at:])


def without_step(recipe: Steps, technique: str) -> Steps:
    """The recipe without one technique."""
    return tuple(step for step in recipe if step.technique != technique)


def earlier(recipe: Steps, technique: str) -> Steps:
    """The recipe with one technique a place earlier, if there is one."""
    at = place(recipe, technique)
    return recipe if not at else (*recipe[: at - 1], recipe[at], recipe[at - 1], *recipe[at + 1 :])


def place(recipe: Steps, technique: str) -> int | None:
    """Where a technique stands in the recipe, counted from 0; None if it is off."""
    return next((at for at, step in enumerate(recipe) if step.technique == technique), None)


def numbers(recipe: Steps, shown: Sequence[str]) -> dict[str, int]:
    """The number of each step, counted from 1, where the order in which techniques are shown does not tell it."""
    ids = [step.technique for step in recipe]
    return {} if ids == sorted(ids, key=shown.index) else {id: at + 1 for at, id in enumerate(ids)}


def special(state: State) -> str:
    """Which layers are not treated like all others: ``own strength: fc1 · in float: fc3``; or ""."""
    own = dict.fromkeys(name for name, _, _ in state.overrides if name not in state.skipped)
    said = (("own strength", own), ("in float", state.skipped))
    return " · ".join(f"{words}: {', '.join(names)}" for words, names in said if names)


def in_force(state: State) -> dict[str, dict[str, Any]]:
    """The parameters of every technique that is on, in the layer in focus or else in all."""
    said = {step.technique: state.params(step, state.layer) for step in state.recipe}
    return {technique: params for technique, params in said.items() if params is not None}


def moved(state: State, technique: str, params: Mapping[str, Any], layers: Collection[str]) -> State:
    """Technique on, with these values.

    Parameters
    ----------
    params : all parameters of the technique
    layers : names of all layers: a technique that was off comes on in the layer in focus and stays off in the others

    Raises
    ------
    ValueError
        If the technique has no such parameter or a value is out of range.
    """
    at = place(state.recipe, technique)
    if not state.layer or at is None:
        on = replace(state, recipe=with_step(state.recipe, technique, **params))
        others = [name for name in layers if name != state.layer] if state.layer else []
        return with_own(on, technique, dict.fromkeys(others))
    common = dict(state.recipe[at].params)
    own = {name: value for name, value in params.items() if value != common[name]}
    return with_own(state, technique, {state.layer: own})


def switched_off(state: State, technique: str) -> State:
    """Technique off, in the layer in focus or else in all."""
    if state.layer:
        return with_own(state, technique, {state.layer: None})
    return replace(state, recipe=without_step(state.recipe, technique))


def raised(state: State, technique: str) -> State:
    """Technique a place earlier in the recipe."""
    return replace(state, recipe=earlier(state.recipe, technique))


def kept(state: State, layer: str, on: bool) -> State:
    """Layer in float, or no longer."""
    others = (name for name in state.skipped if name != layer)
    return replace(state, skipped=tuple(sorted((*others, layer) if on else others)))


def with_own(chosen: C, technique: str, own: Mapping[str, Mapping[str, Any] | None]) -> C:
    """One technique with strengths of its own in some layers: None leaves it out there, {} is as everywhere."""
    checked = {name: params and TECHNIQUES[technique].check(params) for name, params in own.items()}
    special = [
        (name, technique, params if params is None else tuple((k, v) for k, v in checked[name].items() if k in params))
        for name, params in own.items()
        if params is None or params
    ]
    others = [entry for entry in chosen.overrides if entry[1] != technique or entry[0] not in own]
    return replace(chosen, overrides=tuple(sorted((*others, *special), key=lambda entry: entry[:2])))
