"""What a view is: one question about a Result, one picture that answers it, and the same answer in words.

A view's module ends in ``VIEW = View(...)``. `data` is pure and is what the tests check; `build` makes the Bokeh
models once for a document; the `draw` it returns only moves data into them. The functions below are for every `build`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bokeh.models import Column, ColumnDataSource, Div, GlyphRenderer, InlineStyleSheet, UIElement

from app.results.experiment import Experiment
from app.results.scene import Scene
from app.screen import styles

Act = Callable[[Mapping[str, Any]], None]
"""Merges a change into the State, the way a click on a point or a picture does."""


@dataclass(frozen=True)
class Opened:
    """A cell that opens an experiment, which `static/history.js` then shows: its text, and what opens."""

    text: str
    experiment: Experiment

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Table:
    """A view's data as a table: column titles and rows of plain values; above it what may be done there.

    saved : whether all that was tried can be saved as a file there
    """

    columns: tuple[str, ...]
    rows: tuple[tuple, ...]
    offer: str = ""
    saved: bool = False


@dataclass(frozen=True)
class Drawing:
    """A view in one document: its root model and the function that shows a scene in it."""

    root: UIElement
    draw: Callable[[Scene], None]


@dataclass(frozen=True)
class View:
    """One tab of the page.

    label : the tab.  question : the title above the picture.
    data : Scene -> what the picture shows, as plain arrays; computes no metric.
    build : Act -> Drawing
    text : Scene -> the answer in one or two sentences, for screen readers
    table : Scene -> Table
    early : whether it has something to show of a model of which only the baseline is known, `Scene.coming`
    layered : whether it shows which layer the controls speak for
    timed : whether it shows how long the files take here
    """

    id: str
    label: str
    question: str
    data: Callable[[Scene], Mapping[str, Any]]
    build: Callable[[Act], Drawing]
    text: Callable[[Scene], str]
    table: Callable[[Scene], Table]
    early: bool = False
    layered: bool = False
    timed: bool = False


def empty(columns: str) -> ColumnDataSource:
    """A source of these columns, parted by spaces, without a row.

    >>> empty("x y").data
    {'x': [], 'y': []}
    """
    return ColumnDataSource({name: [] for name in columns.split()})


def unfaded(renderers: Iterable[GlyphRenderer]) -> None:
    """Let a tap on one glyph choose it and not fade the others, as BokehJS would."""
    for renderer in renderers:
        renderer.nonselection_glyph = renderer.selection_glyph = None


def legend(html: str = "") -> Div:
    """What the marks of a picture mean: a list, drawn with the variables of the page."""
    return Div(text=html, sizing_mode="stretch_width", margin=0, stylesheets=[InlineStyleSheet(css=styles.LEGEND)])


def headed(head: Div, picture: UIElement) -> Column:
    """A picture under its legend."""
    return Column(children=[head, picture], sizing_mode="stretch_both", spacing=4)


def on_tap(source: ColumnDataSource, tell: Callable[[int], None]) -> None:
    """Call ``tell(row)`` when a person taps a row, the first of several."""
    on_taps(source, lambda rows: tell(rows[0]))


def on_taps(source: ColumnDataSource, tell: Callable[[list[int]], object]) -> None:
    """Call ``tell(rows)`` when a person taps rows; they are not kept as selected, so that they can be tapped again."""

    def tapped(attr, before, rows) -> None:
        if rows:
            source.selected.indices = []
            tell(rows)

    source.selected.on_change("indices", tapped)
