"""The right column: one sample of the evaluation set, what is right about it, and what both models answer.

Two pieces of HTML, because most moves of a slider leave the picture alone; their style stands in `styles`.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from app.results.result import Measured, Result
from app.results.samples import chosen
from app.results.scene import Scene
from app.screen.pictures import PICTURES
from app.tasks import TASKS
from models.metrics.softmax import probabilities

ROWS = 4  # classes listed: the likeliest ones


def picture_html(scene: Scene) -> str:
    """The chosen sample as HTML: its picture, what is right about it, and its number."""
    result = scene.result
    index, model, task = chosen(result), result.model, TASKS[result.model.task]
    picture, label = PICTURES[model.picture].draw(result, index, scene.held), task.right(model, index)
    long = ' class="long"' if len(label) > 2 else ""
    return (
        f'<figure class="{model.picture}{_late(scene)}">{picture}'
        f"<figcaption>{escape(task.caption)}<b{long}>{escape(label)}</b><small>{index + 1} of {len(model.labels)}"
        f"</small></figcaption></figure>"
    )


def answers_html(scene: Scene) -> str:
    """What both models say about the chosen sample as HTML: their answers, the likeliest classes if there are any."""
    result = scene.result
    index, held = chosen(result), scene.held
    rows = _answers(result, index) if result.model.classes else ""
    return f'<div class="answers{" held" if held else ""}{_late(scene)}">{_verdicts(result, index, held)}{rows}</div>'


def _late(scene: Scene) -> str:
    """A class for what still shows the model before: a style of the pane would have BokehJS build it anew."""
    return " late" if scene.coming else ""


def likeliest(old: np.ndarray, new: np.ndarray, rows: int = ROWS) -> np.ndarray:
    """The classes to list: those that either model thinks likeliest, in their own order so that rows rest."""
    best = np.argsort(-np.maximum(old, new), kind="stable")[:rows]
    return np.sort(best)


def _verdicts(result: Result, index: int, held: bool) -> str:
    """What each model says, in words."""
    model, task = result.model, TASKS[result.model.task]
    said = [("baseline", result.baseline)] + ([] if held else [("compressed", result.compressed)])
    lines = []
    for name, measured in said:
        answer = measured.answers[index]
        good, verdict = task.verdict(model, index, answer)
        sign, kind = ("✓", "right") if good else ("✕", "wrong")
        lines.append(
            f'<p><i class="{name}"></i>{name} <b>{escape(task.said(model, index, answer))}</b>'
            f'<span class="{kind}">{sign} {escape(verdict)}{_way(measured, index)}</span></p>'
        )
    return f'<div class="verdicts">{"".join(lines)}</div>'


def _way(measured: Measured, index: int) -> str:
    """Whether a sample went all the way in a network where not every sample does."""
    return ", went on" if measured.route is not None and measured.route.went_on[index] else ""


def _answers(result: Result, index: int) -> str:
    """The likely classes of one sample of the evaluation set."""
    return likely_html(result.model.classes, result.baseline.outputs[index], result.compressed.outputs[index])


def likely_html(classes: Sequence[str], *outputs: np.ndarray) -> str:
    """A row for each likely class: the probability under the baseline above that of the compressed model."""
    old, new = map(probabilities, outputs)
    rows = "".join(
        f'<tr><th scope="row">{escape(classes[k])}</th>'
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
