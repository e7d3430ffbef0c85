"""A slider and the strengths that its curve is made of: one number of a recipe, with all else as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

import numpy as np

from app.state.choices import Step
from app.state.compression import Compression
from app.state.edits import with_own, with_step
from app.state.wording import shown
from kernels import TECHNIQUES
from kernels.technique import Parameter

EVEN = 15  # strengths at most that lie evenly on the slider; with the one it stands at, 16
C = TypeVar("C", bound=Compression)


@dataclass(frozen=True)
class Slider:
    """A number that a technique has in all layers, or in the one called `layer`.

    Raises
    ------
    ValueError
        If there is no such technique or parameter, or the parameter is no number.
    """

    technique: str
    parameter: str
    layer: str = ""

    def __post_init__(self):
        declared = {p.name: p for p in TECHNIQUES[Step.of(self.technique).technique].parameters if _is_number(p)}
        if self.parameter not in tuple(declared):
            choices = ", ".join(declared) or "none"
            raise ValueError(f"{self.technique} has no slider {self.parameter!r:.40}; its sliders: {choices}")

    @property
    def declared(self) -> Parameter:
        """What the technique says of it."""
        return next(p for p in TECHNIQUES[self.technique].parameters if p.name == self.parameter)

    def value(self, chosen: Compression) -> int | float | None:
        """Where it stands; None if its technique is not applied there."""
        for step in chosen.recipe:
            if step.technique == self.technique:
                params = chosen.params(step, self.layer)
                return None if params is None else params[self.parameter]
        return None

    def at(self, chosen: C, value: float) -> C:
        """The same choice with the slider moved; a technique that was off is on."""
        if not self.layer:
            return replace(chosen, recipe=with_step(chosen.recipe, self.technique, **{self.parameter: value}))
        step = next(step for step in chosen.recipe if step.technique == self.technique)
        value, common = self.declared.check(value), dict(step.params)
        params = {**chosen.params(step, self.layer), self.parameter: value}
        own = {name: each for name, each in params.items() if each != common[name]}
        return with_own(chosen, self.technique, {self.layer: own})

    def even(self) -> tuple[int | float, ...]:
        """Strengths that lie evenly on it, each in a step that it can take, the lowest first."""
        return _even(self.technique, self.parameter)

    def strengths(self, chosen: Compression) -> tuple[int | float, ...]:
        """The even ones and the one it stands at, the lowest first."""
        value = self.value(chosen)
        return tuple(sorted({*self.even(), *(() if value is None else (value,))}))

    def every(self) -> tuple[int | float, ...]:
        """Each strength that it can take, the lowest first."""
        declared, step = self.declared, self.declared.step or 1
        return tuple(declared.check(declared.low + step * at) for at in range(self.steps(declared.high) + 1))

    def steps(self, value: float) -> int:
        """How many steps from the low end a strength stands."""
        return round((value - self.declared.low) / (self.declared.step or 1))

    def written(self, value: float) -> str:
        """A strength in words: ``70 %``."""
        return shown(self.declared, value)


def coarse_first(values: tuple[float, ...]) -> list[float]:
    """The same values, so that the first few span them all: ends, middle, quarters and so on.

    Examples
    --------
    >>> coarse_first((0, 1, 2, 3, 4, 5, 6, 7))
    [0, 7, 3, 1, 5, 2, 4, 6]
    """
    order, spans = dict.fromkeys((*values[:1], *values[-1:])), [values]
    while spans:
        halves = []
        for span in spans:
            if len(span) > 2:
                middle = (len(span) - 1) // 2
                order[span[middle]] = None
                halves += [span[: middle + 1], span[middle:]]
        spans = halves
    return list(order)


def first(chosen: Compression) -> Slider | None:
    """The slider that is in hand before one has been touched: that of the first step that has one."""
    for step in chosen.recipe:
        primary = TECHNIQUES[step.technique].primary
        if _is_number(primary):
            return Slider(step.technique, primary.name)
    return None


def in_hand(slider: Slider | None, before: Compression, after: Compression) -> Slider | None:
    """The slider in hand after a change: the one that moved, else the one before, if its technique is still there."""
    if before.model == after.model:
        if before.recipe == after.recipe and before.overrides == after.overrides:
            return slider
        for layer in ("", *dict.fromkeys(name for name, _, _ in after.overrides)):
            for step in after.recipe:
                if moved := _moved(step, layer, before, after):
                    return moved
    elif slider is not None:
        slider = replace(slider, layer="")
    return slider if slider is not None and slider.value(after) is not None else first(after)


def _moved(step: Step, layer: str, before: Compression, after: Compression) -> Slider | None:
    """The slider of a step that stands elsewhere than before; of a step that is new, its primary one."""
    for parameter in TECHNIQUES[step.technique].parameters:
        if _is_number(parameter):
            slider = Slider(step.technique, parameter.name, layer)
            was, now = slider.value(before), slider.value(after)
            if now is not None and now != was and (was is not None or parameter.primary):
                return slider
    return None


@cache
def _even(technique: str, parameter: str) -> tuple[int | float, ...]:
    every = Slider(technique, parameter).every()
    steps = len(every) - 1
    taken = range(steps + 1) if steps <= EVEN else np.linspace(0, steps, EVEN).round()
    return tuple(every[int(at)] for at in taken)


def _is_number(parameter: Parameter) -> bool:
    return parameter.kind != "choice"
