"""A network of larger layers: a card for each, with its weights as a picture and, below or beside it, what it says of
the chosen sample: baseline, compressed, and their difference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.network.vertex import Vertex
from app.results.result import Result
from app.screen.sample import likeliest, probabilities
from app.screen.views.networked.layout import Box, boxes
from app.screen.views.networked.parts import Part, sample
from app.screen.views.networked.pictures import colours, inks, laid, places, places_said, shades
from app.screen.views.networked.sheet import BASELINE, COMPRESSED, GAP, INK, LINE, MUTED, Sheet

ANSWERS = 112  # pixels for what comes out
ROWS = 10  # classes listed at most
SIGN = {"Add": "+", "Sub": "-", "Mul": "×", "MatMul": "×", "ScatterND": "?", "Concat": "|"}
"Of places where branches meet; where one or the other is taken, a question."


def draw(sheet: Sheet, result: Result, shown: Sequence[Part], height: float) -> list[tuple[Part, Box]]:
    """Draw the network into the upper part of a sheet; where the weights of each layer stand."""
    wiring = result.flow.wiring
    sizes = {part.name: max(part.before.size, 4) ** 0.25 for part in shown}
    answers = min(ANSWERS, 0.3 * sheet.width) if result.model.classes else 0
    at, end = boxes(wiring, sizes, sheet.width, height, answers)
    by_name = {part.name: part for part in shown}
    pictures, ports = [], {}
    for i, (vertex, box) in enumerate(zip(wiring, at, strict=True)):
        if vertex.op == "input":
            ports[i] = _input(sheet, result, box)
        elif vertex.layer:
            ports[i] = _card(sheet, by_name[vertex.layer], box)
            pictures.append((by_name[vertex.layer], ports[i]))
        else:
            ports[i] = box
    _ways(sheet, wiring, at, ports, end)
    for vertex, box in zip(wiring, at, strict=True):
        if not vertex.layer and vertex.op not in ("input", "output"):
            sheet.dot(box.x, box.y, MUTED, 6)
    if end is not None:
        _answers(sheet, result, end)
    return pictures


def _fitted(levels: np.ndarray, x: float, y: float, width: float, height: float, loose: float = 1.0):
    """The largest place in a room that keeps the shape of a picture, but for a factor of `loose`: x, y, width, height."""
    rows, columns = levels.shape
    wide = min(width, height * columns / rows * loose)
    high = min(height, wide * rows / columns * loose)
    return x + (width - wide) / 2, y, wide, high


def _input(sheet: Sheet, result: Result, box: Box) -> Box:
    model = result.model
    sheet.words(box.x + box.width / 2, box.y + 7, "input", MUTED, align="center")
    if model.picture == "point":
        levels = inks(np.abs(sample(result))[:, None], 1.0)
    elif model.picture_shape:
        levels = inks(model.pictures([_chosen(result)])[0], 1.0)
    else:
        levels = inks(np.abs(sample(result)).reshape(1, -1), float(np.abs(sample(result)).max()))
    room = min(box.height - 26, 96)
    at = _fitted(levels, box.x, box.y + 26, box.width, room)
    sheet.image(levels, *at)
    sheet.frame(*at)
    return Box(*at, box.row)


def _chosen(result: Result) -> int:
    return min(result.state.sample, len(result.model.labels) - 1)


def name_in(name: str, width: float) -> str:
    """As much of the end of a name as there is room for: whole words between points."""
    words = name.split(".")
    for k in range(len(words)):
        if len(".".join(words[k:])) * 6.6 <= width:
            return ".".join(words[k:])
    return words[-1][: max(2, int(width / 6.6))]


def _card(sheet: Sheet, part: Part, box: Box) -> Box:
    """The card of one layer; where its weights stand."""
    head = 28 if box.height >= 100 else 14
    sheet.words(box.x, box.y + 7, name_in(part.name, box.width), bold=True)
    if head > 20 and part.gone:
        sheet.words(box.x, box.y + 20, part.gone if box.width > 56 else part.gone.split(" gone")[0], COMPRESSED)
    room = box.height - head - 8
    beside = room < 0.9 * box.width
    side = min((box.width - 8) / 3, 0.36 * room, 74) if not beside else min((room - 6) / 3, 0.3 * box.width)
    wide, high = (box.width, room - side - 8) if not beside else (box.width - side - 6, room)
    index = places(part.before.shape, part.tile, round(wide / max(high, 1), 1))
    levels = shades(part.after, part.limit)
    if not part.here.all():
        levels[~part.here] = GAP
    picture = laid(levels, index)
    at = _fitted(picture, box.x, box.y + head, wide, high, loose=2.0 if part.before.ndim == 2 else 1.0)
    at = (box.x, *at[1:])
    sheet.image(picture, *at)
    sheet.frame(*at)
    if part.said is not None:
        x, y, step = (box.x, at[1] + at[3] + 8, (side + 4, 0)) if not beside else (
            box.x + box.width - side, box.y + head, (0, side + 3))  # fmt: skip
        _said(sheet, part, x, y, side, step)
    return Box(*at, box.row)


def _said(sheet: Sheet, part: Part, x: float, y: float, side: float, step: tuple[float, float]) -> None:
    """Three pictures of what a layer says: baseline, compressed, difference."""
    said = part.said
    old, new = (said.before, said.after) if said.plane is None else said.plane[:, :, ::-1]
    missing = old is None or new is None
    if missing and old is None and new is None:
        return
    shape = (old if old is not None else new).shape
    index = places_said(shape, 1.0)
    limit = float(np.abs(old if old is not None else new).max(initial=0))
    trio = ((old, BASELINE), (new, COMPRESSED), (None if missing else new - old, LINE))
    for k, (values, color) in enumerate(trio):
        if values is not None:
            levels = shades(values, limit or 1.0) if k == 2 else colours(values, said.range_before[0], limit)
            at = (x + k * step[0], y + k * step[1], side, side)
            at = _fitted(laid(levels, index), *at, loose=1.5)
            sheet.image(laid(levels, index), *at)
            sheet.frame(*at, color)


def _ways(sheet: Sheet, wiring: Sequence[Vertex], at: Sequence[Box], ports: dict[int, Box], end: Box | None) -> None:
    """The ways between cards: straight on to the next column, over what stands between, or into the next row."""
    for i, vertex in enumerate(wiring):
        target = ports[i]
        if vertex.op == "output":
            if end is None:
                continue
            target = Box(end.x, ports[vertex.sources[0]].middle if vertex.sources else end.middle, 0, 0, end.row)
        for j in vertex.sources:
            source = ports[j]
            start = (source.x + source.width + 1, source.middle)
            stop = (target.x - 1, target.middle)
            if source.row != target.row:
                sheet.way(*start, sheet.width, start[1])
                sheet.way(-8, stop[1], *stop)
                continue
            between = [
                ports[k] for k in range(len(wiring))
                if wiring[k].layer and at[k].row == source.row and start[0] < at[k].x and at[k].x + at[k].width < stop[0]
                and at[k].y < max(start[1], stop[1]) + 4 and at[k].y + at[k].height > min(start[1], stop[1]) - 4
            ]  # fmt: skip
            sheet.way(*start, *stop, top=min(box.y for box in between) - 6 if between else None)


def _answers(sheet: Sheet, result: Result, box: Box) -> None:
    """What comes out: the likeliest classes, each with the probability under both."""
    index, classes = _chosen(result), result.model.classes
    old, new = (probabilities(each.outputs[index]) for each in (result.baseline, result.compressed))
    most = max(3, min(ROWS, int((box.height - 24) / 17)))
    rows = likeliest(old, new, most)
    sheet.words(box.x, box.y + 7, "answer", MUTED)
    pitch = min(22.0, (box.height - 24) / len(rows))
    name = min(0.5 * box.width, 8 + 6.5 * max(len(classes[k]) for k in rows))
    for i, k in enumerate(rows):
        y = box.y + 28 + i * pitch
        right = int(result.model.labels[index]) == k
        sheet.words(box.x + 2, y, classes[k], INK if right else MUTED, bold=right)
        for share, down, color in ((old[k], -4.5, BASELINE), (new[k], 0.5, COMPRESSED)):
            sheet.bar(box.x + name, y + down, max(1.0, share * (box.width - name)), 4, color)
