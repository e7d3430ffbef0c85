"""A Result as a still picture, for where nothing runs: print, books, pages that wait to be started.

Drawn while the site is built, and by ``python build.py picture``; never in a tab.
"""

from __future__ import annotations

import json
from html import escape
from textwrap import wrap

from app.lessons import LESSONS, lesson_of, shown_by
from app.pipeline.pipeline import Pipeline
from app.results.result import Result
from app.screen.figures import factor
from app.screen.format import end_of, kilobytes
from app.screen.theme import TOKENS
from app.state import link
from app.state.state import DEFAULT, State
from app.state.wording import described
from models import model as models
from models.metrics import METRICS

WIDTH, EDGE, ROW = 480, 16, 30  # px; small, for on a phone it is shown at two thirds of that
LINE = 60  # letters that surely fit
ROWS = 8
"Layers that have a bar of their own, the largest; the others share one."


def of_lessons() -> dict[str, State]:
    """Name of a picture that comes with the site -> what it shows: the start, and each lesson as it opens."""
    return {"start": DEFAULT, **{id: lesson_of(id).opened(1) for id in LESSONS}}


async def pictures(port, query: str | None = None) -> str:
    """JSON text: name -> content of each file with a picture of a link, or, without one, of those of `of_lessons`.

    A picture has three files: in light colours, in dark ones, and its alternative text.
    """
    from app.runtime.web import WebRuntime  # in here: only the page's Python can import it

    pipeline, files = Pipeline(WebRuntime(port.ort)), {}
    for name, state in (of_lessons() if query is None else {"picture": opened(query)}).items():
        result = await pipeline.result(state)
        files[f"{name}.svg"], files[f"{name}-dark.svg"] = drawn(result), drawn(result, dark=True)
        files[f"{name}.txt"] = told(result)
    return json.dumps(files)


def opened(query: str) -> State:
    """The State of a link. Raises ValueError if any of it cannot be read: a picture has no place for notes."""
    state, notes = link.decode(query)
    if notes:
        raise ValueError(" ".join(notes))
    return shown_by(state, query) if state.lesson else state


def told(result: Result) -> str:
    """The picture in words.

    Returns
    -------
    str, one line, such as ``Digits: small CNN, prune 70 %. Accuracy 99.2 %, −0.3 points (chance). Size 10.8 kB, ...``
    """
    said = (f"{name} {number}{f', {beside}' if beside else ''}." for name, number, beside in _figures(result))
    rows = (f"{name} {kilobytes(after)} of {kilobytes(before)}" for name, before, after in _rows(result))
    return f"{_title(result)}, {described(result.state)}. {' '.join(said)} Bytes by layer: {', '.join(rows)}."


def drawn(result: Result, *, dark: bool = False) -> str:
    """The picture as SVG: what was done, three figures, and what each layer took before and takes now.

    The time is left out: it would be that of the machine that has built the site.
    """
    colours = {name: pair[dark] for name, pair in TOKENS.items()}

    def text(x: float, y: float, words: str, size: int, colour: str = "ink", weight: int = 400, anchor: str = "start"):
        return (
            f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}" '
            f'fill="{colours[colour]}">{escape(words)}</text>'
        )

    lines = wrap(described(result.state), LINE)
    top = 18 * (len(lines) - 1)  # what more than one line of them takes
    parts = [text(EDGE, 30, _title(result), 17, weight=600)]
    parts += [text(EDGE, 51 + 18 * at, words, 13, "muted") for at, words in enumerate(lines)]
    for at, (name, number, beside) in enumerate(_figures(result)):
        x = EDGE + at * (WIDTH - 2 * EDGE) / 3
        parts += [text(x, 84 + top, name, 13, "muted"), text(x, 109 + top, number, 22, weight=600)]
        parts += [text(x, 128 + top, beside, 12, "muted")] if beside else []
    rows, left, right = _rows(result), 150, WIDTH - EDGE - 120
    most = max([before for _, before, _ in rows] + [after for _, _, after in rows])
    for at, (name, before, after) in enumerate(rows):
        y = 148 + top + at * ROW
        parts += [
            text(EDGE, y + 17, name, 13, weight=600),
            _bar(left, y + 6, (right - left) * after / most, f'fill="{colours["compressed"]}"'),
            _bar(left, y + 6, (right - left) * before / most, f'fill="none" stroke="{colours["baseline"]}"'),
            text(WIDTH - EDGE, y + 17, f"{kilobytes(before)} → {kilobytes(after)}", 12, "muted", anchor="end"),
        ]
    height = 148 + top + len(rows) * ROW + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'role="img" font-family="Inter, system-ui, sans-serif"><title>{escape(told(result))}</title>'
        f'<rect width="{WIDTH}" height="{height}" fill="{colours["surface"]}"/>{"".join(parts)}</svg>\n'
    )


def _bar(x: float, y: float, width: float, paint: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{max(width, 1):.1f}" height="13" {paint}/>'


def _title(result: Result) -> str:
    return models.info(result.state.model).label


def _figures(result: Result) -> tuple[tuple[str, str, str], ...]:
    """Name, number and what stands beside it."""
    old, new, metric, changed = result.baseline, result.compressed, METRICS[result.model.metric], result.changed
    difference = metric.difference_written(new.score - old.score)
    if result.is_chance and not difference.startswith("±"):
        difference += " (chance)"
    score = f"{metric.number(new.score)} {metric.unit}".strip()
    times = factor(new.size_bytes, old.size_bytes)
    return (
        (metric.label[:1].upper() + metric.label[1:], score, difference),
        ("Size", kilobytes(new.size_bytes), f"{times} from {kilobytes(old.size_bytes)}"),
        ("Changed answers", f"{changed.count} of {len(result.model.labels)}", ""),
    )


def _rows(result: Result) -> list[tuple[str, int, int]]:
    """Name, bytes before and bytes after of the largest layers, in their order, and of all others together."""
    own = sorted(result.layers, key=lambda layer: -layer.bytes_before)[:ROWS]
    rows = [(end_of(layer.name), layer.bytes_before, layer.bytes_after) for layer in result.layers if layer in own]
    others = [layer for layer in result.layers if layer not in own]
    if others:
        before, after = (sum(getattr(layer, name) for layer in others) for name in ("bytes_before", "bytes_after"))
        rows.append((f"{len(others)} others", before, after))
    return rows
