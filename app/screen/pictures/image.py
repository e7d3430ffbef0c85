"""A sample as grey cells: 0 is the background, 1 is ink. Where it is a row of numbers, it is a strip."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from math import prod

import numpy as np

from app.results.attempt import Attempted
from app.screen.pictures.picture import Picture, sized, svg
from app.tasks import TASKS
from models.model import Model


@lru_cache(maxsize=64)
def picture(model: Model, index: int) -> str:
    """One sample as SVG."""
    name = escape(TASKS[model.task].right(model, index), quote=True)
    return _cells(model.pictures([index])[0], f"picture of {name}")


def _cells(values: np.ndarray, name: str, more: str = "") -> str:
    """Grey values of 0 to 1, shape (height, width), as SVG."""
    height, width = values.shape
    steps = np.clip(np.rint(values * 16), 0, 16).astype(int)
    cells = "".join(
        f'<rect x="{x}" y="{y}" width="1" height="1" fill="var(--ink-{steps[y, x]})"/>'
        for y in range(height)
        for x in range(width)
    )
    more += ' shape-rendering="crispEdges"' + (' preserveAspectRatio="none"' if height == 1 else "")  # a strip is tall
    return svg(f"0 0 {width} {height}", name, cells, more)


def _tried(attempted: Attempted, held: bool) -> str:
    values = attempted.result.model.pictured(attempted.samples)[0]
    return _cells(values, "picture of your input", ' style="aspect-ratio: 8"' if len(values) == 1 else "")


def _needs(model: Model) -> list[tuple[bool, str]]:
    """Channels, if there are any, are drawn as their mean."""
    values = prod(model.picture_shape)
    return [sized(model, values, max(1, model.inputs[0].size // values))]


PICTURE = Picture(
    id="image",
    needs=_needs,
    draw=lambda result, index, held: picture(result.model, index),
    tried=_tried,
    view="gallery",
)
