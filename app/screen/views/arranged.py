"""Pictures that the page arranges by itself, so that they follow the size of the window without asking Python."""

from __future__ import annotations

from typing import Any

from bokeh.models import ColumnDataSource, CustomJS, Plot

LAID_OUT = """
    const {inner_width, inner_height} = plot.properties
    if (inner_width.is_unset || inner_height.is_unset) return  // not laid out yet; it will be told
    const {inner_width: w, inner_height: h} = plot
"""


def arrange(plot: Plot, code: str, *sources: ColumnDataSource, **known: Any) -> None:
    """Run `code` in the page whenever the size of `plot`, or the data of one of these sources, has changed.

    Parameters
    ----------
    code : JavaScript that knows `plot`, its inner width and height as `w` and `h`, and what is in `known` by name; who
        changes columns in place ends with ``source.change.emit()``, which unlike new data is not sent back to Python
    """
    callback = CustomJS(args={"plot": plot, **known}, code=LAID_OUT + code)
    plot.js_on_change("inner_width", callback)
    plot.js_on_change("inner_height", callback)
    for source in sources:
        source.js_on_change("data", callback)
