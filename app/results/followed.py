"""One weight on its way into the file and back: how it is stored there, and what each step makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from app.results.result import LayerReport, Result
from kernels.storage.affine import grid
from kernels.storage.floats import from_fp8
from kernels.weight import Affine, Float8, LowRank, Palette, RealAffine, Weight

FIRST, USUAL = 100, 0.75  # of so many weights this share is smaller than the one followed first: it is pruned late
POINTS = 256  # of a grid, at most, that can be told apart


@dataclass(frozen=True, eq=False)
class Stored:
    """How one weight stands in a file.

    fate : "" where it is stored, "pruned", or "removed" with its channel
    code : of an integer or float8 grid, or its entry in the palette, counted from 0; None of floats
    scale : that its code, or its entry, is multiplied with; None where there is none
    zero : the code of the value 0
    codes : the lowest and the highest code there is; None where there are none
    points : float64, all values that it could have: those of its grid, in the order of codes, or of its palette; none
        of floats, and of grids that are finer than one can see
    entries : in its palette
    """

    fate: str = ""
    code: int | None = None
    scale: float | None = None
    zero: float = 0.0
    codes: tuple[int, int] | None = None
    points: np.ndarray = field(default_factory=lambda: np.zeros(0))
    entries: int = 0


def stored(weight: Weight, at: tuple[int, ...]) -> Stored:
    """The weight that stood at `at` in the original."""
    at = _now(weight, at)
    if at is None:
        return Stored("removed")
    if weight.mask is not None and not weight.mask[at]:
        return Stored("pruned")
    form = weight.form
    if isinstance(form, Palette):
        return _in_palette(form, at)
    if isinstance(form, (Affine, RealAffine, Float8)):
        return _on_grid(form, at)
    return Stored()


def _now(weight: Weight, at: tuple[int, ...]) -> tuple[int, ...] | None:
    """Where in the compressed weight that stands which stood at `at`; None if it was removed with its channel."""
    kept = (weight.kept_out, weight.kept_in, *[None] * len(at))
    pairs = [(int(i), each) for i, each in zip(at, kept, strict=False)]
    if any(each is not None and i not in each for i, each in pairs):
        return None
    return tuple(i if each is None else int(np.searchsorted(each, i)) for i, each in pairs)


def _in_palette(form: Palette, at: tuple[int, ...]) -> Stored:
    dim, channel = form.cluster_dim, at[0]
    row = channel // dim
    table = form.lut[row // -(-form.group_size // dim)]
    entries = table if form.lut.ndim == 2 else table[:, channel % dim]
    scale = None if form.scale is None else float(form.scale[channel])
    points = entries.astype(np.float64) * (1 if scale is None else scale)
    return Stored("", int(form.indices[(row, *at[1:])]), scale, points=points, entries=len(entries))


def _on_grid(form: Affine | RealAffine | Float8, at: tuple[int, ...]) -> Stored:
    block = tuple(i // size for i, size in zip(at, form.block_shape, strict=True))
    code, scale = int(form.codes[at]), float(form.scale[block])
    if isinstance(form, Float8):
        return Stored("", code, scale)
    zero, codes = float(form.zero_point[block]), grid(form.bits, form.symmetric)
    low, high = codes
    points = scale * (np.arange(low, high + 1) - zero) if high - low < POINTS else np.zeros(0)
    return Stored("", code, scale, zero, codes, points)


@dataclass(frozen=True, eq=False)
class Followed:
    """One weight through all steps.

    layer : that it belongs to
    at : where it stood there
    before, after : its value in the baseline, in the scale that its channel has now, and what the file decodes to
    steps : what happens on the way, in order: (word, number as it is written)
    stored : see `Stored`; None while the file is that of the build, whose codes are not at hand
    aside : a sentence if the file holds another code than rounding gives; ""
    """

    layer: LayerReport
    at: tuple[int, ...]
    before: float
    after: float
    steps: tuple[tuple[str, str], ...]
    stored: Stored | None
    aside: str = ""


@lru_cache(maxsize=1)  # the picture and its words ask one after the other
def follow(result: Result) -> Followed:
    """The weight that the State names, or else one of the layer in focus, or of the first layer."""
    layer, place = chosen(result)
    at = tuple(int(i) for i in np.unravel_index(place, layer.before.shape))
    before, weight = float(layer.before[at]), result.weights.get(layer.name)
    if weight is None:
        there = layer.after.shape == layer.before.shape
        after = float(layer.after[at]) if there else before
        return Followed(layer, at, before, after, (("original", _four(before)),), None)
    how = stored(weight, at)
    coded = before if weight.reference is None else float(weight.reference.values[at])
    after = 0.0 if how.fate else float(weight.values[_now(weight, at)])
    steps = [("original", _four(before))]
    if coded != before:
        steps.append(("rescaled with its channel", _four(coded)))
    if how.fate:
        steps.append((how.fate, "0"))
        return Followed(layer, at, coded, after, tuple(steps), how)
    if weight.mask is not None:
        steps.append(("pruned?", "no"))
    more, aside = _way(weight, how, coded)
    steps += [*more, ("decoded", _four(after)), ("error", _signed(after - coded))]
    return Followed(layer, at, coded, after, tuple(steps), how, aside)


def _way(weight: Weight, how: Stored, value: float) -> tuple[list[tuple[str, str]], str]:
    """What is done to a value that is stored, until it is a code; and what there is to say if it is not the nearest."""
    form = weight.form
    if isinstance(form, Palette):
        scaled = [] if how.scale is None else [(f"divided by the scale {_four(how.scale)}", _four(value / how.scale))]
        nearest = float(np.abs(how.points - value).min())
        own = abs(float(how.points[how.code]) - value)
        aside = (
            "" if own <= nearest * (1 + 1e-5) + 1e-9 else "Another entry is nearer: more than it alone decided that."
        )
        return [*scaled, ("entry", f"{how.code + 1} of {how.entries}")], aside
    if isinstance(form, Float8):
        number = float(from_fp8(np.uint8([how.code]))[0])
        scaled = (f"divided by the scale {_four(how.scale)}", _four(value / how.scale))
        return [scaled, ("as 8-bit float", _four(number)), ("code", str(how.code))], ""
    if isinstance(form, (Affine, RealAffine)):
        real = value / how.scale + how.zero
        rounded = int(np.rint(real))
        low, high = how.codes
        clipped = min(max(rounded, low), high)
        steps = [(f"divided by the scale {_four(how.scale)}", _four(value / how.scale))]
        if how.zero:
            steps.append((f"plus the zero point {how.zero:.4g}", _four(real)))
        steps.append(("rounded", _four(rounded)))
        steps.append((f"clipped to {_four(low)} and {_four(high)}", _four(clipped)))
        steps.append(("code", _four(how.code)))
        near = abs(real - how.code) <= 0.5 + 1e-3 or how.code == clipped
        return steps, "" if near else "The file holds another code than the nearest: more than it alone decided that."
    if isinstance(form, LowRank):
        return [("a sum of products", str(len(form.inner.values)))], ""
    return [("stored as", f"{form.kind}{form.bits}")], ""


def chosen(result: Result) -> tuple[LayerReport, int]:
    """The layer and the place of the weight that is followed, see `follow`."""
    layers, state = {layer.name: layer for layer in result.layers}, result.state
    name, _, place = state.weight.rpartition(":")
    if name in layers and int(place) < layers[name].before.size:
        return layers[name], int(place)
    layer = layers.get(name) or layers.get(state.layer) or result.layers[0]
    sizes = np.abs(layer.before.ravel()[:FIRST])
    k = int(USUAL * (sizes.size - 1))
    return layer, int(np.argpartition(sizes, k)[k])


def nearest(layer: LayerReport, value: float) -> int:
    """The place of the weight whose original value is nearest."""
    return int(np.abs(layer.before.ravel() - value).argmin())


def beside(layer: LayerReport, place: int, by: float) -> int:
    """The place of the weight whose value is nearest to one `by` larger; the next one in order if that is the same."""
    values = layer.before.ravel()
    found = nearest(layer, float(values[place]) + by)
    if values[found] != values[place]:
        return found
    further = np.flatnonzero(values > values[place] if by > 0 else values < values[place])
    return int(further[np.abs(values[further] - values[place]).argmin()]) if len(further) else place


def _four(value: float) -> str:
    """A number with four digits that count.

    >>> _four(-0.123456), _four(7)
    ('−0.1235', '7')
    """
    return f"{value:.4g}".replace("-", "−")


def _signed(value: float) -> str:
    return f"{value:+.2g}".replace("-", "−") if value else "0"
