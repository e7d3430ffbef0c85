"""A photograph in three parts that meet in a cross: noisy below it; above it, the baseline and the compressed model."""

from __future__ import annotations

import numpy as np

from app.screen.pictures import png
from app.screen.pictures.picture import svg
from app.screen.views.changed.mosaic import stitched
from models.model import Model


def swiped(
    model: Model, noisy: np.ndarray, old: np.ndarray, new: np.ndarray, x: float, y: float, held: bool
) -> str:  # fmt: skip
    """The picture as SVG.

    Parameters
    ----------
    noisy, old, new : patches in row order, shape (side * side, ...): the input, and what each model makes of it
    x, y : where the cross is, as shares of the picture
    held : whether the baseline takes the place of the compressed model
    """
    side = int(len(noisy) ** 0.5)
    picture, before, after = (stitched(each, side, model.picture_shape) for each in (noisy, old, new))
    height, width = picture.shape
    down, across = round(y * height), width if held else round(x * width)
    picture[:down, :across], picture[:down, across:] = before[:down, :across], after[:down, across:]
    image = f'<image href="{png.link(picture / 255)}" width="{width}" height="{height}"/>'
    line = f"M0 {down}H{width}" + ("" if held else f"M{across} 0V{down}")
    words = [_label(4, down - 5, "start", "baseline"), _label(4, min(down + 15, height - 3), "start", "noisy")]
    if not held:
        words.append(_label(width - 4, down - 5, "end", "compressed"))
    name = "a photograph: noisy below a line, above it the baseline on the left and the compressed model on the right"
    lines = f'<path class="halo" d="{line}"/><path class="line" d="{line}"/>'
    return svg(f"0 0 {width} {height}", name, image + lines + "".join(words))


def _label(x: int, y: int, anchor: str, word: str) -> str:
    return f'<text x="{x}" y="{max(y, 12)}" text-anchor="{anchor}">{word}</text>'
