"""What a technique declares: its parameters, and what it does to the weights of a network.

A recipe is a list of techniques. Each takes the weights of the whole network as the step before left them and
returns them anew, so a later step sees what an earlier one decided (its mask, its table) and keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kernels.channel_group import ChannelGroup
from kernels.weight import Weight

LARGEST = 1e300  # beyond it are infinity and whole numbers that are no float; NaN is on no side of it


@dataclass(frozen=True)
class Parameter:
    """One thing a person can choose about a technique: its widget, its limits and its spelling in the link.

    Parameters
    ----------
    name : str
        Key in the State, for example ``"bits"``.
    kind : {"int", "float", "choice"}
    default : value of that kind, or one of `choices`
    low, high, step : numbers, both ends included; for "int" and "float" only
    choices : allowed values, in menu order; for "choice" only
    labels : what the page calls each choice, one per entry of `choices`
    label, unit, help : words for the page; the unit "%" means that a share of 0 to 1 is shown in percent
    primary : the slider, or menu, that is always in sight; every technique has exactly one
    heads : it means something only where the network has attention heads
    only_when : ``(other parameter, values)``: shown only while the other parameter has one of these values
    """

    name: str
    kind: str
    default: Any
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple = ()
    labels: tuple[str, ...] = ()
    label: str = ""
    unit: str = ""
    help: str = ""
    primary: bool = False
    heads: bool = False
    only_when: tuple[str, tuple] | None = None

    def check(self, value: Any) -> Any:
        """The value in its canonical Python type.

        Raises
        ------
        ValueError
            What is wrong, what came and what would work.
        """
        if self.kind == "choice":
            if isinstance(value, str | int | float) and not isinstance(value, bool) and value in self.choices:
                return self.choices[self.choices.index(value)]
            raise ValueError(f"{self.name} is {_shown(value)}; choose {_listed(self.choices)}")
        span = f"choose {self.low:g} to {self.high:g}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST:
            raise ValueError(f"{self.name} is {_shown(value)}, not a number; {span}")
        if self.kind == "int" and value != int(value):
            raise ValueError(f"{self.name} is {value:g}, not a whole number; {span}")
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.name} is {value:g}; {span}")
        return int(value) if self.kind == "int" else round(float(value), 6)


@dataclass(frozen=True)
class Skipped:
    """The technique does not apply to this weight; `reason` is a sentence for the layer table."""

    reason: str


@dataclass(frozen=True, eq=False)
class Setting:
    """What a technique may know besides the weights.

    channel_groups : which channels must go together
    originals : every layer's weight before the recipe, by name; also of layers that the recipe leaves alone
    seed : where all chance comes from
    """

    channel_groups: tuple[ChannelGroup, ...] = ()
    originals: Mapping[str, Weight] = field(default_factory=dict)
    seed: int = 0


def wanted(technique: Technique, name: str, params: Mapping[str, Any]) -> bool:
    """Whether a parameter means something beside the values of the others, and those it hangs on do too."""
    parameter = next(p for p in technique.parameters if p.name == name)
    if parameter.only_when is None:
        return True
    other, values = parameter.only_when
    return params[other] in values and wanted(technique, other, params)


Outcome = Sequence[Weight | Skipped]
"""What became of the weights given to a technique, one for each, in order."""


@dataclass(frozen=True)
class Technique:
    """One way to compress.

    apply : ``apply(weights, params, setting) -> Outcome``. `params` has one entry for each weight, a mapping with a
        checked value for every declared parameter: layers may have strengths of their own. A technique that needs
        calibration samples, or long, is a generator: it yields `Inputs` and `Progress`, is sent the answers, and
        returns the Outcome. Whoever drives it may close it at any yield. Raises ValueError, which names the weight, if
        one is not finite or has no rows and columns: see `kernels.storage.encoding.require_finite`.
    whole : it takes layers that are factorized as they are; any other works on their parts, see `kernels.step`
    wins : what it is used for, "smaller", "faster", or "free": it costs nothing where the network runs
    alone : whether with these parameters it looks at a weight alone, neither at what it reads nor at what it makes
    """

    id: str
    label: str
    summary: str
    parameters: tuple[Parameter, ...]
    apply: Callable[[Sequence[Weight], Sequence[Mapping[str, Any]], Setting], Outcome | Generator[Any, Any, Outcome]]
    source: str
    whole: bool = False
    wins: tuple[str, ...] = ()
    alone: Callable[[Mapping[str, Any]], bool] = lambda params: False

    @property
    def primary(self) -> Parameter:
        """The parameter that is always in sight."""
        return next(parameter for parameter in self.parameters if parameter.primary)

    def check(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Every declared parameter with a canonical value, defaults filled in.

        Raises
        ------
        ValueError
            If a name is unknown or a value is none that its parameter takes; it names the technique.
        """
        known = {p.name: p for p in self.parameters}
        for name in params:
            if name not in known:
                raise ValueError(f"{self.id} has no parameter {_shown(name)}; it has {_listed(known)}")
        try:
            return {name: p.check(params.get(name, p.default)) for name, p in known.items()}
        except ValueError as error:
            raise ValueError(f"{self.id}: {error}") from None


def _shown(value: Any) -> str:
    """A foreign value, short enough for a sentence."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _listed(values: Iterable[Any]) -> str:
    *head, last = [str(v) for v in values]
    return f"{', '.join(head)} or {last}" if head else last
