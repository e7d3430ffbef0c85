"""A sample as the letters that came before, and a gap for the next one."""

from __future__ import annotations

import os
from html import escape
from math import prod

import numpy as np

from app.results.attempt import Attempted
from app.results.result import Result
from app.screen.pictures.picture import Picture, sized
from models.model import Model


def draw(result: Result, index: int, held: bool) -> str:
    model = result.model
    return _before(model, model.inputs[index])


def _before(model: Model, sample: np.ndarray) -> str:
    before = "".join(model.classes[letter] for letter in sample.argmax(axis=-1))
    return f'<p class="before">{escape(before)}<b aria-label="gap">_</b></p>'


def _tried(attempted: Attempted, held: bool) -> str:
    """The words that both files write, what they add in their colours; else what stands before the gap."""
    if attempted.written is None:
        return _before(attempted.result.model, attempted.samples[0])
    lines = []
    for name, word in zip(("baseline", "compressed")[: 1 if held else 2], attempted.written, strict=False):
        begun = len(os.path.commonprefix([word, attempted.values["text"]]))
        lines.append(f'<p class="written">{escape(word[:begun])}<b class="{name}">{escape(word[begun:])}</b></p>')
    return "".join(lines)


PICTURE = Picture(
    id="letters",
    needs=lambda model: [sized(model, prod(model.picture_shape))],
    draw=draw,
    tried=_tried,
    view="writing",
)
