"""A sample as a point among its fellows. The points lie in -1 to 1; y grows upwards."""

from __future__ import annotations

from functools import lru_cache
from html import escape

from app.results.attempt import Attempted
from app.screen.pictures.picture import Picture, sized, svg
from models.model import Model


@lru_cache(maxsize=64)
def picture(model: Model, index: int) -> str:
    """One sample as SVG."""
    x, y = model.inputs[index]
    name = escape(model.classes[model.labels[index]], quote=True)
    ring = f'<circle cx="{x:.3f}" cy="{-y:.3f}" r="0.12" fill="none" stroke="var(--ink)" stroke-width="0.03"/>'
    return svg("-1.1 -1.1 2.2 2.2", f"point of {name}", f"{_fellows(model)}{ring}")


@lru_cache(maxsize=4)
def _fellows(model: Model) -> str:
    """All points of the evaluation set, one path of dots for each class."""
    paths = []
    for k in range(len(model.classes)):
        dots = "".join(f"M{x:.2f} {-y:.2f}h0" for x, y in model.inputs[model.labels == k])
        paths.append(f'<path d="{dots}" stroke="var(--class-{"abc"[k % 3]})"/>')
    return "".join(paths)


def _tried(attempted: Attempted, held: bool) -> str:
    """A point of the person's own among those of the evaluation set, with the borders that both files draw."""
    from app.screen.pictures.plane import between  # few try an input: the page is up sooner without

    x, y = attempted.samples[0]
    lines = [f'<path class="baseline" d="{between(attempted.result.probed[0])}"/>']
    if not held:
        lines.append(f'<path class="compressed" d="{between(attempted.result.probed[1])}"/>')
    mark = f'<path class="mine" d="M{x:.3f} {-y - 0.1:.3f}l.1 .1l-.1 .1l-.1 -.1z"/>'
    fellows = f'<g opacity="0.45">{_fellows(attempted.result.model)}</g>'
    return svg("-1.1 -1.1 2.2 2.2", "your point in the plane", fellows + "".join(lines) + mark)


PICTURE = Picture(
    id="point",
    needs=lambda model: [sized(model, 2)],
    draw=lambda result, index, held: picture(result.model, index),
    tried=_tried,
    view="plane",
)
