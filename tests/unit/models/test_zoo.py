"""Every model of the zoo shows what its card promises, and is scored on samples it has never seen."""

import asyncio
from functools import cache
from math import comb

import numpy as np
import pytest

from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state.choices import Step
from app.state.state import State
from models import MODELS
from models.digits_longtail.data import KEPT, RARE, long_tail
from models.model import load

LIMIT_EACH, LIMIT_ALL = 2_500_000, 12_000_000  # bytes of model.onnx


@cache
def pipeline():
    return Pipeline(NativeRuntime())


@cache
def compressed(id, *steps, keep=()):
    """What a recipe does to a model; each step is a technique and its parameters as (name, value) pairs."""
    recipe = tuple(Step.of(technique, **dict(params)) for technique, *params in steps)
    return asyncio.run(pipeline().result(State(id, recipe, tuple(sorted(keep)))))


def prune(sparsity):
    return "prune", ("sparsity", sparsity)


def palettize(bits):
    return "palettize", ("bits", bits)


def quantize(bits, granularity="per_channel"):
    return "quantize", ("bits", bits), ("granularity", granularity)


PROMISED = [
    ("digits-mobile", 15.6, prune(0.4)),
    ("digits-mobile", 72.2, quantize(4, "per_tensor")),
    ("digits-mobile", 97.5, quantize(4)),
    ("digits-resnet", 99.7, quantize(4)),
    ("digits-resnet", 93.6, prune(0.8)),
    ("digits-vit", 97.8, quantize(8)),
    ("digits-vit", 94.2, quantize(3)),
    ("digits-vit", 88.6, quantize(3, "per_tensor")),
    ("digits-vit", 97.8, prune(0.5)),
    ("digits-vit", 86.7, prune(0.7)),
    ("digits-student", 91.9, quantize(4)),
    ("digits-student", 87.2, prune(0.3)),
    ("digits-student-alone", 85.8, quantize(4)),
    ("moons-wide", 97.5, prune(0.95)),
    ("moons-wide", 69.2, prune(0.99)),
    ("moons-wide", 97.7, prune(0.95), palettize(3)),
    ("cancer", 95.9, palettize(1)),
    ("cancer", 96.8, prune(0.9)),
]
OF_OTHERS = [  # on the card of the first, about the second
    ("digits-mobile", "digits-cnn", 99.4, prune(0.4)),
    ("digits-mobile", "digits-cnn", 99.4, prune(0.6)),
    ("digits-mobile", "digits-cnn", 98.9, quantize(4, "per_tensor")),
    ("digits-resnet", "digits-cnn", 99.4, quantize(4)),
    ("moons-wide", "spirals", 59.5, prune(0.95)),
]


@pytest.mark.parametrize("id, percent, steps", [(id, percent, steps) for id, percent, *steps in PROMISED])
def test_card_says_what_a_recipe_leaves(id, percent, steps):
    holds(id, id, percent, steps)


@pytest.mark.parametrize("id, other, percent, steps", [(a, b, percent, steps) for a, b, percent, *steps in OF_OTHERS])
def test_card_says_what_a_recipe_leaves_of_another(id, other, percent, steps):
    holds(id, other, percent, steps)


def holds(id, of, percent, steps):
    """The figure stands on the card of `id`, and is true of `of` up to two samples, for sums differ in the last bit."""
    assert f"{percent} %" in load(id).card
    after = compressed(of, *steps).compressed
    assert abs(after.score - percent / 100) <= 2.5 / len(after.answers)


# ---- what each teaches -----------------------------------------------------------------------------------------------


def test_an_efficient_network_loses_more():
    for step in (prune(0.3), prune(0.4), quantize(4, "per_tensor"), quantize(3), palettize(3)):
        mobile, cnn = (compressed(f"digits-{kind}", step) for kind in ("mobile", "cnn"))
        assert len(mobile.changed.broken) >= len(cnn.changed.broken) + 10
    assert 6 * len(load("digits-mobile").onnx) < len(load("digits-cnn").onnx)


def test_the_residual_network_is_the_best_and_the_largest():
    scores = {id: compressed(id).baseline.score for id in MODELS if id.startswith("digits-")}
    assert max(scores, key=scores.get) == "digits-resnet"
    others = set(scores) - {"digits-resnet", "digits-gate"}  # which holds it
    assert all(len(load("digits-resnet").onnx) > 3 * len(load(id).onnx) for id in others)
    assert compressed("digits-resnet", prune(0.5)).compressed.score >= 0.995
    assert compressed("digits-resnet", prune(0.9)).compressed.score < 0.2


def test_keeping_the_ends_of_the_transformer_in_float_helps():
    whole, ends = (compressed("digits-vit", quantize(3), keep=keep) for keep in ((), ("patches", "head")))
    assert ends.compressed.score - whole.compressed.score >= 0.01
    assert sum(layer.before.size for layer in ends.layers if layer.name in ("patches", "head")) == 448


def test_the_student_is_better_than_its_twin():
    taught, alone = (compressed(id).baseline for id in ("digits-student", "digits-student-alone"))
    labels = load("digits-student").labels
    gained = int(((taught.answers == labels) & (alone.answers != labels)).sum())
    lost = int(((taught.answers != labels) & (alone.answers == labels)).sum())
    chance = sum(comb(gained + lost, k) for k in range(gained, gained + lost + 1)) / 2 ** (gained + lost)
    assert gained > lost and chance < 0.05  # McNemar's exact test, one-sided
    assert load("digits-student").numbers.parameters == load("digits-student-alone").numbers.parameters
    for id in ("digits-student", "digits-student-alone"):
        assert len(compressed(id, quantize(8)).changed.broken) == 0


def test_the_tail_falls_first():
    labels = load("digits-longtail").labels
    rare = np.isin(labels, RARE)
    before, one, two, full = (
        [int((result.compressed.answers == labels)[part].sum()) for part in (rare, ~rare)]
        for result in (
            compressed("digits-longtail"), compressed("digits-longtail", prune(0.8)),
            compressed("digits-longtail", palettize(2)), compressed("digits-cnn", palettize(2)),
        )
    )  # fmt: skip
    assert [int(rare.sum()), int((~rare).sum())] == [108, 252]
    for seen, said in ((before, [85, 252]), (one, [69, 252]), (two, [42, 244]), (full, [106, 242])):
        np.testing.assert_allclose(seen, said, atol=2)
        assert all(str(number) in load("digits-longtail").card for number in said)


def test_a_wide_network_outlives_its_weights():
    wide, narrow = (compressed(id, prune(0.95)) for id in ("moons-wide", "spirals"))
    old, new = wide.probed
    assert np.mean(old == new) > 0.85 and wide.compressed.score > narrow.compressed.score + 0.3
    assert 20 * len(compressed("moons-wide", prune(0.95), palettize(3)).onnx) < len(load("moons-wide").onnx)


def test_the_costly_error_and_the_lost_confidence():
    labels = load("cancer").labels
    missed = [int(((r.compressed.answers == 1) & (labels == 0)).sum()) for r in (
        compressed("cancer"), compressed("cancer", palettize(1)),
    )]  # fmt: skip
    np.testing.assert_allclose(missed, [4, 11], atol=1)
    sure = [
        probability(compressed("cancer", *steps).compressed.outputs) for steps in ((), (prune(0.9),), (quantize(4),))
    ]
    np.testing.assert_allclose(sure, [0.957, 0.759, 0.957], atol=0.003)
    assert compressed("cancer", quantize(4)).changed.count == 0


def probability(logits):
    """The mean probability that a network gives its own answers."""
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return float((1 / odds.sum(axis=1)).mean())


# ---- what they have learnt from, and what they take ------------------------------------------------------------------


def rows(array):
    """The samples of an array as a set of bytes."""
    return {sample.tobytes() for sample in np.ascontiguousarray(array)}


def test_long_tail_leaves_few_of_the_rare():
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    train_test_split = pytest.importorskip("sklearn.model_selection").train_test_split
    x, y = load_digits(return_X_y=True)
    x, _, y, _ = train_test_split((x / 16).astype(np.float32), y, test_size=0.2, random_state=0, stratify=y)
    kept = long_tail(y)
    counts = np.bincount(y[kept])
    assert len(kept) == 1032 and all(
        count == KEPT if digit in RARE else count > 130 for digit, count in enumerate(counts)
    )
    assert rows(load("digits-longtail").calibration) <= rows(x[kept])


def test_cancer_is_held_out():
    pytest.importorskip("sklearn")
    from models.cancer import data

    (training, _), (inputs, labels) = data.split()
    np.testing.assert_allclose(load("cancer").inputs, inputs, atol=1e-5)
    np.testing.assert_array_equal(load("cancer").labels, labels)
    assert rows(inputs).isdisjoint(rows(training)) and len(training) == 229
    np.testing.assert_allclose(np.sort(load("cancer").calibration, axis=0), np.sort(training, axis=0), atol=1e-5)
    assert 100 / len(labels) < 0.3


def test_the_zoo_is_small():
    sizes = [len(load(id).onnx) for id in MODELS]
    assert max(sizes) <= LIMIT_EACH and sum(sizes) <= LIMIT_ALL
