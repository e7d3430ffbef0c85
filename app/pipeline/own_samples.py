"""The samples of a person's own model: those of an ``.npz`` file, or noise where there is none."""

from __future__ import annotations

from io import BytesIO
from math import prod
from random import Random
from zipfile import BadZipFile, ZipFile

import numpy as np

from app.pipeline.base import CALIBRATION

LIMIT = 64_000_000  # bytes of a file, and of what an evaluation set unpacks to: a tab's memory is not endless
NOISE = 64  # samples made up where there is no evaluation set
ENOUGH = 128  # samples from which on some are set aside to calibrate on
SET_ASIDE = 4  # of which one in so many is, but no more than anybody calibrates on
LARGEST = 20_000  # numbers in a sample that is made up: a second's work


class TooLarge(ValueError):
    """An evaluation set that a tab has no room for."""


def samples_of(evaluation: bytes | None, shape: tuple[int | None, ...]) -> tuple[np.ndarray, np.ndarray | None]:
    """Inputs for a network that wants them in `shape`, float32, and their labels, int64, shape (n,), if known.

    Raises
    ------
    ValueError
        In words for the person: what is wrong with the evaluation set, or why one is needed.
    """
    inputs, labels = _noise(shape) if evaluation is None else _read(evaluation)
    _check_shape(inputs.shape, shape)
    return inputs, labels


def set_aside(
    inputs: np.ndarray, labels: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:  # fmt: skip
    """Inputs and labels to score on, and inputs to calibrate on, by lot: none of both where there are too few to share.

    The lot falls the same each time.

    Examples
    --------
    >>> [[len(part) for part in set_aside(np.zeros((n, 2)), np.zeros(n))] for n in (100, 360, 5000)]
    [[100, 100, 0], [270, 270, 90], [4744, 4744, 256]]
    """
    count = len(inputs)
    aside = np.zeros(count, bool)
    if count >= ENOUGH:
        aside[Random(0).sample(range(count), min(count // SET_ASIDE, CALIBRATION))] = True
    return inputs[~aside], None if labels is None else labels[~aside], inputs[aside]


def _read(evaluation: bytes) -> tuple[np.ndarray, np.ndarray | None]:
    """Inputs and labels of an ``.npz`` file."""
    try:
        with ZipFile(BytesIO(evaluation)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > LIMIT:
            raise TooLarge(f"the evaluation set unpacks to {size / 1e6:.0f} MB; at most {LIMIT / 1e6:.0f} MB will do")
        arrays = dict(np.load(BytesIO(evaluation)))  # without pickles: these bytes may come from anywhere
        inputs = np.ascontiguousarray(arrays["inputs"], dtype=np.float32)
        labels = np.asarray(arrays["labels"]) if "labels" in arrays else None
    except KeyError:
        raise ValueError("the evaluation set has no array named inputs; np.savez(file, inputs=...) makes one") from None
    except TooLarge:
        raise
    except (ValueError, TypeError, EOFError, BadZipFile, OverflowError, NotImplementedError, OSError) as error:
        raise ValueError(
            "the evaluation set is not an .npz file of numbers, or only a part of one; "
            "np.savez(file, inputs=..., labels=...) makes one"
        ) from error
    if inputs.ndim < 2 or len(inputs) == 0 or not np.isfinite(inputs).all():
        raise ValueError(f"inputs must be finite and have one row for each sample; they have shape {inputs.shape}")
    if labels is None:
        return inputs, None
    return inputs, _classes(labels, len(inputs))


def _classes(labels: np.ndarray, count: int) -> np.ndarray:
    """The class of each sample, however it is written: its number, also as a float, in a column, as true or false, or
    as a row with a single 1 in its place.

    >>> [_classes(np.array(labels), 3).tolist() for labels in ([2, 0, 1], [[2.0], [0.0], [1.0]], [True, False, True])]
    [[2, 0, 1], [2, 0, 1], [1, 0, 1]]
    >>> _classes(np.eye(4)[[3, 0, 1]], 3).tolist()
    [3, 0, 1]
    """
    if labels.dtype.kind not in "iufb" or labels.shape[:1] != (count,) or labels.ndim > 2:
        raise ValueError(
            f"labels must be {count} numbers of classes, one for each sample; they are {labels.dtype} of shape "
            f"{labels.shape}"
        )
    if labels.ndim == 2 and labels.shape[1] > 1:
        if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise ValueError(
                "labels have several numbers for each sample; of those one must be 1, its class, the rest 0"
            )
        return labels.argmax(axis=1).astype(np.int64)
    labels = labels.reshape(count)
    if not (np.isfinite(labels) & (labels == np.floor(labels))).all():
        raise ValueError(
            "labels have fractions, as if a quantity were to be predicted; the playground scores classes, and without "
            "labels it says how many answers stay"
        )
    return labels.astype(np.int64)


def _noise(shape: tuple[int | None, ...]) -> tuple[np.ndarray, None]:
    """Normal noise of the input's shape; the same for the same shape."""
    if len(shape) < 2 or any(size is None for size in shape[1:]):
        raise ValueError(
            f"this network leaves the size of its input open, {_spelled(shape)}; give an evaluation set along with it"
        )
    if prod(shape[1:]) > LARGEST:
        raise ValueError(f"an input of shape {_spelled(shape)} is too large to make up; give an evaluation set with it")
    gauss = Random(0).gauss  # not NumPy's: half a megabyte that nobody else in the page needs
    count = NOISE * prod(shape[1:])
    noise = np.fromiter((gauss(0, 1) for _ in range(count)), np.float32, count)
    return noise.reshape(NOISE, *shape[1:]), None


def _check_shape(given: tuple[int, ...], wanted: tuple[int | None, ...]) -> None:
    same = len(given) == len(wanted) and all(w is None or w == g for g, w in zip(given[1:], wanted[1:], strict=True))
    if not same:
        raise ValueError(f"inputs have shape {given}, but the network wants {_spelled(wanted)}")
    if wanted[0] not in (None, given[0]):
        raise ValueError(f"the network takes exactly {wanted[0]} samples at a time; export it with an open batch size")


def _spelled(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("any" if size is None else str(size) for size in shape) + ")"
