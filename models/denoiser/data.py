"""Patches of scikit-learn's two photographs, in grey, as they are and with noise as of a dim sensor.

A square of each photograph is held out; patches to train on touch neither. Grey values are steps of 1/255, 0 to 1.
"""

import numpy as np
from sklearn.datasets import load_sample_images

SIDE = 16  # pixels of a patch
SQUARE = 192  # pixels of what is held out of a photograph: 12 x 12 patches
CORNERS = ((16, 160), (112, 208))  # its upper left corner, down and across: roof and sky, and the heart of the flower
STRIDE = 8  # pixels between one training patch and the next
NOISE = 0.07  # standard deviation
GREY = np.array([0.299, 0.587, 0.114])  # how bright red, green and blue look; ITU-R BT.601


def split():
    """Training patches, and held-out ones that put together are both squares side by side, 12 rows of 24 patches.

    Returns
    -------
    training : ndarray of float32, shape (n, 1, 16, 16), without noise
    held_out : ndarrays of float32, shape (288, 1, 16, 16), with noise and without
    """
    photographs = [image @ GREY / 255 for image in load_sample_images().images]
    training = np.concatenate([_around(*pair) for pair in zip(photographs, CORNERS, strict=True)])
    squares = [
        photograph[down : down + SQUARE, across : across + SQUARE]
        for photograph, (down, across) in zip(photographs, CORNERS, strict=True)
    ]
    both = np.concatenate(squares, axis=1)
    rows, columns = (length // SIDE for length in both.shape)
    clean = both.reshape(rows, SIDE, columns, SIDE).swapaxes(1, 2).reshape(-1, 1, SIDE, SIDE)
    noisy = clean + np.random.default_rng(0).normal(0, NOISE, clean.shape)
    return grey(training), (grey(noisy), grey(clean))


def _around(photograph, corner):
    """All patches of a photograph, a stride apart, that do not touch what is held out."""
    patches = []
    for down in range(0, photograph.shape[0] - SIDE + 1, STRIDE):
        for across in range(0, photograph.shape[1] - SIDE + 1, STRIDE):
            inside = [-SIDE < at - start < SQUARE for at, start in zip((down, across), corner, strict=True)]
            if not all(inside):
                patches.append(photograph[down : down + SIDE, across : across + SIDE])
    return np.stack(patches)[:, None]


def grey(values):
    """As a file would hold them: within 0 to 1, in steps of 1/255."""
    return np.round(values.clip(0, 1) * 255).astype(np.float32) / 255
