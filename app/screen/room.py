"""What a class has handed in, as it is shown: one plot of size and score with a number for each row, and the table."""

from __future__ import annotations

from collections import Counter
from html import escape
from math import ceil, floor, log10

import numpy as np

from app.results.handed_in import HandedIn
from app.screen.format import kilobytes
from app.screen.views.experiments import frontier
from app.state.reading import metric
from models.metrics.metric import Metric

WIDE, HIGH, LEFT, FOOT = 600, 260, 56, 30  # of the plot and its margins, in its own units
SIGNS = {True: ("✓", "passed"), False: ("○", "not yet"), None: ("–", "no task")}


def room_html(rows: list[HandedIn]) -> str:
    """The plot and the table of rows that are ranked already; all that comes from a link is text in it."""
    numbered = list(enumerate(rows, start=1))
    return _plot(numbered) + _table(numbered)


def _table(numbered: list[tuple[int, HandedIn]]) -> str:
    heads = "".join(
        f'<th scope="col">{name}</th>' for name in ("", "who", "size", "score", "changed", "task", "differs in")
    )
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(_row(*each) for each in numbered)}</tbody></table>"


def _row(number: int, row: HandedIn) -> str:
    name = f"<bdi>{escape(row.who or 'no name')}</bdi>"
    who = f'<th scope="row"><a href="{escape(row.link)}" target="_blank" rel="noopener">{name}</a></th>'
    if row.state is None:
        return f'<tr><td>{number}</td>{who}<td colspan="5" class="fail">{escape(row.said)}</td></tr>'
    sign, words = SIGNS[row.passed]
    cells = (kilobytes(row.size_bytes), metric(row.state.model).written(row.score), row.changed)
    measured = "".join(f'<td class="number">{each}</td>' for each in cells)
    task = f'<i aria-hidden="true">{sign}</i> {words}' + (f"<small>{escape(row.said)}</small>" if row.said else "")
    passed = "pass" if row.passed else ""
    return f'<tr><td>{number}</td>{who}{measured}<td class="{passed}">{task}</td><td>{escape(row.differs)}</td></tr>'


def _plot(numbered: list[tuple[int, HandedIn]]) -> str:
    """Size to the right on a scale of powers, a better score higher up; of the metric that most are judged by."""
    measured = [(number, row, metric(row.state.model)) for number, row in numbered if row.state]
    if not measured:
        return ""
    (judged, _), *others = Counter(each for _, _, each in measured).most_common()
    points = [(number, row) for number, row, each in measured if each is judged]
    sizes = np.array([row.size_bytes / 1000 for _, row in points])
    heights = np.array([row.score if judged.higher_is_better else -row.score for _, row in points])
    x, y = _across(sizes), _upwards(heights)
    best = frontier(sizes, heights)
    stairs = f"M{x(sizes[best[0]]):.1f} {y(heights[best[0]]):.1f}" + "".join(
        f"H{x(sizes[at]):.1f}V{y(heights[at]):.1f}" for at in best[1:]
    )
    dots = "".join(
        _dot(number, row, x(row.size_bytes / 1000), y(height))
        for (number, row), height in zip(points, heights, strict=True)
    )
    left_out = (
        f"<p>{sum(count for _, count in others)} judged by another metric: in the table alone.</p>" if others else ""
    )
    drawn = f'{_axes(sizes, heights, judged, x, y)}<path class="stairs" d="{stairs}H{WIDE}"/>{dots}'
    said = f"Size and {judged.label} of each row; the table says the same"
    return f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img" aria-label="{said}">{drawn}</svg>{left_out}'


def _dot(number: int, row: HandedIn, x: float, y: float) -> str:
    title = (
        f"{number}. {row.who or 'no name'}: {kilobytes(row.size_bytes)}, {metric(row.state.model).written(row.score)}"
    )
    shape = "full" if row.passed else "open"
    return (
        f'<g><title>{escape(title)}</title><circle class="{shape}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>'
        f'<text x="{x + 8:.1f}" y="{y - 5:.1f}">{number}</text></g>'
    )


def _across(sizes: np.ndarray):
    low, high = np.log(sizes.min() / 1.3), np.log(sizes.max() * 1.3)
    return lambda size: LEFT + (np.log(size) - low) / (high - low) * (WIDE - LEFT)


def _upwards(heights: np.ndarray):
    room = (np.ptp(heights) or abs(heights[0]) or 1) * 0.15
    low, high = heights.min() - room, heights.max() + room
    return lambda height: (HIGH - FOOT) * (1 - (height - low) / (high - low))


def _axes(sizes: np.ndarray, heights: np.ndarray, judged: Metric, x, y) -> str:
    """A few lines with their values, and what is measured."""
    lows = range(floor(log10(sizes.min() / 1.3)), ceil(log10(sizes.max() * 1.3)) + 1)
    ticks = [step * 10.0**power for power in lows for step in (1, 2, 5)]
    shown = [tick for tick in ticks if sizes.min() / 1.3 <= tick <= sizes.max() * 1.3]
    across = "".join(
        f'<path d="M{x(tick):.1f} 0V{HIGH - FOOT}"/><text x="{x(tick):.1f}" y="{HIGH - 14}">{tick:g} kB</text>'
        for tick in shown
    )
    levels = sorted({heights.min(), (heights.min() + heights.max()) / 2, heights.max()})
    up = "".join(
        f'<path d="M{LEFT} {y(level):.1f}H{WIDE}"/><text class="up" x="{LEFT - 6}" y="{y(level) + 4:.1f}">'
        f"{escape(judged.written(level if judged.higher_is_better else -level))}</text>"
        for level in levels
    )
    words = f"file, {escape(judged.label)} upwards"
    return f'<g class="axes">{across}{up}<text x="{WIDE / 2}" y="{HIGH - 1}">{words}</text></g>'
