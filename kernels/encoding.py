"""What holds for a weight in whatever form it is stored: its values, its zeros, and what no technique takes."""

from dataclasses import replace

import numpy as np

from kernels import affine, lookup
from kernels.granularity import spread_blocks
from kernels.technique import Affine, Palette, Skipped

EMPTY = Skipped("it has no weights")


def decode(weight):
    """The values that the form of a weight stands for: equal to ``weight.values`` bit for bit, always.

    >>> from kernels.technique import Float, Weight
    >>> decode(Weight("fc", np.array([[0.1]], dtype=np.float32), Float(16))).tolist()
    [[0.0999755859375]]
    """
    match weight.form:
        case Affine():
            return affine.dequantize(weight.form)
        case Palette():
            return lookup.decode(weight.form)
        case _ if weight.form.bits == 16:
            return weight.values.astype(np.float16).astype(np.float32)
    return weight.values


def encoded(weight, form, *notes):
    """The weight in another form, with the values that come of it."""
    recoded = replace(weight, form=form, notes=weight.notes + notes)
    return replace(recoded, values=decode(recoded))


def pruned(weight, mask, *notes):
    """The weight with exact zeros wherever `mask`, or the mask it had, is False; its form stays of the same kind."""
    mask = mask if weight.mask is None else mask & weight.mask
    weight = replace(weight, mask=mask, notes=weight.notes + notes)
    match weight.form:
        case Affine() as form:
            zero = spread_blocks(form.zero_point, form.block_shape, mask.shape)
            return encoded(weight, replace(form, codes=np.where(mask, form.codes, zero)))
        case Palette() as form:
            return encoded(weight, lookup.without(form, mask))
    return replace(weight, values=np.where(mask, weight.values, np.float32(0)))


def require_finite(weights):
    """Raise a ValueError that names the first weight with NaN or infinity in it."""
    for weight in weights:
        if not np.isfinite(weight.values).all():
            n = weight.values.size - np.count_nonzero(np.isfinite(weight.values))
            raise ValueError(f"{weight.name!r} holds {n} values that are NaN or infinite; every weight must be finite")
