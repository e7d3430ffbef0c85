"""The model to compare with, in the trade-off view: in second place, so in outlines and dashes, and named in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bokeh.models import GlyphRenderer
from bokeh.plotting import figure

from app.results.scene import Experiment, Scene
from app.screen import theme
from app.screen.controls.widgets import put
from app.screen.format import kilobytes
from app.screen.views.axes import Look
from app.screen.views.experiments import stairs, uncompressed
from app.screen.views.view import empty, on_taps, unfaded
from models.metrics.metric import Metric

Restore = Callable[[Experiment], None]


def is_beside(scene: Scene) -> bool:
    """Whether there is a rival, other than the model that is on its way, and judged by the same metric."""
    shown = scene.coming.baseline if scene.coming else scene.result.model
    return bool(scene.rival) and scene.rival.baseline.id != shown.id and scene.rival.baseline.metric == shown.metric


class Rival:
    """Its marks in a plot; made when somebody first compares, for most never do.

    Parameters
    ----------
    restore : called with a tapped experiment

    Attributes
    ----------
    tried : what was tried with it; its source has the columns x, y and label
    """

    def __init__(self, plot: figure, restore: Restore):
        self._shown: tuple[Sequence[Experiment], list[float], float] = ((), [], 0.0)
        self._baseline, self._steps = empty("x y text"), empty("x y")
        tried = empty("x y label")
        outline = {"marker": "diamond", "fill_color": theme.SURFACE, "fill_alpha": 0.0}
        plot.step("x", "y", source=self._steps, mode="after", line_color=theme.MUTED, line_alpha=0.7, line_dash=[4, 4])
        self.tried: GlyphRenderer = plot.scatter("x", "y", source=tried, size=8, line_color=theme.MUTED, **outline)
        unfaded([self.tried])
        on_taps(tried, lambda rows: [restore(self._shown[0][i]) for i in rows])
        plot.scatter("x", "y", source=self._baseline, size=15, line_color=theme.BASELINE, line_width=2, **outline)
        paper = {"background_fill_color": theme.SURFACE, "background_fill_alpha": 0.75}
        style = theme.text_style(theme.BASELINE, theme.NORMAL, text_align="right", text_baseline="bottom", **paper)
        plot.text("x", "y", "text", x_offset=8, y_offset=-10, source=self._baseline, **style)

    def draw(self, tried: Sequence[Experiment], it: Mapping[str, Any] | None, look: Look, high: float) -> None:
        """Show what was tried with it and what `tradeoff.data` says of it, or nothing; sizes end at `high`."""
        baseline = ([it["baseline"][0]], [it["old height"]], [it["label"]]) if it else ([], [], [])
        now = dict(zip(("x", "y", "text"), baseline, strict=True))
        put(self._baseline, data=now)
        x, y = (it["sizes"].tolist(), it["heights"].tolist()) if it else ([], [])
        if (tried, y, high) != self._shown:
            self._shown = tried, y, high
            labels = [f"{it['label']}, {look.label(each)}" for each in tried]
            self.tried.data_source.data = {"x": x, "y": y, "label": labels}
            self._steps.data = stairs(it, high) if it else {"x": [], "y": []}


def beside(scene: Scene, metric: Metric) -> str:
    """How the file stands to the rival, uncompressed and at its best at this size, in words; "" if there is none."""
    if not is_beside(scene):
        return ""
    new, words = scene.result.compressed, f" {uncompressed(scene.rival.baseline, metric)}."
    fitting = [each for each in scene.rival.history if each.size_bytes <= new.size_bytes]
    if fitting:
        best = max(fitting, key=lambda each: metric.goodness(each.score))
        written = f"{kilobytes(best.size_bytes)}, {metric.written(best.score)}"
        words += f" The best of it that is no larger than this file: {best.title}: {written}."
    return words
