"""The error as it travels: how far what each layer says is from the baseline, and whether numbers leave their range."""

from __future__ import annotations

from collections.abc import Sequence

from app.results.flow import Range
from app.screen.views.networked.parts import EXACT, Part
from app.screen.views.networked.sheet import BAD, BASELINE, COMPRESSED, INK, LINE, MUTED, Sheet

HEIGHT = 104  # pixels of all of it
CHART = 46
CALM = 25.0  # dB at the upper end, if all are below
BAR = 72.0  # pixels of a range, at most
SLACK = 0.005  # of a range: nobody sees less of it beyond


def draw(sheet: Sheet, shown: Sequence[Part], at: Sequence[float], pitch: float, fallen: Part | None) -> None:
    """Draw it at the foot of a sheet, each layer at one of the places `at`, `pitch` apart at least."""
    top = sheet.height - HEIGHT
    base = top + 14 + CHART
    sheet.words(0, top + 5, "error as it travels: SQNR of each layer’s output, dB", MUTED)
    sheet.bar(0, base, sheet.width, 1, LINE)
    points, full = [], CALM if all(part.db is None or part.db <= CALM for part in shown) else EXACT
    for part, x in zip(shown, at, strict=True):
        if part.db is not None:
            y = base - 2 - (CHART - 16) * max(part.db, 0) / full
            points.append((x, y))
            sheet.dot(x, y, BAD if part is fallen else INK, 9 if part is fallen else 7)
            words = "exact" if part.db >= EXACT else f"{part.db:z.0f}" if pitch < 44 else f"{part.db:z.1f}"
            sheet.words(x, y - 11, words, BAD if part is fallen else INK, bold=True, align="center")
    sheet.path(points)
    wide = min(BAR, 0.8 * pitch)
    for k, name in enumerate(("weights", "outputs")):
        y = base + 10 + 16 * k
        for part, x in zip(shown, at, strict=True):
            said = part.said
            pairs = (part.range_before, part.range_after) if k == 0 else said and (said.range_before, said.range_after)
            if pairs:
                _ranges(sheet, x, y, wide, *pairs)
        if min(at, default=0) - wide / 2 > 50:
            sheet.words(0, y + 1, name, MUTED)


def beyond(before: Range, after: Range) -> bool:
    """Whether numbers leave the range they had."""
    slack = SLACK * (before[1] - before[0])
    return after[0] < before[0] - slack or after[1] > before[1] + slack


def _ranges(sheet: Sheet, x: float, y: float, wide: float, before: Range, after: Range) -> None:
    """The range of the baseline above that of the compressed, and what of this lies outside of that."""
    low, high = min(before[0], after[0], 0), max(before[1], after[1], 0)
    if high <= low:
        return
    unit = wide / (high - low)

    def span(of: Range, down: float, color: int, thick: float = 3) -> None:
        start, end = (x - wide / 2 + (value - low) * unit for value in of)
        sheet.bar(start, y + down, max(end - start, 1), thick, color)

    span(before, -3, BASELINE)
    span(after, 1, COMPRESSED)
    if beyond(before, after):
        if after[1] > before[1]:
            span((before[1], after[1]), 0, BAD, 5)
        if after[0] < before[0]:
            span((after[0], before[0]), 0, BAD, 5)
