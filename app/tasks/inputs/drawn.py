"""A digit that a person draws: `static/pad.js` makes its numbers, as those of the data set were made."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.tasks.inputs.input import Input

SHAPE = 8, 8


def _ink(value: Any) -> tuple[float, ...]:
    """64 numbers, row by row. Raises ValueError."""
    try:
        numbers = np.asarray(value, np.float32)
    except (ValueError, TypeError, OverflowError):
        numbers = np.zeros(0, np.float32)
    if numbers.size != SHAPE[0] * SHAPE[1] or not np.isfinite(numbers).all():
        raise ValueError("ink is 64 finite numbers from 0 to 1, row by row")
    return tuple(numbers.ravel().tolist())


INPUT = Input(
    id="drawn",
    label="a digit",
    hint="Draw a digit.",
    fits=lambda model: model.id.startswith("digits-"),
    settings=lambda model, index, learnt: (),
    samples=lambda model, index, values: (
        np.array(values["ink"], np.float32).reshape(1, *model.inputs.shape[1:]), None
    ),
    others={"ink": (_ink, (0.0,) * 64)},
    ink=True,
)  # fmt: skip
