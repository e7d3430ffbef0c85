"""How long the techniques take by themselves: natively, and in the page's Python under Node (kernels.mjs).

Instant and calibrated methods work on 100,000 weights, thorough ones on the largest model of the zoo. What a layer
reads is that of the original network, read beforehand: only the techniques are timed. Large products, which in the page
onnxruntime finds in a fifth of the time, are NumPy's here.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from dataclasses import astuple
from pathlib import Path
from time import perf_counter

import numpy as np

from kernels.calibrated.patches import Window, patches
from kernels.channel_group import ChannelGroup, Member
from kernels.weight import Weight
from tests.techniques import run

BUDGET = {"instant": 60, "calibrated": 400, "thorough": 5000}  # milliseconds in Pyodide
SHAPES = {"fc1": (256, 256), "fc2": (128, 256), "fc3": (10, 128)}  # 99,584 weights
SAMPLES = 256
ROUNDS = 3
QUANTIZE, PALETTIZE, PRUNE = ("quantize", {"bits": 4}), ("palettize", {"bits": 4}), ("prune", {"sparsity": 0.8})
THOROUGH = ("repair", {"effort": "thorough"})
CASES = [  # tier, steps before, the step that is timed
    ("instant", [], QUANTIZE),
    ("instant", [], ("quantize", {"bits": 4, "granularity": "per_block", "scheme": "asymmetric"})),
    ("instant", [], ("quantize", {"dtype": "fp8"})),
    ("instant", [], PALETTIZE),
    ("instant", [], ("palettize", {"bits": 8})),
    ("instant", [], PRUNE),
    ("instant", [], ("prune", {"sparsity": 0.5, "pattern": "n_m"})),
    ("instant", [QUANTIZE], ("repair", {"effort": "instant"})),
    ("calibrated", [], ("quantize", {"bits": 4, "range": "mse"})),
    ("calibrated", [], ("quantize", {"bits": 4, "range": "hqq"})),
    ("calibrated", [], ("palettize", {"bits": 4, "cluster_dim": 2})),
    ("calibrated", [], ("factorize", {})),
    ("calibrated", [], ("prune", {"sparsity": 0.8, "criterion": "wanda"})),
    ("calibrated", [], ("prune", {"sparsity": 0.8, "criterion": "sparsegpt", "scope": "layer"})),
    ("calibrated", [QUANTIZE], ("repair", {"method": "gptq"})),
    ("calibrated", [QUANTIZE], ("repair", {})),
    ("calibrated", [PALETTIZE], ("repair", {})),
    ("calibrated", [PRUNE], ("repair", {})),
    ("thorough", [], ("prune", {"sparsity": 0.8, "criterion": "exact_obs"})),
    ("thorough", [], ("structured", {"sparsity": 0.5, "criterion": "obs"})),
    ("thorough", [QUANTIZE], THOROUGH),
    ("thorough", [PALETTIZE], THOROUGH),
    ("thorough", [PRUNE], THOROUGH),
]


def rows(scratch: Path, pyodide: Path, numpy: Path) -> list[tuple[str, float, float, float]]:
    """Rows (what, milliseconds in Pyodide, milliseconds natively, budget in Pyodide).

    pyodide : folder of Pyodide's package; numpy : its wheel
    """
    stored = scratch / "largest.npz"
    id = store_largest(stored)
    script = Path(__file__).with_suffix(".mjs")
    done = subprocess.run(
        ["node", script, pyodide, numpy, Path.cwd(), stored], check=True, capture_output=True, text=True
    )
    pairs = zip(CASES, json.loads(done.stdout.splitlines()[-1]), measure(str(stored)), strict=True)
    named = []
    for (tier, before, (timed, options)), mine, native in pairs:
        words = [name for name, _ in before] + [" ".join([timed, *map(str, options.values())])]
        place = id if tier == "thorough" else "100k weights"
        named.append((f"{tier}, {place}: {' + '.join(words)}", mine, native, BUDGET[tier]))
    return named


def measure(stored: str) -> list[float]:
    """Milliseconds of each of `CASES`, the least of several rounds; `stored` as `store_largest` leaves it."""
    made, largest = made_up(), from_file(stored)
    times = []
    for tier, before, (timed, options) in CASES:
        weights, answer, channel_groups = largest if tier == "thorough" else made
        originals = {weight.name: weight for weight in weights}
        for technique, given in before:
            weights = run(technique, weights, given, originals=originals, answer=answer)
        taken = []
        for _ in range(1 if tier == "thorough" else ROUNDS):
            start = perf_counter()
            run(timed, weights, options, channel_groups, originals=originals, answer=answer)
            taken.append(1000 * (perf_counter() - start))
        times.append(min(taken))
    return times


def made_up():
    """Weights of a network that nobody trained, what answers for it, and no channel groups."""
    rng = np.random.default_rng(0)
    weights, inputs = [], {}
    for name, shape in SHAPES.items():
        weights.append(Weight(name, rng.normal(size=shape).astype(np.float32), bias=np.zeros(shape[0], np.float32)))
        inputs[name] = np.maximum(rng.normal(size=(1, SAMPLES, shape[1])), 0).astype(np.float32)
    return weights, lambda asked: inputs[asked.name], ()


def from_file(stored: str):
    """The same of a file that `store_largest` wrote."""
    data = np.load(stored)
    layers = json.loads(str(data["layers"]))
    weights = [Weight(n, data[f"{n}.w"], bias=data[f"{n}.b"], groups=groups) for n, (groups, _) in layers.items()]

    def answer(asked):
        window = layers[asked.name][1]
        return patches(data[f"{asked.name}.x"], window and Window(*map(tuple, window[:-1]), groups=window[-1]))

    return weights, answer, [group_of(each) for each in json.loads(str(data["channel_groups"]))]


def group_of(stored: dict) -> ChannelGroup:
    """A channel group that JSON made lists of."""
    parts = {kind: tuple(Member(*part) for part in stored[kind]) for kind in ("producers", "consumers", "between")}
    return ChannelGroup(**stored | parts)


def store_largest(path: Path) -> str:
    """Write weights and inputs of the zoo's largest model; its id."""
    from app.network.read import read  # in here, for the page's Python under Node has neither onnx nor onnxruntime
    from app.runtime.native import NativeRuntime
    from models import MODELS
    from models import model as models

    model = max(map(models.load, MODELS), key=lambda model: len(model.onnx))
    network = read(model.onnx)
    arrays, layers = {}, {}
    for layer, weight in zip(network.layers, network.weights, strict=True):
        onnx = network.write(network.weights, watched=[layer.input]).onnx
        inside = layer.input != network.input
        x = model.calibration[:SAMPLES]
        arrays[f"{layer.name}.x"] = asyncio.run(NativeRuntime().trace(onnx, x))[-1] if inside else x
        arrays[f"{layer.name}.w"] = weight.values
        arrays[f"{layer.name}.b"] = np.zeros(len(weight.values), np.float32) if weight.bias is None else weight.bias
        layers[layer.name] = weight.groups, layer.window and astuple(layer.window)
    channel_groups = [vars(group) for group in network.channel_groups]
    np.savez(path, layers=json.dumps(layers), channel_groups=json.dumps(channel_groups), **arrays)
    return model.id
