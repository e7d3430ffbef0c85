"""How sure both models are, beside how often they are right: the reliability diagram."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import HoverTool, Range1d

from app.results.groups import Calibration, calibration
from app.results.result import Measured, Result
from app.results.scene import Scene
from app.screen import theme
from app.screen.format import percent
from app.screen.views.view import Table, empty, headed, legend
from models.metrics.softmax import probabilities

LEGEND = """<ul><li><i style="color: var(--baseline); --opacity: 100%"></i>baseline</li>
<li><i style="color: var(--compressed); --opacity: 100%"></i>compressed</li>
<li>dashed: right as often as sure</li><li>larger dots: more answers</li></ul>"""
MODELS = (("baseline", theme.BASELINE), ("compressed", theme.COMPRESSED))


def data(result: Result) -> dict[str, Calibration]:
    """The calibration of both models."""
    return {name: _of(result, getattr(result, name)) for name, _ in MODELS}


def _of(result: Result, measured: Measured) -> Calibration:
    sure = probabilities(measured.outputs).max(axis=1)
    return calibration(sure, measured.answers == result.model.labels)


def columns(it: Calibration) -> dict[str, Any]:
    return {"x": it.confidence, "y": it.accuracy, "size": 5 + 16 * np.sqrt(it.n / it.n.sum()), "n": it.n}


def text(result: Result) -> str:
    """How far the compressed model is too sure, and the calibration error of both."""
    old, new = (data(result)[name] for name, _ in MODELS)
    points = f"{100 * abs(new.surer):.1f} points"
    words = f"The compressed model is {'surer' if new.surer > 0 else 'less sure'} than it is right, by {points}"
    if abs(new.surer) < 0.01:
        words = "The compressed model is about as sure as it is right"
    return f"{words}. Its expected calibration error is {percent(new.error)} instead of {percent(old.error)}."


def table(result: Result) -> Table:
    rows = [
        (name, percent(sure), percent(right), int(n))
        for name, it in data(result).items()
        for sure, right, n in zip(it.confidence, it.accuracy, it.n, strict=True)
    ]
    return Table(("model", "how sure, on average", "how often right", "answers"), tuple(rows))


class Picture:
    """The diagram of one document."""

    def __init__(self):
        self._sources = {name: empty("x y size n") for name, _ in MODELS}
        plot = theme.plot(x_range=Range1d(0, 1.04), y_range=Range1d(0, 1.06), min_border_left=44, min_border_top=8,
                          tools="")  # fmt: skip
        plot.xaxis.axis_label, plot.yaxis.axis_label = "how sure of the answer", "how often right"
        plot.grid.grid_line_color = theme.GRID
        plot.segment(0, 0, 1, 1, line_color=theme.MUTED, line_dash="dashed")
        for name, color in MODELS:
            source = self._sources[name]
            plot.line("x", "y", source=source, line_color=color, line_width=2)
            dots = plot.scatter("x", "y", source=source, size="size", fill_color=color, line_color=theme.SURFACE)
            tip = f"{name}: @n answers, @x{{0 %}} sure, @y{{0 %}} right"
            plot.add_tools(HoverTool(renderers=[dots], tooltips=tip))
        self.root = headed(legend(LEGEND), plot)

    def draw(self, scene: Scene) -> None:
        for name, it in data(scene.result).items():
            self._sources[name].data = columns(it)
