"""Points on three intertwined spiral arms, blurred so that no classifier can be perfect."""

import numpy as np

ARMS = 3
TURNS = 1.0  # full circles, from the start of an arm to its end
NOISE = 0.07  # standard deviation of the blur, in the units of the plane


def sample(n, rng):
    """Draw ``n`` points of the three arms in turn.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator

    Returns
    -------
    inputs, labels
        float32, shape (n, 2), x and y in -1 to 1; int64, shape (n,), the arm 0, 1 or 2
    """
    arm = np.arange(n) % ARMS
    along = np.sqrt(rng.uniform(0.02, 1, n))  # the root spreads points evenly over the area
    angle = 2 * np.pi * (TURNS * along + arm / ARMS)
    points = 0.9 * along[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points += rng.normal(0, NOISE, points.shape)
    return points.clip(-1, 1).astype(np.float32), arm.astype(np.int64)


def split():
    """2400 training points and 600 held-out ones, each as (inputs, labels), from one seeded stream."""
    rng = np.random.default_rng(0)
    return sample(2400, rng), sample(600, rng)
