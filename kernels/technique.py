"""The values every technique shares: a weight as it stands, how it is stored, what a person can choose.

A recipe is a list of techniques. Each takes the weights of the whole network as the step before left them and
returns them anew, so a later step sees what an earlier one decided (its mask, its table) and keeps it.
What an encoding costs in a file is not known here: that is for `app.network` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

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
    primary : the slider, or menu, that is always in sight; every technique has exactly one
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
    """Stored as floating point numbers.

    bits : 32 or 16
    kind : "float" as in IEEE 754, or "bfloat": 16 bits with the exponent of 32
    """

    bits: int = 32
    kind: str = "float"


@dataclass(frozen=True, eq=False)
class Affine:
    """Stored as integers: ``value = scale * (code - zero_point)``.

    codes : int16, shape of the weight; symmetric: -(2**(bits-1) - 1) to 2**(bits-1) - 1, else 0 to 2**bits - 1
    scale : float32, positive, one number per block: shape of the weight divided by `block_shape`, axis by axis
    zero_point : shape of `scale`; int16, all zeros when `symmetric`; or float32, and then 0 is no point of the grid and
        ``value = scale * code - scale * zero_point``, each product rounded to float32
    bits : 1 to 8, or 16 when `symmetric`
    block_shape : one int per axis of the weight
    scale_form : None for float32 scales, `Float(16)`, or `Affine` with codes of the shape of `scale`
    """

    codes: np.ndarray
    scale: np.ndarray
    zero_point: np.ndarray
    bits: int
    symmetric: bool
    block_shape: tuple[int, ...]
    scale_form: Float | Affine | None = None


@dataclass(frozen=True, eq=False)
class Float8:
    """Stored as floating point numbers of 8 bits (fp8 e4m3fn) with scales: ``value = scale * number``.

    codes : uint8, shape of the weight: the bits of the numbers, see `kernels.storage.floats`
    scale, block_shape, scale_form : as those of `Affine`
    """

    codes: np.ndarray
    scale: np.ndarray
    block_shape: tuple[int, ...]
    scale_form: Float | Affine | None = None
    bits: int = 8


@dataclass(frozen=True, eq=False)
class Palette:
    """Stored as indices into a look-up table: ``value[o, ...] = lut[o // group_size, indices[o, ...]]``.

    The entries may be vectors: `cluster_dim` neighbouring output channels then share one index, the last vector may
    stick out over them, and what is pruned is told by the mask alone.

    indices : uint8, shape of the weight; of vectors (ceil(C_out / cluster_dim), C_in, *K)
    lut : float32, shape (groups, at most 2**bits), ascending; groups = ceil(C_out / group_size); of vectors
        (groups, at most 2**bits, cluster_dim)
    bits : int, of one index
    group_size : int, output channels that share a table; C_out for one table per tensor
    lut_form : None for a float32 table, `Float(16)`, or `Affine` with codes of the shape of `lut` (block = one group)
    scale : float32, positive, shape (C_out,): values are multiplied by that of their channel once looked up; None: not
    """

    indices: np.ndarray
    lut: np.ndarray
    bits: int
    group_size: int
    lut_form: Float | Affine | None = None
    scale: np.ndarray | None = None

    @property
    def cluster_dim(self) -> int:
        return 1 if self.lut.ndim == 2 else self.lut.shape[2]


@dataclass(frozen=True, eq=False)
class LowRank:
    """Stored as two layers, one after the other, each in a form of its own: ``value = outer @ inner``, as matrices.

    inner : Weight, values (rank, C_in, *K), reads what the layer reads; called after the layer, with ".inner" behind.
        It knows nothing of channels that are gone: `kept_in` and `kept_out` are the whole weight's
    outer : Weight, values (C_out, rank, 1, ...), makes what the layer makes, with its bias; ".outer"
    """

    inner: Weight
    outer: Weight

    @property
    def bits(self) -> int:
        return max(self.inner.form.bits, self.outer.form.bits)


@dataclass(frozen=True, eq=False)
class Activation:
    """What a layer reads is rounded to integers: ``input = scale * (code - zero_point)``, codes 0 to 2**bits - 1.

    scale, zero_point : float32 and int, one for the whole tensor; None: from the least and greatest input of each run
    out_scale, out_zero_point : the 8-bit grid for what a convolution puts out, if that may be rounded as well
    """

    bits: int = 8
    scale: np.float32 | None = None
    zero_point: int | None = None
    out_scale: np.float32 | None = None
    out_zero_point: int | None = None


@dataclass(frozen=True, eq=False)
class Weight:
    """One layer's weight as it stands in a recipe.

    name : the layer's name, for messages and reports
    values : float32, shape (C_out, C_in / groups, *K), finite: exactly what the stored form decodes to
    form : how the values are stored
    mask : bool, shape of `values`, True = kept; None if never pruned. ``values`` is 0 wherever the mask is False
    kept_out, kept_in : int64 indices of the original output and input channels still there; None = all.
        For a Gemm after a Flatten `kept_in` counts the columns of the original matrix.
    bias : float32, shape (C_out,); None if the layer has none of its own
    groups : int, of a convolution: output channels are split into so many groups, each reading its own input channels
    activation : how the layer's input is rounded, so that integers are multiplied; None: it is left as floats
    reference : the uncompressed weight that it stands for, where that is not the original of its name: a step has
        rescaled it, or taken it apart; the second half of a factorized layer stands for the whole layer
    notes : sentences for the layer table
    """

    name: str
    values: np.ndarray
    form: Float | Float8 | Affine | Palette | LowRank = field(default_factory=Float)
    mask: np.ndarray | None = None
    kept_out: np.ndarray | None = None
    kept_in: np.ndarray | None = None
    bias: np.ndarray | None = None
    groups: int = 1
    activation: Activation | None = None
    reference: Weight | None = None
    notes: tuple[str, ...] = ()


class Part(NamedTuple):
    """The rows (output side) or columns (input side) of one weight that belong to the channels of a coupling.

    name : of the weight
    spread : int, neighbouring rows or columns that are one channel: 1 for Conv after Conv, H * W for Gemm after Flatten
    offset : int, where those of the first channel begin; behind a Concat they need not be the first
    """

    name: str
    spread: int = 1
    offset: int = 0


@dataclass(frozen=True)
class Coupling:
    """Channels that must go together when they go at all. They are counted as in the original network.

    channels : int, how many there are
    producers : rows of the weights that make them; several where their outputs are added or multiplied
    consumers : columns of the weights that read them; none where producers only meet each other, as queries and keys do
    between : rows of depthwise convolutions on the way, which read and make one channel each
    runs : int, the channels stand in so many runs of equal length that must stay equally long, such as attention heads
    homogeneous : whether scaling a channel at its producers scales what its consumers read by as much, for any positive
        factor: nothing but Relu, pooling, sums and the like lies between (biases of `between` have to be scaled too)
    stays : why no channel can go, as the end of a sentence; "" if they can
    heads : one word for all couplings whose runs are the same attention heads, which can go as a whole; "": they cannot
    """

    channels: int
    producers: tuple[Part, ...]
    consumers: tuple[Part, ...] = ()
    between: tuple[Part, ...] = ()
    runs: int = 1
    homogeneous: bool = True
    stays: str = ""
    heads: str = ""


@dataclass(frozen=True)
class Skipped:
    """The technique does not apply to this weight; `reason` is a sentence for the layer table."""

    reason: str


@dataclass(frozen=True, eq=False)
class Setting:
    """What a technique may know besides the weights.

    couplings : which channels must go together
    originals : every layer's weight before the recipe, by name; also of layers that the recipe leaves alone
    seed : where all chance comes from
    """

    couplings: tuple[Coupling, ...] = ()
    originals: Mapping[str, Weight] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True, eq=False)
class Inputs:
    """Asks what a layer reads while the network works through its calibration samples, which have no labels.

    Answered with float32 of shape (groups, n, C_in / groups * prod(K)): row i is what one output position sees, so the
    layer computes ``answer[g] @ values[g].T + bias``. With `whole` the answer is the tensor itself, samples first;
    with `behind` it is the tensor that the layer puts out.

    name : of the layer
    weights : the network's weights at that moment, by name; those not named are the original ones
    """

    name: str
    weights: Mapping[str, Weight] = field(default_factory=dict)
    whole: bool = False
    behind: bool = False


@dataclass(frozen=True)
class Progress:
    """Says how far a long piece of work has come: `share` from 0 to 1, and what it is at. Answered with nothing."""

    share: float
    words: str = ""


def wanted(technique, name, params):
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
        returns the Outcome. Whoever drives it may close it at any yield.
    whole : it takes layers that are factorized as they are; any other works on their parts, see `kernels.step`
    """

    id: str
    label: str
    summary: str
    parameters: tuple[Parameter, ...]
    apply: Callable[[Sequence[Weight], Sequence[Mapping[str, Any]], Setting], Outcome | Generator[Any, Any, Outcome]]
    source: str
    whole: bool = False

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
