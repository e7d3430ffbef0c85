"""Layers and what they read, for tests of what looks at calibration samples: the usual and the odd."""

import numpy as np
import pytest


def layer(n_rows, n_columns, n_samples, seed=0):
    """A weight and correlated inputs after a Relu: float32."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(n_columns, n_columns))
    inputs = np.maximum(rng.normal(size=(n_samples, n_columns)) @ mix, 0).astype(np.float32)
    return rng.normal(size=(n_rows, n_columns)).astype(np.float32), inputs


def _odd_layers():
    W, X = layer(5, 7, 40)
    dead, same, few = X.copy(), X.copy(), X[:3]
    dead[:, [0, 4]] = 0
    same[:, 1] = same[:, 2]
    return {
        "usual": (W, X),
        "dead inputs": (W, dead),
        "equal inputs": (W, same),
        "fewer samples than inputs": (W, few),
        "no input is ever on": (W, np.zeros_like(X)),
        "no samples": (W, X[:0]),
        "constant weights": (np.ones_like(W), X),
        "all zero": (np.zeros_like(W), X),
        "one row": (W[:1], X),
        "one column": (W[:, :1], X[:, :1]),
        "one weight": (W[:1, :1], X[:, :1]),
        "large": (W * np.float32(1e12), X * np.float32(1e6)),
        "small": (W * np.float32(1e-12), X * np.float32(1e-6)),
    }


ODD_LAYERS = _odd_layers()
every_layer = pytest.mark.parametrize("odd", ODD_LAYERS.values(), ids=ODD_LAYERS)


def finished(search):
    """What a generator returns; on the way it names ever greater shares of the work, the last one all of it."""
    shares = []
    while True:
        try:
            shares.append(next(search))
        except StopIteration as end:
            assert shares == sorted(shares) and all(0 <= share <= 1 for share in shares) and shares[-1:] in ([1], [])
            return end.value
