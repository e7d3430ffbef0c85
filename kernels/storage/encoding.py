"""What holds for a weight in whatever form it is stored: its values, its zeros, and what no technique takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kernels.storage import affine, floats, hqq, lookup
from kernels.storage.granularity import spread_blocks
from kernels.storage.low_rank import compose
from kernels.technique import Skipped
from kernels.weight import Affine, Float, Float8, Form, LowRank, Palette, RealAffine, Weight

EMPTY = Skipped("it has no weights")
NO_ZERO = "Its grid had no point at zero, which pruned weights need: they were quantized anew, min-max."


def decode(weight: Weight) -> np.ndarray:
    """The values that the form of a weight stands for: equal to ``weight.values`` bit for bit, always.

    >>> from kernels.weight import Float, Weight
    >>> decode(Weight("fc", np.array([[0.1]], dtype=np.float32), Float(16))).tolist()
    [[0.0999755859375]]
    """
    match weight.form:
        case Affine():
            return affine.dequantize(weight.form)
        case RealAffine():
            return hqq.dequantize(weight.form)
        case Palette() as form:
            values = lookup.decode(form, len(weight.values))
            cut = form.cluster_dim > 1 and weight.mask is not None
            return np.where(weight.mask, values, np.float32(0)) if cut else values
        case Float8():
            return floats.decode8(weight.form)
        case LowRank():
            return compose(weight.form.inner.values, weight.form.outer.values)
        case _ if weight.form.bits == 16:
            return floats.round16(weight.values, weight.form.kind)
    return weight.values


def encoded(weight: Weight, form: Form, *notes: str) -> Weight:
    """The weight in another form for values of its shape, with the values that come of it; `notes` are added."""
    recoded = replace(weight, form=form, notes=weight.notes + notes)
    return replace(recoded, values=decode(recoded))


def refilled(weight: Weight, values: np.ndarray) -> Weight:
    """A weight of floating point numbers with other `values`, rounded to the kind it has and held within its range.

    values : ndarray of float32, shape of the weight, finite
    """
    if weight.form.bits == 16:
        largest = floats.LARGEST["fp16" if weight.form.kind == "float" else "bf16"]
        values = np.clip(values, -largest, largest)
    return encoded(replace(weight, values=values), weight.form)


def scaled_together(weight: Weight) -> int | None:
    """How many neighbouring output channels one stored number scales; None if none does, or it is stored shortened.

    None for grids, too: rounding adds noise to the answers and takes nothing from them that scales could give back.
    """
    match weight.form:
        case Float():
            return 1
        case Palette() as form if form.scale is not None:
            return 1
        case Palette() as form if form.lut_form is None:
            return form.group_size
    return None


def scaled(weight: Weight, factors: np.ndarray) -> Weight:
    """The weight with its output channels scaled, its indices and its zeros as they were.

    factors : ndarray of float32, shape (C_out,), positive, the same for channels that are `scaled_together`
    """
    form = weight.form
    if isinstance(form, Float):
        return refilled(weight, weight.values * factors.reshape(-1, *(1 for _ in weight.values.shape[1:])))
    if form.scale is not None:
        return encoded(weight, replace(form, scale=form.scale * factors))
    shared = factors[:: form.group_size]
    return encoded(weight, replace(form, lut=form.lut * shared.reshape(-1, *(1 for _ in form.lut.shape[1:]))))


def pruned(weight: Weight, mask: np.ndarray, *notes: str) -> Weight:
    """The weight with exact zeros wherever `mask`, or the mask it had, is False; its form stays of the same kind.

    A `RealAffine` form alone becomes `Affine` where anything is pruned, for it has no zero.

    mask : ndarray of bool, shape of the weight, True = kept
    """
    mask = mask if weight.mask is None else mask & weight.mask
    weight = replace(weight, mask=mask, notes=weight.notes + notes)
    match weight.form:
        case RealAffine() as form:
            return weight if mask.all() else encoded(weight, hqq.with_zero(form, mask), NO_ZERO)
        case Affine() as form:
            zero = spread_blocks(form.zero_point, form.block_shape, mask.shape)
            return encoded(weight, replace(form, codes=np.where(mask, form.codes, zero)))
        case Float8() as form:
            return encoded(weight, replace(form, codes=np.where(mask, form.codes, np.uint8(0))))
        case Palette() as form:
            return encoded(weight, lookup.without(form, mask))
    return replace(weight, values=np.where(mask, weight.values, np.float32(0)))


def require_finite(weights: Sequence[Weight]) -> None:
    """No technique takes weights that are not finite, or that have no rows and columns.

    Raises
    ------
    ValueError
        It names the first such weight, and says what is wrong with it.
    """
    for weight in weights:
        if weight.values.ndim < 2:
            raise ValueError(f"{weight.name!r} has shape {weight.values.shape}; a weight has rows and columns at least")
        if not np.isfinite(weight.values).all():
            n = weight.values.size - np.count_nonzero(np.isfinite(weight.values))
            raise ValueError(f"{weight.name!r} holds {n} values that are NaN or infinite; every weight must be finite")
