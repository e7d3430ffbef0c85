"""Points on two interleaved half circles, blurred so that no classifier can be perfect."""

import numpy as np

RADIUS = 0.6
NOISE = 0.12  # standard deviation of the blur, in the units of the plane


def sample(n, rng):
    """Draw ``n`` points of the two half circles in turn; each begins at the other's centre.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    inputs, labels
        float32, shape (n, 2), x and y in -1 to 1; int64, shape (n,), the half circle 0 (upper) or 1 (lower)
    """
    moon = np.arange(n) % 2
    angle = np.pi * (rng.uniform(0, 1, n) + moon)  # the upper half from 0 to pi, the lower from pi to 2 pi
    centre = np.array([[-0.3, -0.15], [0.3, 0.15]])[moon]
    points = centre + RADIUS * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points += rng.normal(0, NOISE, points.shape)
    return points.clip(-1, 1).astype(np.float32), moon.astype(np.int64)


def split():
    """2400 training points and 600 held-out ones, each as (inputs, labels), from one seeded stream."""
    rng = np.random.default_rng(0)
    return sample(2400, rng), sample(600, rng)
