"""The right column: one sample of the evaluation set, its label, and what both models answer.

One piece of HTML in one model; its style stands in `app/styles.py`.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape

import numpy as np

from app.result import Result, Scene
from models.model import Model

ROWS = 4  # classes listed: the likeliest ones


def sample_html(scene: Scene) -> str:
    """The chosen sample as HTML: picture, label, the likeliest classes under both models."""
    result = scene.result
    index, model = chosen(result), result.model
    label = model.classes[model.labels[index]]
    long = ' class="long"' if len(label) > 2 else ""
    return (
        f'<div class="sample{" held" if scene.held else ""}"><figure>{picture(model, index)}'
        f"<figcaption>labelled<b{long}>{escape(label)}</b><small>{index + 1} of {len(model.labels)}</small>"
        f"</figcaption></figure>{_verdicts(result, index, scene.held)}{_answers(result, index)}</div>"
    )


def chosen(result: Result) -> int:
    """The chosen sample; the last one if the State names one that the model does not have."""
    return min(result.state.sample, len(result.model.labels) - 1)


def step(result: Result, by: int) -> int:
    """The sample `by` places on, round the end."""
    return (chosen(result) + by) % len(result.model.labels)


def next_changed(result: Result) -> int | None:
    """The next sample whose answer changed, round the end; None if none did."""
    indices = result.changed.indices
    if not len(indices):
        return None
    later = indices[indices > chosen(result)]
    return int(later[0] if len(later) else indices[0])


def probabilities(outputs: np.ndarray) -> np.ndarray:
    """Softmax of logits, shape (classes,)."""
    powers = np.exp(outputs - outputs.max())
    return powers / powers.sum()


def likeliest(old: np.ndarray, new: np.ndarray, rows: int = ROWS) -> np.ndarray:
    """The classes to list: those that either model thinks likeliest, in their own order so that rows rest."""
    best = np.argsort(-np.maximum(old, new), kind="stable")[:rows]
    return np.sort(best)


def _verdicts(result: Result, index: int, held: bool) -> str:
    """What each model says, in words."""
    said = [("baseline", result.baseline)] + ([] if held else [("compressed", result.compressed)])
    truth = result.model.labels[index]
    lines = []
    for name, measured in said:
        answer = measured.answers[index]
        sign, verdict = ("✓", "right") if answer == truth else ("✕", "wrong")
        lines.append(
            f'<p><i class="{name}"></i>{name} <b>{escape(result.model.classes[answer])}</b>'
            f'<span class="{verdict}">{sign} {verdict}</span></p>'
        )
    return f'<div class="verdicts">{"".join(lines)}</div>'


def _answers(result: Result, index: int) -> str:
    """A row for each likely class: the probability under the baseline above that of the compressed model."""
    old, new = (probabilities(each.outputs[index]) for each in (result.baseline, result.compressed))
    rows = "".join(
        f'<tr><th scope="row">{escape(result.model.classes[k])}</th>'
        f"<td>{_bar('baseline', old[k])}{_bar('compressed', new[k])}</td>"
        f'<td><span class="baseline">{_percent(old[k])}</span>'
        f'<span class="compressed">{_percent(new[k])}</span></td></tr>'
        for k in likeliest(old, new)
    )
    head = "<tr><th>class</th><th>probability</th><th>baseline, compressed</th></tr>"
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _bar(kind: str, share: float) -> str:
    return f'<i class="{kind}" style="width:{100 * share:.1f}%"></i>'


def _percent(share: float) -> str:
    """A probability; one that is not quite 0 or 1 does not look as if it were."""
    if 0 < share < 0.005:
        return "&lt;&thinsp;1&thinsp;%"
    return f"{100 * share:.0f}&thinsp;%"


@lru_cache(maxsize=64)
def picture(model: Model, index: int) -> str:
    """One sample as SVG: grey cells for an image, a place among its fellows for a point."""
    name = escape(model.classes[model.labels[index]], quote=True)
    if model.picture == "image":
        return _image(model.pictures([index])[0], name)
    return _point(model, index, name)


def _image(values: np.ndarray, name: str) -> str:
    height, width = values.shape
    steps = np.clip(np.rint(values * 16), 0, 16).astype(int)
    cells = "".join(
        f'<rect x="{x}" y="{y}" width="1" height="1" fill="var(--ink-{steps[y, x]})"/>'
        for y in range(height)
        for x in range(width)
    )
    more = ' shape-rendering="crispEdges"' + (' preserveAspectRatio="none"' if height == 1 else "")  # a strip is tall
    return _svg(f"0 0 {width} {height}", f"picture of {name}", cells, more)


def _point(model: Model, index: int, name: str) -> str:
    """The points lie in -1 to 1; y grows upwards."""
    x, y = model.inputs[index]
    ring = f'<circle cx="{x:.3f}" cy="{-y:.3f}" r="0.12" fill="none" stroke="var(--ink)" stroke-width="0.03"/>'
    return _svg("-1.1 -1.1 2.2 2.2", f"point of {name}", f"{_fellows(model)}{ring}")


@lru_cache(maxsize=4)
def _fellows(model: Model) -> str:
    """All points of the evaluation set, one path of dots for each class."""
    paths = []
    for k in range(len(model.classes)):
        dots = "".join(f"M{x:.2f} {-y:.2f}h0" for x, y in model.inputs[model.labels == k])
        paths.append(f'<path d="{dots}" stroke="var(--class-{"abc"[k % 3]})"/>')
    return "".join(paths)


def _svg(box: str, name: str, body: str, more: str = "") -> str:
    return f'<svg viewBox="{box}" role="img" aria-label="{name}"{more}>{body}</svg>'
