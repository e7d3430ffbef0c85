"""The beginning of a word, which both files go on to write, each letter the likeliest one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.runtime import Probe
from app.tasks.inputs.input import Input, Samples
from models.model import Model

LONGEST = 24  # letters that are read
FURTHER = 16  # letters that are written


def _text(value: Any) -> str:
    """A foreign text; capital letters are small ones. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"text is the beginning of a word, not {value!r:.40}")
    return value.strip().lower()[:LONGEST]


def letters(model: Model, text: str) -> list[int]:
    """The letters of a text that the model knows, by their numbers; the end of a word is none."""
    return [model.classes.index(letter) for letter in text if letter in model.classes[1:]]


def _context(model: Model, written: list[int]) -> np.ndarray:
    """What stands before the next letter, as the network reads it: float32, shape (1, context, letters)."""
    length, count = model.inputs.shape[1:]
    return np.eye(count, dtype=np.float32)[([0] * length + written)[-length:]][None]


def _samples(model: Model, index: int, values: Mapping[str, Any]) -> Samples:
    return _context(model, letters(model, values["text"])), None


def _writes(model: Model, values: Mapping[str, Any]) -> Probe:
    """The whole word, to the end that the file gives it."""
    written = letters(model, values["text"])
    for _ in range(FURTHER):
        outputs = yield _context(model, written)
        letter = int(np.nan_to_num(outputs[0], nan=-np.inf).argmax())
        if letter == 0:
            break
        written.append(letter)
    return "".join(model.classes[letter] for letter in written)


INPUT = Input(
    id="word",
    label="a word",
    hint="Type the beginning of a word.",
    fits=lambda model: model.picture == "letters",
    settings=lambda model, index, learnt: (),
    samples=_samples,
    others={"text": (_text, "")},
    writes=_writes,
)
