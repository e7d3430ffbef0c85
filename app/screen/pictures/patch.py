"""A sample as a patch of a photograph: noisy, as it truly is, and what each model makes of it."""

from __future__ import annotations

from math import prod

import numpy as np

from app.results.attempt import Attempted
from app.results.result import Result
from app.screen.pictures import png
from app.screen.pictures.picture import Picture, sized
from models.model import Model


def draw(result: Result, index: int, held: bool) -> str:
    model = result.model
    answers = result.baseline.answers[index], result.compressed.answers[index]
    return _four(model, model.inputs[index], model.labels[index], answers, held)


def _tried(attempted: Attempted, held: bool) -> str:
    """One patch as `draw` shows it; of many that make a photograph, what the swipe parts."""
    model, outputs = attempted.result.model, attempted.outputs
    if len(attempted.samples) > 1:
        from app.screen.pictures.swipe import swiped  # few try an input: the page is up sooner without

        return swiped(model, attempted.samples, *outputs, attempted.values["x"], attempted.values["y"], held)
    return _four(model, attempted.samples[0], attempted.labels[0], tuple(each[0] for each in outputs), held)


def _four(
    model: Model, noisy: np.ndarray, clean: np.ndarray, answers: tuple[np.ndarray, np.ndarray], held: bool
) -> str:
    patches = {"noisy": noisy, "clean": clean, "baseline": answers[0], "compressed": answers[1]}
    if held:
        del patches["compressed"]
    return '<div class="patches">' + "".join(
        f'<div><img alt="{name} patch" src="{png.link(patch.reshape(model.picture_shape))}"><span>{name}</span></div>'
        for name, patch in patches.items()
    ) + "</div>"  # fmt: skip


PICTURE = Picture(
    id="patch", needs=lambda model: [sized(model, prod(model.picture_shape))], draw=draw, tried=_tried, view="mosaic"
)
