"""Made-up Results that look like real ones, for tests of what is drawn: nothing is compressed and nothing is run."""

from dataclasses import replace

import numpy as np

import models.model
from app.network.stored import StoredWeight
from app.network.vertex import Vertex
from app.results.flow import Flow, Said
from app.results.load import Load
from app.results.result import Changed, LayerReport, Measured, Result
from app.results.scene import Experiment, Scene
from app.results.times import Ratio, Times
from app.state.state import State
from kernels.weight import Weight
from models.metrics import METRICS

SHAPES = {
    "digits-mlp": {"fc1": ("Gemm", (300, 64)), "fc2": ("Gemm", (100, 300)), "fc3": ("Gemm", (10, 100))},
    "digits-cnn": {
        "conv1": ("Conv", (8, 1, 3, 3)), "conv2": ("Conv", (16, 8, 3, 3)),
        "fc1": ("Gemm", (100, 256)), "fc2": ("Gemm", (10, 100)),
    },
    "spirals": {"fc1": ("Gemm", (32, 2)), "fc2": ("Gemm", (32, 32)), "fc3": ("Gemm", (3, 32))},
}  # fmt: skip
WRONG = 9  # answers of the baseline that are wrong


def result(model="digits-mlp", *, broken=7, fixed=1, other=1, ratio=12.3, state=None, layers=None) -> Result:
    """A Result with so many answers broken, fixed, and changed from one wrong class to another."""
    loaded = models.model.load(model)
    rng = np.random.default_rng(3)
    labels, k = loaded.labels, len(loaded.classes)
    order = rng.permutation(len(labels))
    wrong, right = order[:WRONG], order[WRONG:]
    old = labels.copy()
    old[wrong] = (labels[wrong] + 1) % k
    new = old.copy()
    new[right[:broken]] = (labels[right[:broken]] + 3) % k if k > 3 else (labels[right[:broken]] + 1) % k
    new[wrong[:fixed]] = labels[wrong[:fixed]]
    new[wrong[fixed : fixed + other]] = (labels[wrong[fixed : fixed + other]] + 2) % k
    size = len(loaded.onnx)
    before, after = _measured(labels, old, k, size, 0.11), _measured(labels, new, k, int(size / ratio), 0.16)
    different = old != new
    changed = Changed(
        np.flatnonzero(different),
        np.flatnonzero(different & (old == labels)),
        np.flatnonzero(different & (new == labels)),
    )
    layers = layers or tuple(_layer(name, op, shape, rng) for name, (op, shape) in SHAPES[model].items())
    return Result(
        state or State(model),
        loaded,
        b"onnx",
        before,
        after,
        METRICS["accuracy"].difference(before.values, after.values),
        changed,
        layers,
        flow=_flow(loaded, layers, rng),
        weights={layer.name: Weight(layer.name, layer.after, mask=layer.after != 0) for layer in layers},
        probed=None if loaded.picture == "image" else np.stack([_arms(0.0), _arms(0.5)]),
        times=Times(Ratio(1.45, 1.4, 1.6), Ratio(0.5, 0.4, 0.55)),
    )


def scene(model="digits-mlp", *, tried=0, held=False, **options) -> Scene:
    """A Scene with its Result as the newest of `tried` + 1 experiments."""
    shown = result(model, **options)
    rng = np.random.default_rng(5)
    history = []
    for i in range(tried):
        size = int(shown.baseline.size_bytes / rng.uniform(1.5, 25))
        loss = 0.4 * rng.random() ** 6 + 0.15 * rng.random() * (1500 / size)
        history.append(experiment(replace(shown.state, seed=i), shown.baseline.score - loss, size))
    now = shown.compressed
    return Scene(shown, (*history, experiment(shown.state, now.score, now.size_bytes)), held)


def experiment(state: State, score: float, size: int) -> Experiment:
    return Experiment(state, score, size, 3, f"seed {state.seed}")


def _measured(labels, answers, k, size, latency) -> Measured:
    accuracy, outputs = METRICS["accuracy"], np.eye(k, dtype=np.float32)[answers]
    values = accuracy.each(outputs, labels)
    return Measured(
        accuracy.of(values), accuracy.interval(values), size, size // 2, latency, outputs, answers, values,
        single_ms=2 * latency,
    )  # fmt: skip


def _layer(name, op, shape, rng) -> LayerReport:
    """Half of the weights zero, the others rounded to one of seven values."""
    before = rng.laplace(0, 0.6 / np.sqrt(shape[1] + 3), shape).astype(np.float32)
    kept = np.abs(before) > np.median(np.abs(before))
    lut = np.quantile(before[kept], np.linspace(0.03, 0.97, 7))
    after = (lut[np.abs(before[..., None] - lut).argmin(-1)] * kept).astype(np.float32)
    load = Load(10 * before.size, 4 * before.size, 40 * (shape[0] + shape[1]))
    return LayerReport(
        name, op, shape, shape, 4 * before.size, before.size // 2, 4.0, float(np.mean(after == 0)),
        17.3, 3, load, load,
        (StoredWeight("mask + palette 3 bit"),), (), before, after,
        {"payload": before.size // 4, "places": before.size // 8, "graph": before.size // 8}, before.size / 5,
    )  # fmt: skip


def _flow(model, layers, rng) -> Flow:
    """A chain, in which each layer says something else than before."""
    vertices = [Vertex("x", "input"), *(Vertex(f"{each.name}.out", each.op, each.name, (i,)) for i, each in
                enumerate(layers)), Vertex("y", "output", "", (len(layers),))]  # fmt: skip
    said = {}
    for k, layer in enumerate(layers):
        shape = (layer.shape[0], 8, 8) if layer.op == "Conv" else layer.shape[:1]
        before = np.maximum(rng.normal(size=shape), 0).astype(np.float32)
        after = before + rng.normal(0, 0.05, shape).astype(np.float32)
        plane = None
        if model.picture == "point":
            plane = rng.normal(size=(2, layer.shape[0], 16, 16)).astype(np.float32)
        said[layer.name] = Said(before, after, plane, (22.0, 18.0, 11.0, 10.0)[k], (0.0, 3.0), (-0.1, 3.1), 0.02)
    return Flow(tuple(vertices), said, 256)


def _arms(twist: float, g: int = 64) -> np.ndarray:
    """Three spiral arms on a grid, bent by `twist`."""
    x, y = np.meshgrid(*[np.linspace(-1, 1, g)] * 2)
    turn = np.arctan2(y, x) - 5 * np.hypot(x, y) + twist * np.sin(4 * x) * y
    return (np.floor(turn / (2 * np.pi) * 3) % 3).astype(np.int64)
