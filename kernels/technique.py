"""The values every technique shares: a weight as it stands, how it is stored, what a person can choose.

A recipe is a list of techniques. Each takes the weights of the whole network as the step before left them and
returns them anew, so a later step sees what an earlier one decided (its mask, its table) and keeps it.
What an encoding costs in a file is not known here: that is `app.graph`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


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
    primary : the slider that is always in sight; every technique has exactly one
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
    only_when: tuple[str, tuple] | None = None

    def check(self, value):
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
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
            raise ValueError(f"{self.name} is {_shown(value)}, not a number; {span}")
        if self.kind == "int" and value != int(value):
            raise ValueError(f"{self.name} is {value:g}, not a whole number; {span}")
        if not self.low <= value <= self.high:
            raise ValueError(f"{self.name} is {value:g}; {span}")
        return int(value) if self.kind == "int" else round(float(value), 6)


@dataclass(frozen=True, eq=False)
class Float:
    """Stored as floating point numbers of 32 or 16 bits."""

    bits: int = 32


@dataclass(frozen=True, eq=False)
class Affine:
    """Stored as integers: ``value = scale * (code - zero_point)``.

    codes : int16, shape of the weight; symmetric: -(2**(bits-1) - 1) to 2**(bits-1) - 1, else 0 to 2**bits - 1
    scale : float32, positive, one number per block: shape of the weight divided by `block_shape`, axis by axis
    zero_point : int16, shape of `scale`; all zeros when `symmetric`
    block_shape : one int per axis of the weight
    """

    codes: np.ndarray
    scale: np.ndarray
    zero_point: np.ndarray
    bits: int
    symmetric: bool
    block_shape: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Palette:
    """Stored as indices into a look-up table: ``value[o, ...] = lut[o // group_size, indices[o, ...]]``.

    indices : uint8, shape of the weight
    lut : float32, shape (groups, at most 2**bits), ascending; groups = ceil(C_out / group_size)
    bits : int, of one index
    group_size : int, output channels that share a table; C_out for one table per tensor
    lut_form : None for a float32 table, `Float(16)`, or `Affine` with codes of the shape of `lut` (block = one group)
    """

    indices: np.ndarray
    lut: np.ndarray
    bits: int
    group_size: int
    lut_form: Float | Affine | None = None


@dataclass(frozen=True, eq=False)
class Weight:
    """One layer's weight as it stands in a recipe.

    name : the layer's name, for messages and reports
    values : float32, shape (C_out, C_in, *K), finite: exactly what the stored form decodes to
    form : how the values are stored
    mask : bool, shape of `values`, True = kept; None if never pruned. ``values`` is 0 wherever the mask is False
    kept_out, kept_in : int64 indices of the original output and input channels still there; None = all.
        For a Gemm after a Flatten `kept_in` counts the columns of the original matrix.
    notes : sentences for the layer table
    """

    name: str
    values: np.ndarray
    form: Float | Affine | Palette = field(default_factory=Float)
    mask: np.ndarray | None = None
    kept_out: np.ndarray | None = None
    kept_in: np.ndarray | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Coupling:
    """Channels that must go together when they go at all.

    producers : names of the weights whose output channels these are
    consumers : (name, spread) of the weights that read them; each channel is `spread` neighbouring input columns
        (1 for Gemm after Gemm and Conv after Conv, H * W for a Gemm after Flatten)
    """

    producers: tuple[str, ...]
    consumers: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Skipped:
    """The technique does not apply to this weight; `reason` is a sentence for the layer table."""

    reason: str


@dataclass(frozen=True)
class Technique:
    """One way to compress.

    apply : ``apply(weights, params, *, couplings, seed) -> sequence of Weight or Skipped``, one for each weight given,
        in order. `params` holds a checked value for every declared parameter. What chance there is comes from `seed`.
    """

    id: str
    label: str
    summary: str
    parameters: tuple[Parameter, ...]
    apply: Callable[..., Sequence[Weight | Skipped]]
    source: str

    def check(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Every declared parameter with a canonical value, defaults filled in; ValueError on an unknown or bad one."""
        known = {p.name: p for p in self.parameters}
        for name in params:
            if name not in known:
                raise ValueError(f"{self.id} has no parameter {_shown(name)}; it has {_listed(known)}")
        try:
            return {name: p.check(params.get(name, p.default)) for name, p in known.items()}
        except ValueError as error:
            raise ValueError(f"{self.id}: {error}") from None


def _shown(value) -> str:
    """A foreign value, short enough for a sentence."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def _listed(values) -> str:
    *head, last = [str(v) for v in values]
    return f"{', '.join(head)} or {last}" if head else last
