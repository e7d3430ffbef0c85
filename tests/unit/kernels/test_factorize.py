"""Factorize: ranks, answers, files with two layers for one, and steps that come later."""

from dataclasses import replace

import numpy as np
import pytest

from kernels.step import parts_of
from kernels.storage.encoding import decode
from kernels.storage.low_rank import compose
from kernels.technique import Skipped
from kernels.weight import Affine, Float, LowRank, Palette, Weight
from tests.made import networks
from tests.made.calibrated import Calibrated
from tests.techniques import run

RNG = np.random.default_rng(4)
PICTURES = RNG.standard_normal((20, 3, 6, 6)).astype(np.float32)
ROWS = (RNG.standard_normal((60, 40)) @ (RNG.standard_normal((40, 40)) * np.logspace(-2, 0, 40))).astype(np.float32)
NETWORKS = {
    "Gemm": Calibrated(networks.mlp((40, 30, 20, 5)), ROWS),
    "Conv": Calibrated(networks.residual(), PICTURES),
    "MatMul": Calibrated(networks.transformer(), PICTURES),
}
on_every_network = pytest.mark.parametrize("tiny", NETWORKS.values(), ids=NETWORKS)
HALF = ("factorize", {"by": "rank", "keep": 0.3})


def product(rows, columns, values):
    """A matrix with these singular values."""
    left, right = (np.linalg.qr(RNG.standard_normal((n, len(values))))[0] for n in (rows, columns))
    return Weight("fc", (left * values @ right.T).astype(np.float32), bias=np.zeros(rows, np.float32))


def test_ranks():
    exact = product(20, 30, [3, 1, 1e-3])
    for params, rank in (
        ({"keep": 0.8}, 1), ({"keep": 0.95}, 2), ({"by": "rank", "keep": 0.25}, 5), ({"by": "rank", "keep": 0.02}, 1),
    ):  # fmt: skip
        (thin,) = run("factorize", [exact], params)
        assert thin.form.inner.values.shape == (rank, 30) and thin.form.outer.values.shape == (20, rank)
        assert thin.notes == (f"Rank {rank}.",) and (decode(thin) == thin.values).all()
        assert (compose(thin.form.inner.values, thin.form.outer.values) == thin.values).all()
    (thin,) = run("factorize", [exact], {"by": "rank", "keep": 0.25})
    np.testing.assert_allclose(thin.values, exact.values, atol=1e-6)
    assert thin.form.inner.bias is None and thin.form.outer.bias.shape == (20,)


@pytest.mark.parametrize(
    ("weight", "params", "words"),
    [
        (product(20, 30, [1] * 20), {"keep": 1.0}, "rank 20 would take more numbers than the 20 x 30 it has; at most"),
        (product(1, 30, [1]), {}, "no rank takes fewer"),
        (Weight("deep", np.ones((4, 1, 3, 3), np.float32), groups=4), {}, "split into groups"),
        (replace(product(20, 30, [3, 1]), mask=np.ones((20, 30), bool)), {}, "let Factorize go first"),
        (run("quantize", [product(20, 30, [3, 1])], {})[0], {}, "encoded already"),
        (Weight("fc", np.full((9, 9), 1e30, np.float32)), {}, "too large to compute with"),
    ],
)
def test_what_does_not_pay_or_cannot_be_says_why(weight, params, words):
    (skipped,) = run("factorize", [weight], params)
    assert isinstance(skipped, Skipped) and words in skipped.reason


def test_weighted_by_inputs_the_answers_stay_closer():
    tiny = NETWORKS["Gemm"]
    plain, weighted = (tiny.recipe(("factorize", {**HALF[1], "weighted": kind})) for kind in ("weights", "inputs"))
    assert tiny.error(weighted) < 0.7 * tiny.error(plain)
    distances = [sum(np.square(w.values - o.values).sum() for w, o in zip(each, tiny.network.weights, strict=True))
                 for each in (plain, weighted)]  # fmt: skip
    assert distances[0] < distances[1], "nothing is closer to the weights than plain SVD"


@on_every_network
def test_the_file_computes_with_the_product(tiny):
    weights = tiny.recipe(HALF)
    thin = [weight for weight in weights if isinstance(weight.form, LowRank)]
    assert thin
    written = tiny.network.write(weights)
    networks.check(written.onnx)
    plain = tiny.network.write([replace(weight, form=Float()) for weight in weights])
    networks.same_answers(written.onnx, plain.onnx, tiny.x)
    assert len(written.onnx) < len(plain.onnx)
    assert {written.stored[weight.name].label for weight in thin} == {"float32 x float32"}


@on_every_network
@pytest.mark.parametrize(
    "steps",
    [
        [("quantize", {"bits": 8})],
        [("quantize", {"bits": 4, "scheme": "asymmetric"})],
        [("quantize", {"dtype": "fp16"})],
        [("palettize", {"bits": 3})],
        [("prune", {"sparsity": 0.5})],
        [("prune", {"sparsity": 0.5, "criterion": "wanda", "scope": "layer"}), ("palettize", {"bits": 4})],
        [("quantize", {"bits": 4}), ("repair", {})],
    ],
    ids=str,
)
def test_later_steps_work_on_both_parts(tiny, steps):
    weights = tiny.recipe(HALF, *steps)
    shapes, parts = {}, {}
    for weight in weights:
        assert (decode(weight) == weight.values).all()
        if isinstance(weight.form, LowRank):
            for part in parts_of(weight):
                parts[f"{part.name}.weight"] = part
                turned = tiny.network.layer(weight.name).op == "MatMul"
                shapes[f"{part.name}.weight"] = part.values.T.shape if turned else part.values.shape
    assert parts
    kinds = {"quantize": (Affine, Float), "palettize": Palette, "prune": Float}
    kind = kinds[next(name for name, _ in reversed(steps) if name in kinds)]
    assert all(isinstance(part.form, kind) for part in parts.values())
    if steps[0][0] == "prune":
        assert all(part.mask is not None for part in parts.values())
    written = tiny.network.write(weights).onnx
    networks.check(written)
    plain = [replace(weight, form=Float(), mask=None) for weight in weights]
    networks.same_answers(written, tiny.network.write(plain).onnx, tiny.x)
    held = networks.decoded(written, shapes, tiny.x)
    for name, part in parts.items():
        tall = held[name] if held[name].shape == part.values.shape else held[name].T
        assert (tall == part.values).all()


@on_every_network
@pytest.mark.parametrize("mode", ["static", "dynamic"])
def test_both_parts_multiply_integers(tiny, mode):
    weights = tiny.recipe(HALF, ("activations", {"mode": mode, "where": "everywhere"}))
    thin = [weight for weight in weights if isinstance(weight.form, LowRank)]
    assert thin and all(part.activation is not None for weight in thin for part in parts_of(weight))
    written = tiny.network.write(weights)
    networks.check(written.onnx)
    exact = tiny.answers(tiny.recipe(HALF))
    assert np.square(tiny.answers(weights) - exact).mean() < 0.05 * np.square(exact - exact.mean(axis=0)).mean()
    assert all(written.stored[weight.name].label.count("activations") == 2 for weight in thin)


def test_after_channels_are_gone():
    tiny = NETWORKS["Gemm"]
    weights = tiny.recipe(("structured", {"sparsity": 0.3}), ("factorize", {**HALF[1], "weighted": "inputs"}), "repair")
    assert [w.values.shape for w in weights] == [(21, 40), (14, 21), (5, 14)]
    assert weights[1].form.outer.reference.values.shape == (14, 30), "of the channels that are left"
    networks.check(tiny.network.write(weights).onnx)
