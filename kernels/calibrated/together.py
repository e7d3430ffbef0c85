"""Layers fitted together: all that is free in layers behind each other moves at once, for what the last one answers.

A layer fitted by itself can do no better than answer as before. Most of what layers lose can be made up for elsewhere:
an earlier one may answer quite differently if those behind it then make the right thing of it. So the last answers are
brought back to the original ones by Gauss-Newton steps: the answers are taken as linear in everything that is free, and
conjugate gradients find the move. Few steps are enough, for the layers have been fitted one by one before.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kernels.calibrated.output_aware import ascending
from kernels.storage.encoding import encoded, refilled
from kernels.storage.granularity import reduce_blocks, spread_blocks
from kernels.weight import Affine, Float, Palette, Weight

DAMPING = 0.01
"Price of moving, as a share of the curvature of the answers."
EVEN = 0.1
"Share of the mean that is added to the mean square of each input, so that rare inputs make no long steps."
HALVINGS = 4
"How often a move that made nothing better is tried again at half its length."
DONE = 1e-9
"Share of the answers' mean square that is no error worth a move."

Moves = list[np.ndarray]
"What is free in each layer, and then the bias of each layer: arrays of float32."


def fitted_together(
    weights: Sequence[Weight], inputs: np.ndarray, goal: np.ndarray, plan: Sequence[int]
) -> Generator[float, None, list[Weight]]:
    """Layers of which each reads the Relu of what the one before puts out, closer to the goal at the end.

    Parameters
    ----------
    weights : the layers in order, all of them matrices. What moves are biases, kept weights in floating point, entries
        of tables and scales of integers; codes, indices and zeros stay. Nothing shorter than float32 moves in tables
        and scales
    inputs : ndarray of float32, shape (n, C_in) of the first layer
    goal : ndarray of float32, shape (n, C_out) of the last layer, its original answers
    plan : for each Gauss-Newton step, how many steps conjugate gradients take

    Yields
    ------
    float, 0 to 1: the share of the work that is done; close the generator to give up

    Returns
    -------
    list of Weight, one for each: with a squared error no larger than before

    Notes
    -----
    Gauss-Newton with conjugate gradients, as in Martens, ICML 2010, on what distillation without labels aims at
    (Hinton et al., arXiv 1503.02531, section 2.1: logits).
    """
    now = _State.of(tuple(weights), inputs, goal)
    enough = DONE * float(np.square(goal - goal.mean(axis=0), dtype=np.float64).mean())
    for number, steps in enumerate(plan):
        if now.loss <= enough:
            break
        layers = list(map(_Layer, now.weights, now.reads))
        moves = yield from _direction(now, layers, steps, number, len(plan))
        for _ in range(HALVINGS):
            tried = _State.of(tuple(map(_Layer.moved, layers, *moves)), inputs, goal)
            if tried.loss < now.loss:
                break
            moves = [[move / 2 for move in each] for each in moves]
        else:
            break
        now = tried
    return list(now.weights)


@dataclass(frozen=True, eq=False)
class _State:
    """The layers as they stand, what each of them reads, and by how much the answers at the end miss the goal."""

    weights: tuple[Weight, ...]
    reads: list[np.ndarray]
    missed: np.ndarray
    loss: float

    @classmethod
    def of(cls, weights: tuple[Weight, ...], inputs: np.ndarray, goal: np.ndarray) -> _State:
        reads = [inputs]
        for weight in weights:
            reads.append(
                np.maximum(answers(weight, reads[-1]), 0) if len(reads) < len(weights) else answers(weight, reads[-1])
            )
        missed = goal - reads.pop()
        return cls(weights, reads, missed, float(np.square(missed, dtype=np.float64).mean()))


def answers(weight: Weight, inputs: np.ndarray) -> np.ndarray:
    """What a matrix makes of inputs, shape (n, C_in): float32, shape (n, C_out)."""
    product = inputs @ weight.values.T
    return product if weight.bias is None else product + weight.bias


class _Layer:
    """A layer whose inputs are known, and what is free in it: numbers by which its weight changes linearly.

    Products are written so that what is summed lies side by side, see `kernels.calibrated.hessian`.

    weight : Weight, a matrix
    inputs : float32, shape (n, C_in), about their means if the layer has a bias: it then does not hinder the weights
    """

    def __init__(self, weight: Weight, reads: np.ndarray) -> None:
        self.weight, self.mean = weight, reads.mean(axis=0)
        self.inputs = reads if weight.bias is None else reads - self.mean
        self._columns, self._turned = (np.ascontiguousarray(each.T) for each in (self.inputs, weight.values))
        self._basis, self._spread, self._summed, self._with = _free(weight)

    def times(self, change: np.ndarray) -> np.ndarray:
        """How its answers change with its inputs, both with a row for each sample."""
        return change @ self.weight.values.T

    def back(self, slopes: np.ndarray) -> np.ndarray:
        """How what is wanted of its answers is wanted of its inputs."""
        return slopes @ self._turned.T

    def moved_by(self, numbers: np.ndarray) -> np.ndarray:
        """How its answers change with its free numbers: float32, shape (n, C_out)."""
        return self.inputs @ (self._basis * self._spread(numbers)).T

    def gathered(self, slopes: np.ndarray) -> np.ndarray:
        """How what is wanted of its answers, shape (n, C_out), is wanted of its free numbers."""
        return self._summed(self._basis * (np.ascontiguousarray(slopes.T) @ self._columns.T))

    def curvature(self, counts: np.ndarray, energy: np.ndarray) -> np.ndarray:
        """How each number bends a squared error of answers that count `counts`, for inputs of mean square `energy`."""
        return self._summed(np.square(self._basis) * (counts[:, None] * energy))

    def moved(self, numbers: np.ndarray, bias: np.ndarray) -> Weight:
        """The weight with its numbers moved, and a bias with which its mean answers move by `bias`."""
        new = self._with(numbers)
        if new.bias is None:
            return new
        return replace(new, bias=(new.bias + bias - self._shift(numbers)).astype(np.float32))

    def _shift(self, numbers: np.ndarray) -> np.ndarray:
        return (self._basis * self._spread(numbers)) @ self.mean


def _free(weight: Weight) -> tuple[np.ndarray, Callable, Callable, Callable]:
    """What is free: kept weights, the entries of a table, scales, or nothing. A weight changes by ``basis * number``.

    Returns
    -------
    basis : float32, shape of the weight
    spread : from numbers to an array that broadcasts to the weight
    summed : from an array of the shape of the weight to its sums over the entries that each number moves
    moved : from numbers to the weight with these added
    """
    form, shape = weight.form, weight.values.shape
    kept = np.ones(shape, np.float32) if weight.mask is None else weight.mask.astype(np.float32)
    if isinstance(form, Float):
        return kept, np.asarray, np.asarray, lambda move: refilled(weight, weight.values + move)
    if isinstance(form, Affine) and form.scale_form is None:
        return (
            weight.values / spread_blocks(form.scale, form.block_shape, shape),
            lambda numbers: spread_blocks(numbers, form.block_shape, shape),
            lambda array: reduce_blocks(np.add, array, form.block_shape),
            lambda move: encoded(weight, replace(form, scale=np.maximum(form.scale + move, np.finfo(np.float32).tiny))),
        )
    if isinstance(form, Palette) and form.cluster_dim == 1 and form.lut_form is None and form.scale is None:
        zeros = form.lut == 0 if weight.mask is not None else np.zeros(form.lut.shape, bool)
        places = form.indices + (np.arange(len(weight.values)) // form.group_size * form.lut.shape[1])[:, None]
        return (
            (~zeros).astype(np.float32).reshape(-1)[places],
            lambda numbers: numbers.reshape(-1)[places],
            lambda array: np.bincount(places.reshape(-1), array.reshape(-1), form.lut.size)
            .reshape(form.lut.shape).astype(np.float32),
            lambda move: encoded(weight, _with_table(form, form.lut + move)),
        )  # fmt: skip
    return np.zeros(shape, np.float32), np.asarray, np.asarray, lambda move: weight


def _with_table(form: Palette, lut: np.ndarray) -> Palette:
    lut, indices = ascending(lut, form.indices, form.group_size)
    return replace(form, lut=lut, indices=indices)


def _direction(
    now: _State, layers: Sequence[_Layer], steps: int, number: int, of: int
) -> Generator[float, None, list[Moves]]:
    """The moves, of free numbers and of the mean answers of each layer, that linear answers would call for."""
    n, count = len(now.missed), len(layers)
    on = [(X > 0).astype(np.float32) for X in now.reads[1:]]  # where the Relu before a layer lets through
    biased = [np.float32(layer.weight.bias is not None) for layer in layers]

    def backward(slopes: np.ndarray) -> Moves:
        own, means = [], []
        for i in reversed(range(count)):
            own.insert(0, layers[i].gathered(slopes) / n)
            means.insert(0, slopes.mean(axis=0) * biased[i])
            slopes = layers[i].back(slopes) * on[i - 1] if i else slopes
        return own + means

    def forward(moves: Moves) -> np.ndarray:
        change = None
        for i, layer in enumerate(layers):
            made = layer.moved_by(moves[i]) + moves[count + i] * biased[i]
            made = made if change is None else made + layer.times(change)
            change = made * on[i] if i < count - 1 else made
        return change

    curvature = _curvature(layers, on)
    left = backward(now.missed)
    total = [np.zeros_like(each) for each in left]
    step = [each / curved for each, curved in zip(left, curvature, strict=True)]
    worth = _dot(left, step)
    for taken in range(steps):
        bent = backward(forward(step))
        bent = [b + DAMPING * c * s for b, c, s in zip(bent, curvature, step, strict=True)]
        against = _dot(step, bent)
        if not against > 0:
            break
        length = np.float32(worth / against)
        total = [t + length * s for t, s in zip(total, step, strict=True)]
        left = [r - length * b for r, b in zip(left, bent, strict=True)]
        eased = [each / curved for each, curved in zip(left, curvature, strict=True)]
        before, worth = worth, _dot(left, eased)
        step = [e + np.float32(worth / before) * s for e, s in zip(eased, step, strict=True)]
        yield (number + (taken + 1) / steps) / of
    return [total[:count], total[count:]]


def _curvature(layers: Sequence[_Layer], on: Moves) -> Moves:
    """How much each number and each mean bends the squared error by itself, roughly: it scales their steps.

    An answer counts as much as those behind it that it goes into, as often as it passes the Relu.
    """
    counts, own, means = np.ones(len(layers[-1].weight.values), np.float32), [], []
    for i, layer in reversed(list(enumerate(layers))):
        energy = np.square(layer.inputs).mean(axis=0)
        curved = layer.curvature(counts, energy + EVEN * energy.mean())
        own.insert(0, np.where(curved > 0, curved, 1))
        means.insert(0, counts)
        if i:
            counts = (counts @ np.square(layer.weight.values)) * on[i - 1].mean(axis=0)
            counts = counts + np.float32(DAMPING) * (counts.mean() or 1)
    return own + means


def _dot(a: Moves, b: Moves) -> float:
    return sum(float(np.vdot(x, y)) for x, y in zip(a, b, strict=True))
