"""A small network neuron by neuron: a line a weight, its thickness how large it is, its hue its sign.

A weight that is zero has no line, a neuron that was removed leaves a gap. A neuron is drawn as what it sees of the
whole plane, where samples are points, else as what it says of the chosen sample: baseline on the left, compressed on
the right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.network.vertex import Vertex
from app.results.result import Result
from app.results.samples import chosen
from app.screen.format import end_of
from app.screen.views.networked.parts import Part, sample
from app.screen.views.networked.pictures import colours, inks, shades
from app.screen.views.networked.sheet import BASELINE, COMPRESSED, INK, KIND, LINE, MUTED, Sheet, Spot

MOST, LINES = 40, 1100  # neurons side by side, and lines between them, that can be told apart
WIDE = 560  # pixels from which on there is room for the plane besides
HEAD = 34  # pixels for the names of layers
INK_SHARE = 0.25  # of the full width that lines have on average, at most: where all are thick none is seen
CROWDED = 17  # neurons from which on a column stands in two rows


def fits(wiring: Sequence[Vertex], shown: Sequence[Part]) -> bool:
    """Whether a network is small, dense and without branches."""
    chain = all(vertex.sources == (i - 1,) for i, vertex in enumerate(wiring) if i)
    small = all(p.before.ndim == 2 and max(p.before.shape) <= MOST and p.before.size <= LINES for p in shown)
    return chain and small and len(shown) == len(wiring) - 2


@dataclass(frozen=True)
class Column:
    """Neurons one above the other: the middles of their squares, and the side of these."""

    x: np.ndarray
    y: np.ndarray
    side: float


def column(count: int, x: float, top: float, height: float) -> Column:
    """Where so many neurons stand around `x`."""
    pitch = height / count
    double = count >= CROWDED
    side = min(30.0, (2 if double else 1) * pitch - 2.5)
    y = top + pitch * (np.arange(count) + 0.5)
    return Column(x + (np.arange(count) % 2 - 0.5) * (side + 5) * double, y, side)


def columns(shown: Sequence[Part], width: float, height: float) -> list[Column]:
    """The columns of all neurons, the input first."""
    counts = [shown[0].before.shape[1], *(part.before.shape[0] for part in shown)]
    left, right = 26.0, width - (190 if width >= WIDE else 76)
    middles = np.linspace(left, right, len(counts))
    return [column(n, x, HEAD, height - HEAD) for n, x in zip(counts, middles, strict=True)]


def draw(sheet: Sheet, result: Result, shown: Sequence[Part], height: float) -> list[float]:
    """Draw the network into the upper part of a sheet; where each layer stands from left to right."""
    at = columns(shown, sheet.width, height)
    for part, source, target in zip(shown, at, at[1:], strict=False):
        _weights(sheet, part, source, target)
    _inputs(sheet, result, at[0])
    for part, place in zip(shown, at[1:], strict=True):
        _neurons(sheet, part, place)
        x, last = float(place.x.mean()), part is shown[-1]
        sheet.words(x, 9, end_of(part.name), bold=True, size=12, align="center")
        sheet.words(x, 23, part.gone, COMPRESSED if part.gone else MUTED, align="center")
        if last:
            _answers(sheet, result, place, height)
    return [float(place.x.mean()) for place in at[1:]]


def _weights(sheet: Sheet, part: Part, source: Column, target: Column) -> None:
    row, col = np.nonzero(part.after)
    size = np.minimum(np.abs(part.after[row, col]) / part.limit, 1.3)
    order = np.argsort(size)
    row, col, size = row[order], col[order], size[order]
    ends = source.x[col] + source.side / 2, source.y[col], target.x[row] - target.side / 2, target.y[row]
    strong = size * min(1.0, INK_SHARE / max(float(size.mean()), 1e-9)) if size.size else size
    place, plus = row * part.after.shape[1] + col, part.after[row, col] > 0
    sheet.lines(part.name, place, ends, plus, 0.3 + 3.2 * strong, 0.12 + 0.68 * np.minimum(strong, 1))


def _square(sheet: Sheet, levels: np.ndarray, place: Column, i: int, color: int = LINE) -> None:
    side = place.side
    sheet.image(levels, place.x[i] - side / 2, place.y[i] - side / 2, side, side)
    sheet.frame(place.x[i] - side / 2, place.y[i] - side / 2, side, side, color)


def _inputs(sheet: Sheet, result: Result, place: Column) -> None:
    """What goes in: the coordinates of the plane, or the numbers of the chosen sample."""
    model, values = result.model, sample(result)
    sheet.words(float(place.x.mean()), 9, "input", MUTED, align="center")
    if model.picture == "point":
        for i, (name, levels) in enumerate(zip("xy", axes(), strict=True)):
            _square(sheet, levels, place, i)
            sheet.words(place.x[i], place.y[i] + place.side / 2 + 9, name, INK, bold=True, align="center")
        return
    levels = inks(model.pictures([chosen(result)])[0].ravel(), 1.0)
    for i in range(len(values)):
        _square(sheet, levels[i : i + 1, None], place, i)


def _neurons(sheet: Sheet, part: Part, place: Column) -> None:
    """Each neuron that is still there; one that says nothing, wherever one looks, is empty."""
    here = np.ones(len(part.before), bool)
    if part.weight.kept_out is not None:
        here = np.isin(np.arange(len(part.before)), part.weight.kept_out)
    for i, levels in zip(np.flatnonzero(here), _levels(part, here), strict=True):
        _square(sheet, levels, place, i)
        side = place.side
        at = (place.x[i] - side / 2, place.y[i] - side / 2, side, side)
        sheet.spots.append(Spot(part.name, "neurons", *at, np.array([[i]])))


def _levels(part: Part, here: np.ndarray) -> np.ndarray:
    """A picture for each neuron that is there."""
    said = part.said
    if said is None:
        return shades(np.zeros((np.count_nonzero(here), 1, 1)), 1.0)
    low = said.range_before[0]
    if said.plane is not None:
        seen = said.plane[1, here, ::-1]
        most = np.abs(said.plane[:, here]).max(axis=(0, 2, 3))
        return colours(seen / np.where(most > 0, most, 1)[:, None, None], low, 1.0 if low < 0 else 1.25)
    pairs = np.stack([said.before, said.after], axis=1)[here, None]
    return colours(pairs, low, max(abs(each) for each in said.range_before))


def _answers(sheet: Sheet, result: Result, place: Column, height: float) -> None:
    """What comes out: the names of the classes, and the whole plane as both networks divide it."""
    model = result.model
    for i, name in enumerate(model.classes if len(model.classes) == len(place.x) else ()):  # one output may tell two
        sheet.words(place.x[i] + place.side / 2 + 7, place.y[i], name, INK, bold=True)
    if sheet.width >= WIDE and model.picture == "point":
        side = min(118.0, (height - HEAD - 30) / 2)
        planes(sheet, result, sheet.width - side - 2, 16, side)


def planes(sheet: Sheet, result: Result, left: float, top: float, side: float) -> None:
    """The whole plane as both networks divide it, one above the other, with the chosen sample."""
    x, y = np.clip(sample(result), -1, 1)
    for k, (name, color) in enumerate((("compressed", COMPRESSED), ("baseline", BASELINE))):
        at = top + 10 + k * (side + 26)
        sheet.words(left, at - 10, name, color, bold=True)
        answers = result.probed[1 - k][::-1]
        sheet.ground((KIND + answers % 3).astype(np.uint8), left, at, side, side)
        sheet.frame(left, at, side, side, color)
        sheet.dot(left + (x + 1) / 2 * side, at + (1 - y) / 2 * side, INK, 7)


def axes() -> tuple[np.ndarray, np.ndarray]:
    """What goes in as x and as y over the whole plane, rows from the upper edge, as colours."""
    ramp = np.linspace(-1, 1, 16)
    across, up = np.meshgrid(ramp, ramp[::-1])
    return shades(across, 1.0), shades(up, 1.0)
