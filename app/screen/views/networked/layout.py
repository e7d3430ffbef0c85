"""Where the parts of a network stand: data flows from left to right, in one row or, where there are many layers, in
several, as words do in lines.

A column is a step in depth; what is equally deep stands one above the other. Where branches meet, a small circle stands
before the next column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from app.network.vertex import Vertex

GUTTER = 16  # pixels between two columns
ROWS = 6  # at most
FLAT = 0.5  # width of a card over its height, from which on more rows would be no better


@dataclass(frozen=True)
class Box:
    """Where a vertex stands, in pixels; of a place where branches meet a point."""

    x: float
    y: float
    width: float
    height: float
    row: int

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def depths(wiring: Sequence[Vertex]) -> list[int]:
    """The column of each vertex; a place where branches meet, and the output, are as deep as what they read."""
    found: list[int] = []
    for vertex in wiring:
        deepest = max((found[i] for i in vertex.sources), default=-1 if not found else 0)
        found.append(deepest + (vertex.op == "input" or bool(vertex.layer)))
    return found


def boxes(
    wiring: Sequence[Vertex], sizes: Mapping[str, float], width: float, height: float, answers: float
) -> tuple[list[Box], Box | None]:
    """Where all vertices stand, and where the answers do.

    Parameters
    ----------
    sizes : how much room the layers want beside each other
    width, height : of all there is
    answers : the width that answers need; 0 for none
    """
    depth = depths(wiring)
    columns = [[i for i, d in enumerate(depth) if d == k and (wiring[i].layer or not i)] for k in range(max(depth) + 1)]
    wanted = [max((sizes.get(wiring[i].layer, 1.0) for i in column), default=1.0) for column in columns]
    rows = max(range(1, ROWS + 1), key=lambda n: min(_pitch(len(columns), n, width, answers), FLAT * height / n))
    per_row = ceil((len(columns) + (answers > 0)) / rows) if rows > 1 else len(columns)
    tall = height / rows
    found: list[Box | None] = [None] * len(wiring)
    at_end = None
    for row in range(rows):
        members = columns[row * per_row : (row + 1) * per_row]
        last = row == rows - 1
        room = max(width - GUTTER * (len(members) - 1) - (answers + GUTTER if last and answers else 0), 1.0)
        share = wanted[row * per_row : (row + 1) * per_row]
        if rows > 1:  # of one width, so that columns stand below each other
            share = [1.0] * per_row
            room = width - GUTTER * (per_row - 1)
        first_fixed = min(64.0, room / len(share)) if row == 0 and rows == 1 else None
        x = 0.0
        for k, column in enumerate(members):
            if first_fixed is not None:
                wide = first_fixed if k == 0 else (room - first_fixed) * share[k] / sum(share[1:])
            else:
                wide = room * share[k] / sum(share)
            each = tall / len(column)
            for j, i in enumerate(column):
                found[i] = Box(x, row * tall + j * each, wide, each, row)
            x += wide + GUTTER
        if last and answers:
            at_end = Box(x, row * tall, min(answers, width - x), tall, row)
    return _with_meetings(wiring, depth, found), at_end


def _pitch(columns: int, rows: int, width: float, answers: float) -> float:
    """How wide a column would be."""
    if rows == 1:
        return (width - (answers + GUTTER if answers else 0)) / columns - GUTTER
    return width / ceil((columns + (answers > 0)) / rows) - GUTTER


def _with_meetings(wiring: Sequence[Vertex], depth: Sequence[int], found: list[Box | None]) -> list[Box]:
    """The places where branches meet, behind the deepest of what they read; several stand one behind the other."""
    for i, vertex in enumerate(wiring):
        if found[i] is None:
            deepest = max(vertex.sources, key=lambda j: (depth[j], j)) if vertex.sources else 0
            beside = [found[j] for j in range(i) if depth[j] == depth[i] and wiring[j].layer] or [found[deepest]]
            before = found[deepest]
            edge = max(box.x + box.width for box in beside)
            x = max(edge + GUTTER * 0.45, before.x + (8 if not wiring[deepest].layer else 0))
            middle = sum(box.middle for box in beside) / len(beside)
            found[i] = Box(x, middle, 0, 0, before.row)
    return found
