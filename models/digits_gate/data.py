"""Pictures in which there is no digit, made of digits. Used by train.py and tests only."""

import numpy as np

NOTHING = 10  # the class of a picture without a digit
TRAINING, HELD_OUT = 0, 1  # seeds
FEWER = 120  # pictures of nothing that are held out: even if all go on to the large network, it is soon done


def nothing(inputs, count, seed):
    """Pictures without a digit, a third each: nearly blank, noise, and what a window sees between two digits.

    Parameters
    ----------
    inputs : ndarray of float32, shape (n, 64), digits to take ink and pieces from
    count, seed : int

    Returns
    -------
    ndarray of float32, shape (count, 64), in steps of 1/16
    """
    rng = np.random.default_rng(seed)
    makers = [_blank] * (count // 3) + [_noise] * (count // 3) + [_between] * (count - 2 * (count // 3))
    return np.array([make(inputs, rng) for make in makers], dtype=np.float32)


def with_nothing(inputs, labels, count, seed):
    """Digits, and behind them pictures without a digit that are made of these.

    Parameters
    ----------
    inputs, labels : ndarrays of float32, shape (n, 64), 0 background to 1 ink, and of int64, shape (n,)
    count, seed : int

    Returns
    -------
    inputs, labels
        float32, shape (n + count, 1, 8, 8); int64, shape (n + count,), the digit or `NOTHING`
    """
    pictures = np.concatenate([inputs, nothing(inputs, count, seed)])
    return pictures.reshape(-1, 1, 8, 8), np.append(labels, np.full(count, NOTHING))


def _blank(inputs, rng):
    """Specks of faint ink here and there."""
    return (rng.random(64) < 0.15) * rng.integers(1, 9, 64) / 16


def _noise(inputs, rng):
    """The pixels of a digit in any order: as much ink, and no shape."""
    return rng.permutation(inputs[rng.integers(len(inputs))])


def _between(inputs, rng):
    """Pieces of two digits that stand side by side or one above the other."""
    two, axis, start = inputs[rng.integers(len(inputs), size=2)].reshape(2, 8, 8), rng.integers(2), rng.integers(3, 6)
    return np.concatenate(two, axis=axis).take(range(start, start + 8), axis=axis).ravel()
