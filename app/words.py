"""Short names for what was done, in the words of the registry."""

from __future__ import annotations

import traceback

from app.state import State, Step
from kernels import TECHNIQUES
from kernels.technique import Parameter


def described(state: State) -> str:
    """A State's recipe on one line, for example ``prune 70 %, palettize 3 bit``."""
    return ", ".join(_step(step) for step in state.recipe) or "nothing compressed"


def _step(step: Step) -> str:
    technique, params = TECHNIQUES[step.technique], dict(step.params)
    primary = next(p for p in technique.parameters if p.primary)
    return f"{technique.label.lower()} {shown(primary, params[primary.name])}"


def shown(parameter: Parameter, value) -> str:
    """A parameter's value with its unit: ``70 %``, ``4 bit``."""
    if parameter.unit == "%":
        return f"{100 * value:.0f} %"
    return f"{value:g} {parameter.unit}".strip() if not isinstance(value, str) else value


def in_words(error: Exception) -> str:
    """An error as a sentence. These are the last words before the screen, so our own mistakes end here too."""
    if isinstance(error, ValueError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this model in this tab; try a smaller one."
    traceback.print_exception(error)  # for whoever opens the browser's console
    kind = type(error).__name__
    return f"Something went wrong inside the playground ({kind}). Undo the last step, or reload the page."
