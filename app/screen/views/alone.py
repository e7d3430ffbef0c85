"""Each layer compressed alone: what it wins in bytes, and what that costs in score. Part of the view of the layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bokeh.models import HoverTool, LabelSet, Range1d, TapTool

from app.results.result import Result
from app.results.scene import Scene
from app.results.sensitivity import Sensitivity, Trial
from app.screen import theme
from app.screen.controls.widgets import put
from app.screen.format import count, end_of, kilobytes
from app.screen.views.view import Act, Table, empty, headed, legend, on_tap, unfaded
from app.state.wording import shown
from kernels import TECHNIQUES
from models.metrics import METRICS
from models.metrics.metric import Metric

MARKERS = ("circle", "square", "triangle", "diamond", "inverted_triangle")
SIGNS = {"circle": "●", "square": "■", "triangle": "▲", "diamond": "◆", "inverted_triangle": "▼"}
APART = (0.17, 0.055)  # of the width and the height of the plot, between the names of two layers


def data(sensitivity: Sensitivity | None, metric: Metric) -> dict[str, Any]:
    """Kilobytes won, score lost as it is written, what each trial is, and which names there is room for."""
    trials = () if sensitivity is None else sensitivity.trials
    won = np.array([trial.won / 1000 for trial in trials])
    lost = np.array([metric.scale * trial.lost for trial in trials])
    techniques = list(dict.fromkeys(trial.step.technique for trial in trials))
    return {
        "trials": trials,
        "won": won,
        "lost": lost,
        "techniques": techniques,
        "marker": [MARKERS[techniques.index(trial.step.technique) % len(MARKERS)] for trial in trials],
        "named": named(won, lost),
    }


def named(won: np.ndarray, lost: np.ndarray) -> list[bool]:
    """Which points have their name beside them: those that lose most first, as long as no two names meet."""
    if not len(won):
        return []
    x, y = ((each - each.min()) / (np.ptp(each) or 1) for each in (won, lost))
    taken: list[tuple[float, float]] = []
    said = [False] * len(won)
    for i in np.lexsort((-won, -lost)).tolist():
        if all(abs(x[i] - a) > APART[0] or abs(y[i] - b) > APART[1] for a, b in taken):
            taken.append((x[i], y[i]))
            said[i] = True
    return said


def tip(trial: Trial, metric: Metric) -> str:
    """One trial in words."""
    return f"{trial.layer}, {by(trial)}: {loses(trial, metric)}, {kilobytes(abs(trial.won))} {_smaller(trial)}"


def by(trial: Trial) -> str:
    """The technique and its strength: ``Prune 90 %``."""
    technique = TECHNIQUES[trial.step.technique]
    value = dict(trial.step.params)[technique.primary.name]
    return f"{technique.label} {shown(technique.primary, value)}"


def loses(trial: Trial, metric: Metric) -> str:
    """What it costs: ``12.2 points lost``."""
    written = metric.difference_written(abs(trial.lost)).lstrip("+±")
    return f"{written} {'won' if trial.lost < 0 else 'lost'}"


def _smaller(trial: Trial) -> str:
    return "larger" if trial.won < 0 else "smaller"


def text(scene: Scene) -> str:
    """How far the measuring is, the layer that loses most, and the one that can take more."""
    known, metric = scene.sensitivity, METRICS[scene.result.model.metric]
    if known is None or not known.of:
        return "Nothing in the recipe makes a layer smaller by itself: switch on prune, palettize or quantize."
    words = "Each layer was compressed alone." if known.done else f"{len(known.trials)} of {known.of} are measured."
    worst, easy = known.worst, known.easiest
    if worst is not None:
        words += f" {worst.layer} is most sensitive: {loses(worst, metric)} with {by(worst)} in it alone."
    elif known.done:
        words += " None loses anything."
    if known.done and easy is not None and easy != worst:
        words += f" {easy.layer} can take more: {kilobytes(easy.won)} won with {by(easy)}, and no loss but by chance."
    missing = known.of - len(known.trials)
    if known.done and missing:
        words += f" {count(missing, 'trial')} could not be computed."
    return words


def table(scene: Scene) -> Table:
    metric = METRICS[scene.result.model.metric]
    unit = f", {metric.difference_unit}" if metric.difference_unit else ""
    heads = ("layer alone", "technique", metric.label, f"lost{unit}", "bytes won", "answers changed", "may be chance")
    trials = scene.sensitivity.trials if scene.sensitivity else ()
    rows = (
        (each.layer, by(each), metric.written(each.score), metric.number(each.lost), each.won, each.changed,
         "yes" if each.is_chance else "no")
        for each in sorted(trials, key=lambda trial: -trial.lost)
    )  # fmt: skip
    return Table(heads, tuple(rows))


def left_alone(result: Result, layer: str, on: bool) -> dict[str, Any]:
    """The change of State that keeps a layer in float, or no longer does."""
    layers = {name: dict(special) for name, special in result.state.layers.items()}
    layers.setdefault(layer, {}).pop("skip", None)
    if on:
        layers[layer]["skip"] = True
    return {"layers": {name: special for name, special in layers.items() if special}}


class Picture:
    """The plot of one document."""

    def __init__(self, act: Act):
        self._layer = ""
        self._points, self._names, self._chosen = (
            empty("x y marker tip layer"),
            empty("x y text align dx"),
            empty("x y"),
        )
        plot = theme.plot(x_range=Range1d(0, 1), y_range=Range1d(1, 0), min_border_left=58, min_border_right=12,
                          min_border_top=10)  # fmt: skip
        plot.xaxis.axis_label = "won, kB"
        plot.ygrid.grid_line_color = theme.GRID
        self._plot = plot
        plot.segment(x0="x", y0=0, x1="x", y1="y", source=self._points, line_color=theme.COMPRESSED, line_alpha=0.25)
        dots = plot.scatter("x", "y", marker="marker", source=self._points, size=11, fill_color=theme.COMPRESSED,
                            fill_alpha=0.8, line_color=theme.SURFACE)  # fmt: skip
        plot.scatter("x", "y", source=self._chosen, size=20, fill_color=None, line_color=theme.INK, line_width=2)
        unfaded(plot.renderers)
        paper = theme.text_style(background_fill_color=theme.SURFACE, background_fill_alpha=0.75)
        plot.add_layout(
            LabelSet(text_align="align", text_baseline="middle", x_offset="dx", source=self._names, **paper)
        )
        plot.select_one(TapTool).renderers = [dots]
        plot.add_tools(HoverTool(renderers=[dots], tooltips="@tip"))
        on_tap(self._points, lambda i: act({"layer": self._toggled(self._points.data["layer"][i])}))
        self._head = legend()
        self.root = headed(self._head, plot)

    def _toggled(self, layer: str) -> str:
        return "" if layer == self._layer else layer

    def draw(self, scene: Scene) -> None:
        result, metric = scene.result, METRICS[scene.result.model.metric]
        it, self._layer = data(scene.sensitivity, metric), result.state.layer
        x, y, trials = it["won"], it["lost"], it["trials"]
        self._points.data = {
            "x": x, "y": y, "marker": it["marker"], "tip": [tip(each, metric) for each in trials],
            "layer": [each.layer for each in trials],
        }  # fmt: skip
        low, high = _ends(x)
        words = [i for i, said in enumerate(it["named"]) if said]
        right = [x[i] > low + 0.75 * (high - low) for i in words]
        self._names.data = {
            "x": x[words], "y": y[words], "text": [end_of(trials[i].layer) for i in words],
            "align": ["right" if each else "left" for each in right], "dx": [-9 if each else 9 for each in right],
        }  # fmt: skip
        ours = [i for i, each in enumerate(trials) if each.layer == self._layer]
        self._chosen.data = {"x": x[ours], "y": y[ours]}
        self._plot.x_range.update(start=low, end=high)
        top, bottom = _ends(y)
        self._plot.y_range.update(start=bottom, end=top)  # what loses nothing stands above
        unit = metric.difference_unit
        put(self._plot.yaxis[0], axis_label=f"lost, {unit or metric.label}")
        put(self._head, text=_legend(it, scene.sensitivity))


def _ends(values: np.ndarray) -> tuple[float, float]:
    """An axis that holds 0 and all values, with room."""
    low, high = min(0.0, float(values.min(initial=0))), max(0.0, float(values.max(initial=0)))
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


def _legend(it: Mapping[str, Any], known: Sensitivity | None) -> str:
    """What the marks mean, and how far the measuring is."""
    marks = [
        f"<li>{SIGNS[MARKERS[i % len(MARKERS)]]} {TECHNIQUES[id].label}</li>" for i, id in enumerate(it["techniques"])
    ]
    done = len(it["trials"])
    if known is not None and not known.done:
        marks.append(f"<li><progress max='{known.of}' value='{done}'></progress> {done} of {known.of}</li>")
    else:
        marks.append("<li>right and high up: a good place to save</li>")
    return f"<ul>{''.join(marks)}</ul>"
