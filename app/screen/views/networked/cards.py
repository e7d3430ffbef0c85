"""A network of larger layers: a card for each, with its weights as a picture and, below or beside it, what it says of
the chosen sample: baseline, compressed, and their difference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.network.vertex import Vertex
from app.results.result import Result
from app.results.samples import chosen
from app.screen.sample import likeliest
from app.screen.views.networked import neurons
from app.screen.views.networked.layout import Box, boxes
from app.screen.views.networked.parts import Part, sample
from app.screen.views.networked.pictures import colours, inks, laid, places_said, places_within, shades
from app.screen.views.networked.sheet import BASELINE, COMPRESSED, GAP, INK, LINE, MUTED, Sheet, Spot
from models.metrics.softmax import probabilities

ANSWERS = 112  # pixels for what comes out
ROWS = 10  # classes listed at most
SMALL, LARGE = 5.5, 11.0  # of the fourth root of how many weights there are: how columns share the width
SHRUNK = 0.8  # so much of the room that weights want is theirs, if what is said gets larger then
MAPS = 96.0  # pixels of a picture of what is said, at most
SIGN = {"Add": "+", "Sub": "-", "Mul": "×", "MatMul": "×", "ScatterND": "?", "Concat": "|"}
"Of places where branches meet; where one or the other is taken, a question."


def draw(sheet: Sheet, result: Result, shown: Sequence[Part], height: float) -> list[tuple[Part, Box]]:
    """Draw the network into the upper part of a sheet; where the weights of each layer stand."""
    wiring = result.flow.wiring
    sizes = {part.name: min(max(part.before.size**0.25, SMALL), LARGE) for part in shown}
    answers = min(ANSWERS, 0.3 * sheet.width) if result.model.classes else 0
    at, end = boxes(wiring, sizes, sheet.width, height, answers)
    by_name = {part.name: part for part in shown}
    pictures, ports = [], {}
    for i, (vertex, box) in enumerate(zip(wiring, at, strict=True)):
        if vertex.op == "input":
            ports[i] = _input(sheet, result, box)
        elif vertex.layer:
            part = by_name[vertex.layer]
            ports[i] = _card(sheet, part, box, part.name == result.state.layer)
            pictures.append((part, ports[i]))
        else:
            ports[i] = box
    _ways(sheet, wiring, at, ports, end)
    for vertex, box in zip(wiring, at, strict=True):
        if not vertex.layer and vertex.op not in ("input", "output"):
            sheet.dot(box.x, box.y, MUTED, 6)
            sheet.words(box.x, box.y - 10, SIGN.get(vertex.op, ""), MUTED, bold=True, align="center")
    if end is not None:
        _answers(sheet, result, end)
    return pictures


def _fitted(levels: np.ndarray, x: float, y: float, width: float, height: float, loose: float = 1.0):
    """The largest place in a room that keeps a picture's shape, but for a factor of `loose`: x, y, width, height."""
    rows, columns = levels.shape
    wide = min(width, height * columns / rows * loose)
    high = min(height, wide * rows / columns * loose)
    return x + (width - wide) / 2, y, wide, high


def _input(sheet: Sheet, result: Result, box: Box) -> Box:
    model = result.model
    sheet.words(box.x + box.width / 2, box.y + 7, "input", MUTED, align="center")
    if model.picture == "point":
        levels = np.concatenate([*neurons.axes()])
    elif model.picture_shape:
        levels = inks(model.pictures([chosen(result)])[0], 1.0)
    else:
        levels = inks(np.abs(sample(result)).reshape(1, -1), float(np.abs(sample(result)).max()))
    room = min(box.height - 26, 96)
    at = _fitted(levels, box.x, box.y + 26, box.width, room)
    sheet.image(levels, *at)
    sheet.frame(*at)
    return Box(*at, box.row)


def name_in(name: str, width: float) -> str:
    """As much of the end of a name as there is room for: whole words between points."""
    words = name.split(".")
    for k in range(len(words)):
        if len(".".join(words[k:])) * 6.6 <= width:
            return ".".join(words[k:])
    return words[-1][: max(2, int(width / 6.6))]


def _card(sheet: Sheet, part: Part, box: Box, marked: bool) -> Box:
    """The card of one layer; where its weights stand."""
    head = 28 if box.height >= 100 else 14
    small = len(part.name) * 6.8 > box.width
    name = name_in(part.name, box.width * (1.22 if small else 1.0))
    sheet.words(box.x, box.y + 7, name, bold=not small or len(name) * 6.8 <= box.width, size=10 if small else 11)
    if head > 20 and part.gone:
        words = part.gone if box.width >= 50 else part.gone.removesuffix(" gone")
        sheet.words(box.x, box.y + 20, words, COMPRESSED, size=11 if box.width >= 60 else 10)
    room, x, y = box.height - head - 10, box.x, box.y + head
    beside = room < 0.9 * box.width
    if beside:
        side = min((room - 6) / 3, 0.3 * box.width)
        wide, high = box.width - side - 6, room
        spots = [(box.x + box.width - side, y + k * (side + 3)) for k in range(3)]
    else:
        side, high = _shared(part, box.width, room)
        wide = box.width
    index = places_within(part.before.shape, part.tile, int(wide), int(high))
    levels = shades(part.after, part.limit)
    if not part.here.all():
        levels[~part.here] = GAP
    picture = laid(levels, index)
    at = (x, *_fitted(picture, x, y, wide, high, _loose(part))[1:])
    sheet.image(picture, *at)
    sheet.frame(*at, INK if marked else LINE, 2 if marked else 1)
    sheet.spots.append(Spot(part.name, "weights", *at, index))
    if not beside:
        below, across = at[1] + at[3] + 8, int((wide + 4.01) // (side + 4))
        spots = [(x + (k % across) * (side + 4), below + k // across * (side + 4)) for k in range(3)]
    _said(sheet, part, spots, side)
    return Box(*at, box.row)


def _loose(part: Part) -> float:
    """How far the weights of a layer may be from squares: a thin matrix would be a line."""
    return 1.0 if part.before.ndim > 2 or part.tile else 4.0 if min(part.before.shape) <= 16 else 1.6


def _shared(part: Part, width: float, room: float) -> tuple[float, float]:
    """How a card shares its height: the side of the pictures of what is said, and the height left for the weights.

    Three stand side by side, or the difference below the other two if they are a good deal larger then. Their room is
    kept while a slider is dragged and they are not known.
    """
    index = places_within(part.before.shape, part.tile, int(width), int(0.7 * room))
    wanted = SHRUNK * min(0.7 * room, width * index.shape[0] / index.shape[1] * _loose(part))
    three = min((width - 8) / 3, MAPS, room - wanted - 8)
    two = min((width - 4) / 2, MAPS, (room - wanted - 12) / 2)
    side = max(two if two > 1.2 * three else three, 10.0)
    return side, room - 8 - (2 * side + 4 if two > 1.2 * three else side)


def _said(sheet: Sheet, part: Part, spots: Sequence[tuple[float, float]], side: float) -> None:
    """Three pictures of what a layer says: baseline, compressed, difference."""
    said = part.said
    if said is None:
        return
    old, new = (said.before, said.after) if said.plane is None else said.plane[:, :, ::-1]
    known = [values for values in (old, new) if values is not None]
    if not known:
        sheet.words(spots[0][0], spots[0][1] + 7, "not reached", MUTED, size=10)
        return
    index = places_said(known[0].shape, 1.0)
    limit = float(np.abs(known[0]).max(initial=0))
    trio = ((old, BASELINE), (new, COMPRESSED), (new - old if len(known) == 2 else None, LINE))
    for (values, color), (x, y) in zip(trio, spots, strict=True):
        if values is not None:
            low = -1.0 if color == LINE else said.range_before[0]
            picture = laid(colours(values, low, limit), index)
            at = _fitted(picture, x, y, side, side, 1.5)
            at = (at[0], y, *at[2:])
            sheet.image(picture, *at)
            sheet.frame(*at, color)
            sheet.spots.append(Spot(part.name, "said", *at, index))


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
                ports[k].y for k, other in enumerate(wiring) if other.layer and _stands_between(at[k], source, target)
            ]
            sheet.way(*start, *stop, top=min(between) - 6 if between else None)


def _stands_between(box: Box, source: Box, target: Box) -> bool:
    """Whether a straight way from one to the other would lead through a card."""
    high, low = sorted((source.middle, target.middle))
    within = source.x + source.width < box.x and box.x + box.width < target.x
    return box.row == source.row and within and box.y < low + 4 and box.y + box.height > high - 4


def _answers(sheet: Sheet, result: Result, box: Box) -> None:
    """What comes out: the plane, or the likeliest classes, each with the probability under both."""
    if result.model.picture == "point":
        neurons.planes(sheet, result, box.x, box.y, min(box.width, (box.height - 56) / 2))
        return
    index, classes = chosen(result), result.model.classes
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
