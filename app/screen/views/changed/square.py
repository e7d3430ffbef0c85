"""Square pictures from 0 to 1, y downwards: side by side, or one above the other where it is narrow and high."""

from __future__ import annotations

from bokeh.models import Column, Range1d, Row
from bokeh.plotting import figure

from app.screen import theme
from app.screen.views.arranged import arrange
from app.screen.views.view import headed, legend

HALF = {"flex": "1 1 clamp(120px, (100vh - 860px) * 9, 260px)", "min-width": "0", "min-height": "42%"}
"""How a figure shares a row that breaks: half of the width, or less than half of the height. A low window, such as a
phone's, has no room for two above each other."""

# A square keeps its shape and stands in the middle.
FIT = """
    const side = Math.min(w, h)
    if (!(side > 0)) return
    const left = (w - side) / 2 / side, above = (h - side) / 2 / side
    plot.x_range.setv({start: -left, end: 1 + left}); plot.y_range.setv({start: 1 + above, end: -above})
"""


def square() -> figure:
    """A figure that shows 0 to 1 on both axes."""
    plot = theme.plot(x_range=Range1d(0, 1), y_range=Range1d(1, 0), min_border=2)
    plot.axis.visible = False
    plot.styles = HALF | {"min-height": "48%"}
    arrange(plot, FIT)
    return plot


def beside(said: str, *plots: figure) -> Column:
    """Figures under a legend, `said`; they stand in a row that breaks where it is narrow and high."""
    row = Row(children=[*plots], sizing_mode="stretch_both", spacing=16, styles={"flex-wrap": "wrap"})
    return headed(legend(said), row)
