"""Samples that are made up, where a person's own model comes without any: the same each time."""

from __future__ import annotations

from math import prod
from random import Random

import numpy as np
from onnx import ModelProto, TensorProto

from app.network.opening.inputs import tokens
from app.tasks.inputs.luck import normal

NOISE = 64  # samples made up,
FEWEST = 4  # or so few where they are large
LARGEST = 2_000_000  # numbers made up in all: a second's work
OPEN = 16  # steps of a sequence whose length the file leaves open


def made_up(model: ModelProto, shape: tuple[int | None, ...]) -> np.ndarray:
    """Normal noise for an input of floats, as float32; for one of whole numbers any that it takes, equally likely.

    Parameters
    ----------
    shape : of the input, None where a size is open

    Raises
    ------
    ValueError
        If too much of the shape is open, or a sample is too large.
    """
    whole = model.graph.input[0].type.tensor_type.elem_type != TensorProto.FLOAT
    sizes = [OPEN if size is None and (len(shape) == 2 and whole or len(shape) == 3 and axis == 1) else size
             for axis, size in enumerate(shape)]  # fmt: skip
    if len(shape) < 2 or any(size is None for size in sizes[1:]):
        raise ValueError(
            f"this network leaves the size of its input open, {spelled(shape)}; give an evaluation set along with it"
        )
    count = min(NOISE, LARGEST // max(prod(sizes[1:]), 1))
    if count < FEWEST:
        raise ValueError(f"an input of shape {spelled(shape)} is too large to make up; give an evaluation set with it")
    if whole:
        pick, kinds = Random(0).randrange, tokens(model)
        numbers = np.fromiter((pick(kinds) for _ in range(count * prod(sizes[1:]))), np.float32)
        return numbers.reshape(count, *sizes[1:])
    return normal((count, *sizes[1:]), 0).astype(np.float32)


def spelled(shape: tuple[int | None, ...]) -> str:
    """A shape in words.

    >>> spelled((None, 3, 8))
    '(any, 3, 8)'
    """
    return "(" + ", ".join("any" if size is None else str(size) for size in shape) + ")"
