"""Layers fitted together: closer to the goal than by themselves, and nothing moves but what is free."""

from dataclasses import replace

import numpy as np
import pytest

from kernels.calibrated.together import answers, fitted_together
from kernels.weight import Weight
from tests.techniques import run

RNG = np.random.default_rng(3)
X = RNG.standard_normal((120, 13)).astype(np.float32)
WEIGHTS = [
    Weight(
        name, RNG.standard_normal(shape).astype(np.float32) / 3, bias=RNG.standard_normal(shape[0]).astype(np.float32)
    )
    for name, shape in (("a", (17, 13)), ("b", (11, 17)), ("c", (5, 11)))
]
STEPS = [
    ("prune", {"sparsity": 0.7}),
    ("quantize", {"bits": 3}),
    ("palettize", {"bits": 2}),
    ("quantize", {"dtype": "fp8"}),
]


def through(weights):
    first, second, third = weights
    return answers(third, np.maximum(answers(second, np.maximum(answers(first, X), 0)), 0))


def fitted(weights, plan):
    search = fitted_together(weights, X, through(WEIGHTS), plan)
    shares = []
    while True:
        try:
            shares.append(next(search))
        except StopIteration as end:
            assert shares == sorted(shares) and (not shares or shares[-1] == 1)
            return end.value


def missed(weights):
    return np.square(through(weights) - through(WEIGHTS)).mean()


@pytest.mark.parametrize("step", STEPS, ids=str)
def test_answers_come_closer_and_more_so_with_more_steps(step):
    weights = run(step[0], WEIGHTS, step[1])
    few, many = fitted(weights, (2,)), fitted(weights, (8, 8, 8))
    assert missed(many) < missed(few) < missed(weights)
    for old, new in zip(weights, many, strict=True):
        assert (old.mask is None) == (new.mask is None) and type(old.form) is type(new.form)
        assert old.mask is None or not new.values[~old.mask].any()
        if hasattr(old.form, "codes"):
            assert (old.form.codes == new.form.codes).all()


def test_nothing_moves_where_nothing_is_lost():
    assert all((old.values == new.values).all() for old, new in zip(WEIGHTS, fitted(WEIGHTS, (4,)), strict=True))


def test_a_layer_without_a_bias_gets_none():
    bare = [replace(weight, bias=None) for weight in run("prune", WEIGHTS, {"sparsity": 0.6})]
    new = fitted(bare, (4, 4))
    assert all(weight.bias is None for weight in new) and missed(new) < missed(bare)
