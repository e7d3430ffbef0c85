"""What is ringed in the trade-off view: the two experiments that are pinned, each under its letter, and the knee."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bokeh.plotting import figure

from app.results.experiment import Experiment
from app.screen import theme
from app.screen.controls.widgets import put
from app.screen.views.view import empty


class Pins:
    """Their marks in a plot; made when somebody first pins one, for most never do."""

    def __init__(self, plot: figure):
        self._source = empty("x y text")
        plot.scatter("x", "y", source=self._source, size=12, fill_color=None, line_color=theme.INK, line_width=1.5)
        paper = {"background_fill_color": theme.SURFACE, "border_line_color": theme.INK, "padding": 2}
        style = theme.text_style(theme.INK, theme.NORMAL, text_font_style="bold", **paper)
        # A glyph: BokehJS makes no view of an annotation that is added to a plot on screen.
        plot.text(
            "x", "y", "text", source=self._source, y_offset=-12, text_align="center", text_baseline="bottom", **style
        )

    def draw(self, tried: Sequence[Experiment], it: Mapping[str, Any]) -> None:
        """Show those of the experiments that are pinned, or the knee; `tradeoff.data` says where they stand."""
        names = {i: each.pinned for i, each in enumerate(tried) if each.pinned}
        if (knee := it["knee"]) is not None:
            names[knee] = " · ".join(filter(None, (names.get(knee), "knee")))
        x, y = ([it[name][i] for i in names] for name in ("sizes", "heights"))
        put(self._source, data={"x": x, "y": y, "text": [*names.values()]})
