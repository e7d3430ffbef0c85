"""One weight followed, in the view of the weights: a row of numbers above the plot, and its marks in it."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from app.results.followed import Followed

GAP = 0.06  # of a row, between two marks below its line


def place_told(shape: tuple[int, ...], at: tuple[int, ...]) -> str:
    """Between what a weight stands: ``neuron 3 from 12``."""
    what = "neuron" if len(shape) == 2 else "channel"
    where = f"{what} {at[0] + 1} from {at[1] + 1}"
    return where if len(shape) == 2 else f"{where}, at {', '.join(str(each + 1) for each in at[2:])}"


def html(it: Followed) -> str:
    """The steps in a row, and the range of its layer before and after."""
    where = f"{it.layer.name}, {place_told(it.layer.before.shape, it.at)}"
    steps = "".join(f"<li>{escape(word)} <b>{escape(number)}</b></li>" for word, number in it.steps)
    low, high, least, most = (f"{end:.3g}".replace("-", "−") for end in ends(it))
    span = f"{low} to {high}" if (low, high) == (least, most) else f"{low} to {high}, now {least} to {most}"
    last = f"<li>all of {escape(it.layer.name)}: {span}</li>" + (f"<li>{escape(it.aside)}</li>" if it.aside else "")
    return f"<ol aria-label='One weight followed'><li>{escape(where)}</li>{steps}{last}</ol>"


def ends(it: Followed) -> tuple[float, float, float, float]:
    """The range of its layer, before and after."""
    sides = (it.layer.before, it.layer.after)
    return tuple(float(end(side)) if side.size else 0.0 for side in sides for end in (np.min, np.max))


def marks(it: Followed, row: float, limit: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns of the points of its grid or palette, below the line of its layer, and of its way."""
    points = np.zeros(0) if it.stored is None else np.unique(it.stored.points)
    points = points[np.abs(points) <= limit]
    grid = {"x": points, "low": np.full(len(points), row - 2 * GAP), "high": np.full(len(points), row)}
    before, after = (float(np.clip(each, -limit, limit)) for each in (it.before, it.after))
    return grid, {"before": [before], "after": [after], "y": [row]}
