"""A sample as a patch of a photograph: noisy, as it truly is, and what each model makes of it."""

from __future__ import annotations

from math import prod

from app.results.result import Result
from app.screen.pictures import png
from app.screen.pictures.picture import Picture, sized


def draw(result: Result, index: int, held: bool) -> str:
    model = result.model
    patches = {
        "noisy": model.inputs[index],
        "clean": model.labels[index],
        "baseline": result.baseline.answers[index],
        "compressed": result.compressed.answers[index],
    }
    if held:
        del patches["compressed"]
    return '<div class="patches">' + "".join(
        f'<div><img alt="{name} patch" src="{png.link(patch.reshape(model.picture_shape))}"><span>{name}</span></div>'
        for name, patch in patches.items()
    ) + "</div>"  # fmt: skip


PICTURE = Picture(id="patch", needs=lambda model: [sized(model, prod(model.picture_shape))], draw=draw, view="mosaic")
