"""Short names for what was done, in the words of the registry."""

from __future__ import annotations

from app.state.checkpoint import Target, target_of
from app.state.choices import Step
from app.state.efforts import EFFORTS, POST_TRAINING
from app.state.state import State
from kernels import TECHNIQUES
from kernels.technique import Parameter
from models import model as models


def described(state: State) -> str:
    """A State's recipe on one line, for example ``prune 70 %, palettize 3 bit``."""
    steps = [_step(step) for step in state.recipe]
    trained = [EFFORTS[state.effort].name] if target_of(state) else []
    recipe = ", ".join(steps + trained) or "nothing compressed"
    return recipe if state.threshold is None else f"{recipe}, threshold {state.threshold:g}"


def beginning(state: State) -> tuple[str, ...]:
    """A sentence on the weights that the recipe begins with, if they are others than one may expect."""
    effort, begun = EFFORTS[state.effort].name, target_of(state)
    if begun and not any(Target.of(begun).distance(step) == 0 for step in state.recipe):
        return (f"The recipe begins with {effort} weights for {_target(begun)}.",)
    if begun or state.effort == POST_TRAINING or not state.recipe:
        return ()
    *others, last = map(_target, models.info(state.model).checkpoints)
    return (
        f"There are no {effort} weights for this recipe, so it begins with the original ones. There are some for "
        f"{', '.join(others)} and {last}, with the other options as they come.",
    )


def _target(name: str) -> str:
    target = Target.of(name)
    primary = TECHNIQUES[target.technique].primary.name
    return _step(Step.of(target.technique, **{primary: target.strength}))


def _step(step: Step) -> str:
    technique, params = TECHNIQUES[step.technique], dict(step.params)
    primary = technique.primary
    return f"{technique.label.lower()} {shown(primary, params[primary.name])}"


def shown(parameter: Parameter, value) -> str:
    """A parameter's value with its unit: ``70 %``, ``4 bit``."""
    if parameter.unit == "%":
        return f"{100 * value:.0f} %"
    return f"{value:g} {parameter.unit}".strip() if not isinstance(value, str) else value
