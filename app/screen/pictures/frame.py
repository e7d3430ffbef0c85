"""A sample as a frame of a video, with the true place in it and where each model sees it.

The middle of the pixel in the upper left corner is (0, 0); x grows to the right, y downwards.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod

import numpy as np

from app.results.attempt import Attempted
from app.results.result import Result
from app.screen.pictures import png
from app.screen.pictures.picture import Picture, sized, svg
from models.model import Model


@lru_cache(maxsize=64)
def _frame(model: Model, index: int) -> str:
    return _image(model.inputs[index], model)


def _image(frame: np.ndarray, model: Model) -> str:
    height, width = model.picture_shape
    source = png.link(frame.reshape(height, width))
    return f'<image href="{source}" x="-0.5" y="-0.5" width="{width}" height="{height}"/>'


def _cross(place: np.ndarray) -> str:
    x, y = place
    return f'<path class="truth" d="M{x - 0.9:.2f} {y:.2f}h1.8M{x:.2f} {y - 0.9:.2f}v1.8"/>'


def _dot(place: np.ndarray, model: Model, kind: str) -> str:
    """A dot; at the border if the place is beyond it, so that it is seen."""
    height, width = model.picture_shape
    x, y = np.nan_to_num(place).clip(-0.5, [width - 0.5, height - 0.5])
    return f'<circle class="{kind}" cx="{x:.2f}" cy="{y:.2f}" r="0.38"/>'


def draw(result: Result, index: int, held: bool) -> str:
    model = result.model
    answers = result.baseline.answers[index], result.compressed.answers[index]
    return _marked(_frame(model, index), model, model.labels[index], answers, held)


def _tried(attempted: Attempted, held: bool) -> str:
    model, (frame,), (truth,) = attempted.result.model, attempted.samples, attempted.labels
    return _marked(_image(frame, model), model, truth, tuple(each[0] for each in attempted.outputs), held)


def _marked(frame: str, model: Model, truth: np.ndarray, answers: tuple[np.ndarray, np.ndarray], held: bool) -> str:
    height, width = model.picture_shape
    marks = _cross(truth) + _dot(answers[0], model, "baseline")
    if not held:
        marks += _dot(answers[1], model, "compressed")
    name = "frame with a cross at the true place and a dot where each model sees it"
    return svg(f"-0.5 -0.5 {width} {height}", name, frame + marks)


PICTURE = Picture(
    id="frame", needs=lambda model: [sized(model, prod(model.picture_shape))], draw=draw, tried=_tried, view="clip"
)
