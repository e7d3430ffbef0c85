"""A sample as the letters that came before, and a gap for the next one."""

from __future__ import annotations

from html import escape
from math import prod

from app.results.result import Result
from app.screen.pictures.picture import Picture, sized


def draw(result: Result, index: int, held: bool) -> str:
    model = result.model
    before = "".join(model.classes[letter] for letter in model.inputs[index].argmax(axis=-1))
    return f'<p class="before">{escape(before)}<b aria-label="gap">_</b></p>'


PICTURE = Picture(
    id="letters", needs=lambda model: [sized(model, prod(model.picture_shape))], draw=draw, view="writing"
)
