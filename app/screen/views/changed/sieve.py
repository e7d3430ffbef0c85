"""Which of the changed answers are shown: by kind, by group, and by how much they moved, brushed on a histogram.

What is chosen here belongs to the document and not to the State: like a table that is open, it changes no Result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from bokeh.models import Column, Div, InlineStyleSheet, Range1d, RangeSlider, Row, Select

from app.results.groups import Grouping
from app.screen import styles, theme
from app.screen.controls.widgets import put
from app.screen.views.view import empty
from app.tasks import Task
from models.model import Model

BARS = 40
ANY = "any"
COLUMNS = ("indices", "kind", "before", "after", "label", "gained")

CSS = (
    styles.CONTROLS
    + """
:host(.sieve) { padding: 0 0 6px; border-bottom: 1px solid var(--line); }
:host(.sieve-menus) { gap: 4px 16px; flex-wrap: wrap; align-items: center; }
:host(.filter) .bk-input-group {
  display: grid; grid-template-columns: auto minmax(0, 1fr); column-gap: 8px; align-items: center;
}
label { font-size: var(--s1); color: var(--muted); }
.bk-slider-title { display: none; }
p { margin: 0; font-size: var(--s1); color: var(--muted); white-space: nowrap; }
"""
)


def histogram(gained: np.ndarray, reach: float) -> np.ndarray:
    """How many answers moved by how much: int64, shape (BARS,), from -reach to reach; what moved farther ends there."""
    return np.histogram(np.clip(gained, -reach, reach), BARS, (-reach, reach))[0]


def sifted(
    changed: Mapping[str, Any], kind: int | None, members: np.ndarray | None, span: tuple[float, float] | None,
    reach: float,
) -> dict[str, Any]:  # fmt: skip
    """What is left of the changed answers, which are `predictions.data`.

    Parameters
    ----------
    kind : the only one shown; None = all
    members : bool, shape (n,): the samples of a group; None = all
    span : how much an answer moved, both ends included; None = anything
    """
    keep = np.ones(len(changed["indices"]), bool)
    if kind is not None:
        keep &= changed["kind"] == kind
    if members is not None:
        keep &= members[changed["indices"]]
    if span is not None:
        moved = np.clip(changed["gained"], -reach, reach)
        keep &= (span[0] - 1e-9 <= moved) & (moved <= span[1] + 1e-9)
    return {**changed, **{name: changed[name][keep] for name in COLUMNS}}


class Sieve:
    """The menus and the histogram of one document.

    Parameters
    ----------
    again : called when something else is to be shown
    """

    def __init__(self, again: Callable[[], None]):
        self._again = again
        self._model: Model | None = None
        self._groups: dict[str, tuple[Grouping, int]] = {}
        self._quiet = False  # while it is Python that moves the widgets
        css = InlineStyleSheet(css=CSS)
        self._kind = Select(title="show", stylesheets=[css], css_classes=["filter"], margin=0, width=160)
        self._group = Select(title="of", stylesheets=[css], css_classes=["filter"], margin=0, width=160)
        self._span = RangeSlider(start=-1, end=1, step=0.01, value=(-1, 1), stylesheets=[css], margin=0,
                                 show_value=False, sizing_mode="stretch_width")  # fmt: skip
        self._said = Div(stylesheets=[css], margin=0)
        self._bars, self._ends = empty("left right top chosen"), empty("x text align")
        plot = theme.plot(x_range=Range1d(-1, 1), y_range=Range1d(-0.5, 1), min_border=0, tools="")
        plot.axis.visible = False
        plot.sizing_mode, plot.height, plot.margin = "stretch_width", 66, (0, 7, 0, 7)
        plot.quad("left", "right", "top", 0, source=self._bars, fill_color=theme.COMPRESSED, line_color=None,
                  fill_alpha="chosen")  # fmt: skip
        plot.text(
            "x",
            -0.36,
            "text",
            source=self._ends,
            text_align="align",
            text_baseline="alphabetic",
            **theme.text_style(theme.MUTED),
        )
        self._plot = plot
        menus = Row(children=[self._kind, self._group, self._said], stylesheets=[css], css_classes=["sieve-menus"],
                    sizing_mode="stretch_width")  # fmt: skip
        self.root = Column(children=[menus, plot, self._span], stylesheets=[css], css_classes=["sieve"],
                           sizing_mode="stretch_width", visible=False, spacing=0)  # fmt: skip
        for widget in (self._kind, self._group, self._span):
            widget.on_change("value", self._moved)

    def _moved(self, attr: str, old: Any, new: Any) -> None:
        if not self._quiet:
            self._again()

    def choose(self, grouping: Grouping, group: int) -> None:
        """Show the answers of one group."""
        self._quiet = True
        self._group.value = _key(grouping, group)
        self.root.visible = True
        self._quiet = False

    def offer(self, model: Model, task: Task) -> None:
        """Learn what can be chosen for a model; with another one everything is shown again."""
        if model is self._model:
            return
        self._model, self._quiet = model, True
        groupings = task.groupings(model)
        self._groups = {_key(each, i): (each, i) for each in groupings for i in range(len(each.names))}
        kinds = [(ANY, "all that changed"), *((str(i), kind) for i, kind in enumerate(task.kinds))]
        named = {each.label: [(_key(each, i), name) for i, name in enumerate(each.names)] for each in groupings}
        self._kind.update(options=kinds, value=ANY)
        self._group.update(options={"": [(ANY, "all groups")], **named}, value=ANY)
        reach = task.reach
        self._span.update(start=-reach, end=reach, step=reach / BARS * 2, value=(-reach, reach))
        self._plot.x_range.update(start=-reach, end=reach)
        words = [f"−{reach:g}", task.gain, f"+{reach:g}"]
        self._ends.data = {"x": [-reach, 0, reach], "text": words, "align": ["left", "center", "right"]}
        self._quiet = False

    def sift(self, changed: Mapping[str, Any], task: Task) -> Mapping[str, Any]:
        """What is left of the changed answers; the histogram is of those that kind and group leave."""
        if not self.root.visible:
            return changed
        kind = None if self._kind.value == ANY else int(self._kind.value)
        group = self._groups.get(self._group.value)
        members = None if group is None else group[0].members[group[1]]
        span, reach = tuple(self._span.value), task.reach
        before = sifted(changed, kind, members, None, reach)
        left = sifted(before, None, None, None if span == (-reach, reach) else span, reach)
        self._draw(before["gained"], span, reach)
        said = f"<p>{len(left['indices'])} of {len(changed['indices'])} that changed</p>"
        put(self._said, text=said)
        return left

    def _draw(self, gained: np.ndarray, span: tuple[float, float], reach: float) -> None:
        counts = histogram(gained, reach)
        edges = np.linspace(-reach, reach, BARS + 1)
        middle = (edges[:-1] + edges[1:]) / 2
        self._bars.data = {
            "left": edges[:-1], "right": edges[1:], "top": np.sqrt(counts / max(counts.max(), 1)),
            "chosen": np.where((span[0] <= middle) & (middle <= span[1]), 0.9, 0.25),
        }  # fmt: skip


def _key(grouping: Grouping, group: int) -> str:
    return f"{grouping.id}:{group}"
