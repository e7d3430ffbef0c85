"""Layer reconstruction: numbers chosen anew, in the form a weight has, so that its layer answers as the original did.

Every method works on one layer. It is given what calibration samples say (`Layer`) and gives the weight back with other
codes, another table or other kept values, but with as many bits, entries, zeros and channels as before.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from kernels.asking import Product
from kernels.calibrated.coordinate_descent import coordinate_descent
from kernels.calibrated.gptq import gptq
from kernels.calibrated.hessian import centred, damped, least_squares_target, shrinkage
from kernels.calibrated.least_squares import refit
from kernels.calibrated.moments import cross_of, gram_of, product_of
from kernels.calibrated.output_aware import output_aware_palette
from kernels.calibrated.points import GridPoints, TablePoints
from kernels.storage import affine, lookup
from kernels.storage.encoding import encoded, refilled
from kernels.storage.granularity import spread_blocks
from kernels.storage.scales import like
from kernels.weight import Affine, Palette, RealAffine, Weight

KMEANS_TABLE = "Its table serves groups or scales, and stays as k-means makes it: Repair chose the indices alone."


@dataclass(frozen=True, eq=False)
class Layer:
    """A weight and what calibration samples say about it; the first axis counts the groups of a convolution.

    weight : as it is stored now
    original : float32, shape (groups, rows, P), the original weights of channels that are still there
    H : float64, shape (groups, P, P), second moments of what the layer reads now, see `shrinkage`
    B : float64, shape (groups, rows, P), moments of that with the original answers, shrunk alike
    """

    weight: Weight
    original: np.ndarray
    H: np.ndarray
    B: np.ndarray

    @classmethod
    def of(
        cls, weight: Weight, original: Weight, after: np.ndarray, before: np.ndarray
    ) -> Generator[Product, np.ndarray, Layer]:
        """What the samples say; a generator that asks for large products.

        Parameters
        ----------
        weight, original : Weight, as it is now and as it was
        after, before : float32, shape (groups, n, P): what it reads now, and what the original read
        """
        same = after is before
        if weight.bias is not None:  # it takes up the means, so that the weights need not
            after = centred(after)
            before = after if same else centred(before)
        before, rows = still_there(weight, original, before)
        H = yield from gram_of(after)
        same = same or np.array_equal(after, before)
        if same:  # nothing before it was compressed: the goal is the original, to the bit
            B = rows @ H.swapaxes(1, 2)
        else:
            answers = yield from product_of(before, rows.swapaxes(1, 2))
            B = yield from cross_of(answers, after)
        kept = kept_columns(rows, weight)
        if kept.shape[2] != H.shape[2]:  # the second half of a factorized layer stands for all of it
            kept = weight.values.reshape(H.shape[0], -1, H.shape[2])
        share = shrinkage(H, after.shape[1])
        mean = np.trace(H, axis1=1, axis2=2)[:, None, None] / H.shape[2]
        return cls(
            weight, kept, (1 - share) * H + share * mean * np.eye(H.shape[2]), (1 - share) * B + share * mean * kept
        )

    @cached_property
    def goal(self) -> np.ndarray:
        """The weights whose answers come closest to the original ones before anything is rounded or zero."""
        return np.stack([least_squares_target(*each) for each in zip(self.original, self.H, self.B, strict=True)])

    def error(self, weight: Weight) -> float:
        """Mean squared distance of a weight's answers from the original ones, added up over the output channels.

        Less that of a weight of zeros, which is the same for all.
        """
        W = weight.values.reshape(self.original.shape).astype(np.float64)
        return float(np.vdot(W, W @ self.H.swapaxes(1, 2) - 2 * self.B))

    def improves(self, weight: Weight) -> bool:
        """Whether another weight has a smaller `error` than the one there is; for one product instead of two."""
        new, old = (each.values.reshape(self.original.shape).astype(np.float64) for each in (weight, self.weight))
        return bool(np.vdot(new - old, (new + old) @ self.H.swapaxes(1, 2) - 2 * self.B) < 0)

    def mask(self, group: int) -> np.ndarray | None:
        """The mask of one group, shape (rows, P); None if nothing is pruned."""
        mask = self.weight.mask
        return None if mask is None else mask.reshape(self.original.shape)[group]

    def best(self) -> np.ndarray:
        """The goal with the zeros of the mask, the kept weights making up for them: float32, (groups, rows, P)."""
        if self.weight.mask is None:
            return self.goal
        groups = range(len(self.H))
        return np.stack([refit(self.original[g], self.mask(g), self.H[g], self.B[g]) for g in groups])


def still_there(weight: Weight, original: Weight, before: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Original inputs and original rows of the output channels that a weight still has, all input channels included.

    Parameters
    ----------
    before : float32, shape (groups, n, P), what the original reads

    Returns
    -------
    Two arrays of float32, shapes (groups, n, P) and (groups, rows, P)
    """
    values, groups = original.values, len(before)
    if weight.kept_out is not None:
        values = values[weight.kept_out]
        if groups == len(original.values):  # a depthwise convolution: each channel that went took its group along
            before, groups = before[weight.kept_out], len(weight.kept_out)
    return before, values.reshape(groups, len(values) // groups, -1)


def kept_columns(lines: np.ndarray, weight: Weight) -> np.ndarray:
    """The columns of the input channels that are still there, of rows or of inputs of shape (groups, n, P)."""
    if weight.kept_in is None:
        return lines
    by_channel = lines.reshape(*lines.shape[:2], -1, weight.values[0, 0].size)
    return by_channel[:, :, weight.kept_in].reshape(*lines.shape[:2], -1)


# ---- the methods: a Layer and how often to go over it -> a Weight ----------------------------------------------------


def least_squares(layer: Layer, sweeps: int) -> Weight:
    """Kept weights, in floating point, by least squares; where input channels went this is the structured refit."""
    return refilled(layer.weight, layer.best().reshape(layer.weight.values.shape))


def gptq_only(layer: Layer, sweeps: int) -> Weight:
    """Codes by GPTQ."""
    return _recoded(layer, layer.best(), lambda W, H, points: gptq(W, H, points, order="activation"))


def descent_only(layer: Layer, sweeps: int) -> Weight:
    """Codes by coordinate descent, starting from the nearest ones."""

    def choose(W: np.ndarray, H: np.ndarray, points: GridPoints | TablePoints) -> np.ndarray:
        nearest = np.stack([points.nearest(j, column)[0] for j, column in enumerate(W.T)], axis=1)
        return coordinate_descent(W, H, points, nearest, sweeps=2 * sweeps)

    return _recoded(layer, layer.best(), choose)


def gptq_and_descent(layer: Layer, sweeps: int) -> Weight:
    """Codes by GPTQ, then coordinate descent."""

    def choose(W: np.ndarray, H: np.ndarray, points: GridPoints | TablePoints) -> np.ndarray:
        return coordinate_descent(W, H, points, gptq(W, H, points, order="activation"), sweeps=2 * sweeps)

    return _recoded(layer, layer.best(), choose)


def output_aware(layer: Layer, sweeps: int) -> Weight:
    """Table and indices in turn. One for several groups of a convolution, or with scales, stays as k-means makes it."""
    weight, form, best = layer.weight, layer.weight.form, layer.best()
    if len(layer.H) > 1 or form.scale is not None:
        new = gptq_and_descent(layer, sweeps)
        return replace(new, notes=(*new.notes, KMEANS_TABLE))
    fresh = _form_for(weight, best)
    lut, indices = output_aware_palette(best[0], damped(layer.H[0]), fresh.lut, form.group_size, mask=layer.mask(0))
    found = replace(fresh, lut=lut, indices=indices.reshape(weight.values.shape), lut_form=None)
    return encoded(weight, lookup.stored_like(form, found))


def _recoded(
    layer: Layer, goal: np.ndarray, choose: Callable[[np.ndarray, np.ndarray, GridPoints | TablePoints], np.ndarray]
) -> Weight:
    """The weight with the codes that ``choose(W, H, points)`` finds in each group, on a grid or table for `goal`."""
    weight, shape = layer.weight, layer.original.shape
    form = _form_for(weight, goal)
    codes = [
        choose(goal[g], damped(layer.H[g]), _points(form, weight, shape, g, layer.mask(g))) for g in range(shape[0])
    ]
    codes = np.stack(codes).reshape(weight.values.shape)
    return encoded(weight, replace(form, **{"indices" if isinstance(form, Palette) else "codes": codes}))


def _form_for(weight: Weight, goal: np.ndarray) -> Affine | RealAffine | Palette:
    """A grid or a table of the kind that the weight has, for other values."""
    form, values = weight.form, goal.reshape(weight.values.shape)
    if isinstance(form, Palette):
        if form.scale is not None:
            values = values / form.scale.reshape(-1, *(1 for _ in values.shape[1:]))
        fresh = lookup.encode(values, bits=form.bits, group_size=form.group_size, mask=weight.mask)
        return lookup.stored_like(form, replace(fresh, scale=form.scale))
    if isinstance(form, RealAffine):
        return form  # min-max would undo what HQQ has chosen
    rule = {"bits": form.bits, "symmetric": form.symmetric, "block_shape": form.block_shape}
    return affine.encode(values, store_scale=like(form.scale_form), **rule)


def _points(
    form: Affine | RealAffine | Palette, weight: Weight, shape: tuple[int, ...], group: int, mask: np.ndarray | None
) -> GridPoints | TablePoints:
    """The values that the weights of one group may take."""
    groups, n_rows, width = shape
    if isinstance(form, Palette):
        rows = np.arange(group * n_rows, (group + 1) * n_rows)
        lut = form.lut[rows // form.group_size]
        lut = lut if form.scale is None else lut * form.scale[rows, None]
        return TablePoints(lut, 1, (n_rows, width), mask)

    def own(per_block: np.ndarray) -> np.ndarray:
        spread = spread_blocks(per_block, form.block_shape, weight.values.shape)
        return np.broadcast_to(spread, weight.values.shape).reshape(shape)[group]

    low, high = affine.grid(form.bits, form.symmetric)
    return GridPoints(own(form.scale), own(form.zero_point), low, high, (n_rows, width), mask)
