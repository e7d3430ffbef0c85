"""Inputs that a person makes: one file a kind, each ending in its `INPUT`; see `app.tasks.inputs.input`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.results.attempt import Attempt
from app.tasks.inputs import drawn, measured, noise, perturbed, point, spot, word
from app.tasks.inputs.input import Input
from models.model import ModelInfo

INPUTS: dict[str, Input] = {
    module.INPUT.id: module.INPUT for module in (drawn, point, spot, noise, word, measured, perturbed)
}


def inputs_of(model: ModelInfo) -> list[Input]:
    """The inputs that a model takes, the one to begin with first."""
    return [each for each in INPUTS.values() if each.fits(model)]


def attempt_of(model: ModelInfo, change: Mapping[str, Any], before: Attempt | None = None) -> Attempt:
    """What is tried after a change, which may name another kind of input as ``input``. Raises ValueError.

    What was moved before stays as it is; with another model, or another kind of input, all is as it is at first.
    """
    offered = [each.id for each in inputs_of(model)]
    goes_on = before is not None and before.model == model.id
    kind = change.get("input", before.input if goes_on else offered[0])
    if kind not in offered:
        raise ValueError(f"{model.id} takes no input {kind!r:.40}; choose {' or '.join(offered)}")
    moved = {name: value for name, value in change.items() if name != "input"}
    kept = before.values if goes_on and before.input == kind and moved else {}
    return Attempt(model.id, kind, {**kept, **moved})
