"""Whole networks against the figures of an earlier, independent implementation of the same rules.

reference.npz holds scikit-learn 1.9.1's MLPClassifier((128, 64), alpha=1e-4, batch_size=64, learning_rate_init=1e-3,
max_iter=60, random_state=0) trained on 80 % of load_digits() / 16; it is stored because training is not the same to
the last bit everywhere. Each row: recipe, accuracy in percent on the other 360 images, SQNR of the logits in dB.
"""

from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from kernels.distortion import sqnr_db
from kernels.technique import Coupling, Weight
from tests.techniques import run

STORED = np.load(Path(__file__).with_name("reference.npz"))
FLOAT = [Weight(f"fc{i}", STORED[f"weight{i}"]) for i in range(3)]
COUPLINGS = (Coupling(("fc0",), (("fc1", 1),)), Coupling(("fc1",), (("fc2", 1),)))

ASYMMETRIC, BLOCK, TENSOR, LAYER = (
    {"scheme": "asymmetric"},
    {"granularity": "per_block"},
    {"granularity": "per_tensor"},
    {"scope": "layer"},
)
SAME_RULE = [
    ([("quantize", {"dtype": "fp16"})], 96.94, 77.0),
    ([("quantize", {"bits": 8} | TENSOR)], 96.94, 42.7),
    ([("quantize", {"bits": 8})], 96.94, 47.2),
    ([("quantize", {"bits": 4} | TENSOR)], 96.94, 18.4),
    ([("quantize", {"bits": 4})], 96.94, 21.6),
    ([("quantize", {"bits": 4} | ASYMMETRIC)], 97.22, 25.4),
    ([("quantize", {"bits": 4} | BLOCK)], 96.94, 22.8),
    ([("quantize", {"bits": 4} | BLOCK | ASYMMETRIC)], 97.22, 25.6),
    ([("quantize", {"bits": 3})], 96.67, 13.5),
    ([("quantize", {"bits": 2} | ASYMMETRIC)], 93.33, 10.6),
    ([("quantize", {"bits": 2} | BLOCK | ASYMMETRIC)], 95.83, 13.5),
    ([("prune", {"sparsity": 0.5} | LAYER)], 95.28, 11.7),
    ([("prune", {"sparsity": 0.75} | LAYER)], 78.89, 4.6),
    ([("prune", {"sparsity": 0.9} | LAYER)], 36.67, 0.7),
    ([("prune", {"sparsity": 0.95} | LAYER)], 10.0, 0.2),
    ([("prune", {"sparsity": 0.5})], 95.56, 16.4),
    ([("prune", {"sparsity": 0.75})], 93.06, 6.5),
    ([("prune", {"sparsity": 0.9})], 78.89, 1.0),
    ([("prune", {"sparsity": 0.95})], 25.83, 0.2),
    ([("structured", {"sparsity": 0.25})], 94.44, 10.2),
    ([("structured", {"sparsity": 0.5})], 77.22, 2.5),
]
NEAR_OPTIMAL = [
    ([("palettize", {"bits": 8})], 96.94, 51.7),
    ([("palettize", {"bits": 6})], 96.94, 38.6),
    ([("palettize", {"bits": 4})], 97.22, 24.9),
    ([("palettize", {"bits": 3})], 97.22, 18.7),
    ([("palettize", {"bits": 2})], 91.67, 10.9),
    ([("palettize", {"bits": 1})], 76.11, 3.2),
    ([("prune", {"sparsity": 0.5} | LAYER), ("palettize", {"bits": 4})], 93.89, 11.4),
    ([("prune", {"sparsity": 0.75} | LAYER), ("palettize", {"bits": 4})], 79.44, 4.6),
    ([("prune", {"sparsity": 0.9} | LAYER), ("palettize", {"bits": 4})], 36.11, 0.7),
]


@pytest.fixture(scope="module")
def images():
    inputs, labels = load_digits(return_X_y=True)
    inputs = (inputs / 16).astype(np.float32)
    _, held_out, _, answers = train_test_split(inputs, labels, test_size=0.2, random_state=0, stratify=labels)
    return held_out, answers


def logits(weights, inputs):
    for i, weight in enumerate(weights):
        bias = STORED[f"bias{i}"]
        inputs = inputs @ weight.values.T + (bias if weight.kept_out is None else bias[weight.kept_out])
        inputs = np.maximum(inputs, 0) if i < 2 else inputs
    return inputs


def measured(recipe, images):
    inputs, labels = images
    weights = FLOAT
    for technique, params in recipe:
        results = run(technique, weights, params, COUPLINGS)
        weights = [new if isinstance(new, Weight) else old for old, new in zip(weights, results, strict=True)]
    outputs = logits(weights, inputs)
    return 100 * (outputs.argmax(axis=1) == labels).mean(), sqnr_db(logits(FLOAT, inputs), outputs)


def test_the_network_itself(images):
    inputs, labels = images
    assert (logits(FLOAT, inputs).argmax(axis=1) == labels).sum() == 349  # 96.94 %


@pytest.mark.parametrize(("recipe", "accuracy", "sqnr"), SAME_RULE)
def test_the_same_rule_gives_the_same_figures(recipe, accuracy, sqnr, images):
    assert measured(recipe, images) == (pytest.approx(accuracy, abs=0.006), pytest.approx(sqnr, abs=0.051))


@pytest.mark.parametrize(("recipe", "accuracy", "sqnr"), NEAR_OPTIMAL)
def test_palettes_give_nearly_the_same_figures(recipe, accuracy, sqnr, images):
    # Theirs is the exact optimum. At 6 bits the squared error of our weights is 1.001 times theirs (test_kernels.py has
    # the limit), and still the logits come out 0.8 dB better: their error follows that of the weights only loosely.
    assert measured(recipe, images) == (pytest.approx(accuracy, abs=0.6), pytest.approx(sqnr, abs=1))
