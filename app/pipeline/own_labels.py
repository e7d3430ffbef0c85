"""How the answers of a person's own model are judged: what its labels mean beside what it puts out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from app.tasks.classification import answers

MANY = 1_000_000  # classes that no network has


@dataclass(frozen=True, eq=False)
class Judged:
    """How a model is scored.

    task, metric : as in `models.model.ModelInfo`
    classes : their names; () where outputs are numbers
    labels : int64 classes, of samples or of their pixels, or float32 numbers in the shape of the outputs
    reads : into `READS`
    """

    task: str
    metric: str
    classes: tuple[str, ...]
    labels: np.ndarray
    reads: str = "as they are"


def _logit(outputs: np.ndarray) -> np.ndarray:
    """One logit for each sample as the logits of two classes."""
    logits = outputs.reshape(-1, 1)
    return np.concatenate([np.zeros_like(logits), logits], axis=1)


def _probability(outputs: np.ndarray) -> np.ndarray:
    """One probability for each sample as the logits of two classes.

    >>> _probability(np.float32([[0.5], [0.75]])).round(3).tolist()
    [[0.0, 0.0], [0.0, 1.0989999771118164]]
    """
    share = outputs.astype(float).clip(1e-12, 1 - 1e-12)
    return _logit(np.log(share / (1 - share)).astype(np.float32))


def _of_pixels(read: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """One number for each pixel as the logits of two classes: (n, 1, ...), (n, ..., 1) or (n, ...) -> (n, 2, ...)."""

    def two(outputs: np.ndarray) -> np.ndarray:
        return np.moveaxis(read(outputs).reshape(*_one_channel(outputs.shape), 2), -1, 1)

    return two


def _one_channel(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of maps without the axis of their one channel, if they have one.

    >>> _one_channel((5, 1, 8, 8)), _one_channel((5, 8, 8, 1)), _one_channel((5, 8, 8))
    ((5, 8, 8), (5, 8, 8), (5, 8, 8))
    """
    if len(shape) == 3:
        return shape
    return (shape[0], *shape[2:]) if shape[1] == 1 else shape[:-1]


READS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "as they are": lambda outputs: outputs,
    "one logit": _logit,
    "one probability": _probability,
    "a logit for each pixel": _of_pixels(_logit),
    "a probability for each pixel": _of_pixels(_probability),
    "channels last": lambda outputs: np.moveaxis(outputs, -1, 1),
}
"How outputs are read."


def judged(outputs: np.ndarray, labels: np.ndarray | None, noise: bool, probability: bool) -> Judged:
    """How a model is scored.

    Parameters
    ----------
    outputs : float32, shape (n, ...)
    labels : as the person gave them; None if they gave none: the outputs themselves stand in for what is right
    noise : whether the samples are made up, so that classes say nothing and only errors count
    probability : whether an output lies between 0 and 1, as a sigmoid has it

    Raises
    ------
    ValueError
        In words for the person: which labels would do.
    """
    n, rows = len(outputs), outputs.ndim == 2 and outputs.shape[1] > 1
    if labels is None:
        if noise or not rows:
            return Judged("echo", "signal", (), outputs)
        return Judged("imitation", "agreement", _numbered(outputs.shape[1]), answers(outputs))
    if labels.shape[:1] != (n,) or labels.dtype.kind not in "iufbUS":
        raise ValueError(
            f"labels must be {n} numbers of classes or quantities, one for each sample; they are {labels.dtype} of "
            f"shape {labels.shape}"
        )
    if labels.ndim > 1 and outputs.ndim > 2 and (maps := _maps(outputs, labels, probability)):
        return maps
    names: tuple[str, ...] = ()
    if labels.dtype.kind in "US":
        found, labels = np.unique(labels.reshape(n), return_inverse=True)
        names = tuple(map(str, found))
    classes = _classes(labels)
    if rows and classes is not None and 0 <= classes.min() and classes.max() < outputs.shape[1]:
        return Judged("classification", "accuracy", _named(names, outputs.shape[1]), classes)
    if outputs.size == n and classes is not None and 0 <= classes.min() and classes.max() < 2:
        reads = "one probability" if probability else "one logit"
        return Judged("classification", "accuracy", _named(names, 2), classes, reads)
    if labels.size == outputs.size and labels.dtype.kind != "b" and not names:
        wanted = labels.reshape(outputs.shape).astype(np.float32)
        if np.isfinite(wanted).all():
            return Judged("signal", "signal", (), wanted)
    raise ValueError(_refusal(outputs, labels, classes))


def _maps(outputs: np.ndarray, labels: np.ndarray, probability: bool) -> Judged | None:
    """How a model is scored that says the class of each pixel; None if these are not the classes of its pixels.

    Labels may have an axis of one channel where the outputs have theirs. Where there is one number for each pixel it is
    one of two classes.
    """
    size = labels.size
    for axis, reads in ((1, "as they are"), (-1, "channels last")):
        shape = np.delete(outputs.shape, axis)
        if outputs.ndim > 3 and outputs.shape[axis] > 1 and size == np.prod(shape) and labels.shape[0] == shape[0]:
            classes = _whole(labels.reshape(shape))
            if classes is None or not 0 <= classes.min() <= classes.max() < outputs.shape[axis]:
                raise ValueError(
                    f"labels must be whole numbers of 0 to {outputs.shape[axis] - 1}, the class of each pixel"
                )
            return Judged("segmentation", "pixels", (), classes, reads)
    classes, shape = _whole(labels) if size == outputs.size else None, _one_channel(outputs.shape)
    if classes is None or classes.min() < 0 or classes.max() > 1 or size != np.prod(shape):
        return None
    reads = f"a {'probability' if probability else 'logit'} for each pixel"
    return Judged("segmentation", "pixels", (), classes.reshape(shape), reads)


def _refusal(outputs: np.ndarray, labels: np.ndarray, classes: np.ndarray | None) -> str:
    """What is wrong with labels that fit none of what can be scored."""
    each = " x ".join(map(str, outputs.shape[1:])) or "1"
    if outputs.ndim == 2 and classes is not None:
        count = max(outputs.shape[1], 2)
        return f"labels must lie in 0 to {count - 1}, one for each output of the network"
    if outputs.ndim == 2 and labels.ndim == 1:
        return (
            f"labels have fractions, as if one quantity were to be predicted, but the network gives {each} numbers for "
            f"each sample; without labels it is said how many answers stay"
        )
    return (
        f"labels have shape {labels.shape}, but the network gives {each} numbers for each sample; give as many, or the "
        f"number of a class, or none"
    )


def _classes(labels: np.ndarray) -> np.ndarray | None:
    """The class of each sample, however it is written: its number, also as a float, in a column, as true or false, or
    as a row with a single 1 in its place. None if these are no classes.

    >>> [_classes(np.array(labels)).tolist() for labels in ([2, 0, 1], [[2.0], [0.0], [1.0]], [True, False, True])]
    [[2, 0, 1], [2, 0, 1], [1, 0, 1]]
    >>> _classes(np.eye(4)[[3, 0, 1]]).tolist(), _classes(np.array([0.5, 1]))
    ([3, 0, 1], None)
    """
    if labels.ndim == 2 and labels.shape[1] > 1:
        one_hot = np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()
        return labels.argmax(axis=1).astype(np.int64) if one_hot else None
    if labels.size != len(labels):
        return None
    return _whole(labels.reshape(-1))


def _whole(labels: np.ndarray) -> np.ndarray | None:
    """Labels as int64 if all are whole, true and false as 1 and 0; else None."""
    if labels.dtype.kind in "US":
        return None
    labels = labels + 0
    whole = (np.abs(labels) < MANY) & (labels == np.floor(labels))  # no number that is none either
    return labels.astype(np.int64) if whole.all() else None


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


def _named(names: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The names of classes, numbers for those that no sample has."""
    return (*names, *map(str, range(len(names), count)))
