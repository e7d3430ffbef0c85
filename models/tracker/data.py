"""Video clips of a soft spot that wanders over a noisy background, made by a seeded generator.

A frame is 16 x 16 grey values in steps of 1/255, as a camera would give them. The place of the spot is known to a
fraction of a pixel: x to the right and y down, in pixels, (0, 0) the middle of the pixel in the upper left corner.
"""

import numpy as np

SIDE = 16  # pixels
FRAMES = 60  # of a clip
MARGIN = 2.5  # pixels between the border and the middle of the spot, at least
NOISE = 0.03  # standard deviation, in grey values of 0 to 1
SPREAD, BRIGHT = 1.2, 0.65  # of a spot, on average: standard deviation in pixels, and how much lighter it is


def clip(rng):
    """One clip.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    inputs, labels
        float32, shape (60, 1, 16, 16), 0 to 1; float32, shape (60, 2), x and y of the spot in pixels
    """
    reach = (SIDE - 1) / 2 - MARGIN
    place = (SIDE - 1) / 2 + reach * _wandering(rng, 2)
    spread = SPREAD + 0.3 * _wandering(rng, 2)  # the spot is round only now and then
    bright = BRIGHT + 0.2 * _wandering(rng, 1)
    slope = rng.uniform(-0.1, 0.1, 2) / SIDE  # light falls from one side
    noise = rng.normal(0, NOISE, (FRAMES, SIDE, SIDE))
    return frames(place, spread, bright, slope, noise), place.astype(np.float32)


def frames(place, spread, bright, slope, noise):
    """Frames with a spot in each.

    Parameters
    ----------
    place, spread : float, shape (n, 2), x and y of its middle and its standard deviations, in pixels
    bright : float, shape (n, 1), how much lighter than the background its middle is
    slope : float, shape (2,), by how much the background grows lighter a pixel down and a pixel to the right
    noise : float, shape (n, 16, 16), in grey values

    Returns
    -------
    float32, shape (n, 1, 16, 16), 0 to 1
    """
    pixels = np.arange(SIDE)
    across, down = (np.exp(-(((pixels - place[:, i, None]) / spread[:, i, None]) ** 2) / 2) for i in (0, 1))
    spot = bright[:, :, None] * down[:, :, None] * across[:, None, :]
    background = 0.15 + slope[0] * pixels[:, None] + slope[1] * pixels
    values = (background + spot + noise).clip(0, 1)
    return np.round(values[:, None] * 255).astype(np.float32) / 255


def _wandering(rng, count):
    """Smooth paths from -1 to 1, shape (60, count): three waves each, the slower ones the wider."""
    time = np.linspace(0, 1, FRAMES)[:, None, None]
    periods = rng.uniform((0.5, 1, 2), (1, 2, 4), (count, 3))  # in clips
    phases = rng.uniform(0, 2 * np.pi, (count, 3))
    return np.sin(2 * np.pi * periods * time + phases) @ np.array([0.5, 0.3, 0.2])


def clips(count, rng):
    """Several clips, one after the other; shapes as for ``clip``, with 60 * count frames."""
    pictures, places = zip(*(clip(rng) for _ in range(count)), strict=True)
    return np.concatenate(pictures), np.concatenate(places)


def split():
    """150 clips to train on and 6 held-out ones, from one seeded stream."""
    rng = np.random.default_rng(0)
    return clips(150, rng), clips(6, rng)
