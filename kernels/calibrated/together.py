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
from kernels.storage.encoding import SMALLEST, encoded, refilled
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
        frees = [_Free.of(weight) for weight in now.weights]
        moves = yield from _direction(now, frees, steps, number, len(plan))
        for _ in range(HALVINGS):
            tried = _State.of(tuple(map(_moved, now.weights, frees, now.reads, *moves)), inputs, goal)
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


@dataclass(frozen=True, eq=False)
class _Free:
    """What is free in a weight, one number for each of some of its entries: they change by ``basis * number``.

    basis : float32, shape of the weight
    spread : from numbers to an array that broadcasts to the weight
    summed : from an array of the shape of the weight to its sums over the entries that each number moves
    moved : the weight with these numbers added
    """

    basis: np.ndarray
    spread: Callable[[np.ndarray], np.ndarray]
    summed: Callable[[np.ndarray], np.ndarray]
    moved: Callable[[np.ndarray], Weight]

    @classmethod
    def of(cls, weight: Weight) -> _Free:
        """Kept weights, the entries of a table, scales, or nothing."""
        form, shape = weight.form, weight.values.shape
        kept = np.ones(shape, np.float32) if weight.mask is None else weight.mask.astype(np.float32)
        if isinstance(form, Float):
            return cls(kept, np.asarray, np.asarray, lambda move: refilled(weight, weight.values + move))
        if isinstance(form, Affine) and form.scale_form is None:
            steps = weight.values / spread_blocks(form.scale, form.block_shape, shape)
            return cls(
                steps,
                lambda numbers: spread_blocks(numbers, form.block_shape, shape),
                lambda array: reduce_blocks(np.add, array, form.block_shape),
                lambda move: encoded(weight, replace(form, scale=np.maximum(form.scale + move, SMALLEST))),
            )
        if isinstance(form, Palette) and form.cluster_dim == 1 and form.lut_form is None and form.scale is None:
            zeros = form.lut == 0 if weight.mask is not None else np.zeros(form.lut.shape, bool)
            places = form.indices + (np.arange(len(weight.values)) // form.group_size * form.lut.shape[1])[:, None]
            return cls(
                (~zeros).astype(np.float32).reshape(-1)[places],
                lambda numbers: numbers.reshape(-1)[places],
                lambda array: np.bincount(places.reshape(-1), array.reshape(-1), form.lut.size)
                .reshape(form.lut.shape).astype(np.float32),
                lambda move: encoded(weight, _with_table(form, form.lut + move)),
            )  # fmt: skip
        return cls(np.zeros(shape, np.float32), np.asarray, np.asarray, lambda move: weight)


def _with_table(form: Palette, lut: np.ndarray) -> Palette:
    lut, indices = ascending(lut, form.indices, form.group_size)
    return replace(form, lut=lut, indices=indices)


def _moved(weight: Weight, free: _Free, reads: np.ndarray, move: np.ndarray, bias: np.ndarray) -> Weight:
    """The weight with what is free in it moved, and the bias that gives the mean answers the move `bias`."""
    new = free.moved(move)
    if weight.bias is None:
        return new
    shift = bias - (free.basis * free.spread(move)) @ reads.mean(axis=0)
    return replace(new, bias=(weight.bias + shift).astype(np.float32))


def _direction(
    now: _State, frees: Sequence[_Free], steps: int, number: int, of: int
) -> Generator[float, None, list[Moves]]:
    """The move of all that is free, and of the mean answers of each layer, that linear answers would call for.

    Where a layer has a bias its inputs count about their means, so that its bias and its weights do not hinder each
    other.
    """
    weights, reads, n, count = now.weights, now.reads, len(now.missed), len(now.weights)
    about = [X - X.mean(axis=0) if w.bias is not None else X for w, X in zip(weights, reads, strict=True)]
    on = [(X > 0).astype(np.float32) for X in reads[1:]]  # where the Relu before a layer lets through
    biased = [np.float32(weight.bias is not None) for weight in weights]

    def backward(slopes: np.ndarray) -> Moves:
        own, biases = [], []
        for i in reversed(range(count)):
            own.insert(0, frees[i].summed(frees[i].basis * (slopes.T @ about[i])) / n)
            biases.insert(0, slopes.mean(axis=0) * biased[i])
            if i:
                slopes = (slopes @ weights[i].values) * on[i - 1]
        return own + biases

    def forward(moves: Moves) -> np.ndarray:
        change = 0
        for i in range(count):
            passed = change @ weights[i].values.T if i else 0
            change = about[i] @ (frees[i].basis * frees[i].spread(moves[i])).T + moves[count + i] * biased[i] + passed
            change = change * on[i] if i < count - 1 else change
        return change

    curvature = _curvature(now, frees, about, on)
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


def _curvature(now: _State, frees: Sequence[_Free], about: Moves, on: Moves) -> Moves:
    """How much each number and each bias bends the squared error by itself, roughly: it scales their steps.

    A layer's answers count as much as the last ones change with them, on average over the samples.
    """
    felt, own, biases = np.eye(now.missed.shape[1], dtype=np.float32), [], []
    for i in reversed(range(len(now.weights))):
        counts = np.diagonal(felt) + np.float32(DAMPING) * np.trace(felt) / len(felt)
        counts = np.where(counts > 0, counts, 1).astype(np.float32)
        energy = np.square(about[i]).mean(axis=0)
        energy = energy + EVEN * energy.mean()
        curved = frees[i].summed(np.square(frees[i].basis) * (counts[:, None] * energy)).astype(np.float32)
        own.insert(0, np.where(curved > 0, curved, 1).astype(np.float32))
        biases.insert(0, counts)
        if i:
            W = now.weights[i].values
            felt = (W.T @ felt @ W) * (on[i - 1].T @ on[i - 1] / len(on[i - 1]))
    return own + biases


def _dot(a: Moves, b: Moves) -> float:
    return sum(float(np.vdot(x, y)) for x, y in zip(a, b, strict=True))
