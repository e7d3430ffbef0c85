"""The widgets of one document: made in one style, and wired so that what a person does to one changes the State.

A widget is moved by the person or by the State; what the State moves is not sent back to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from html import escape
from typing import Any

from bokeh.models import InlineStyleSheet
from panel.viewable import Viewable
from panel.widgets import Widget

from app.screen.controls.widgets import HTML, Checkbox, Column, FloatSlider, IntSlider, Select, TextInput
from app.state.state import State

Go = Callable[..., None]
"""``go(state, transient=False)``: `Store.go`."""

Meaning = Callable[[State, Any], State]
"""The State and a widget's new value -> the State that is meant. Raises ValueError."""


class Wiring:
    """What the widgets of one document have in common.

    Parameters
    ----------
    go : told the State that the person means
    sheet : the style of every widget

    Attributes
    ----------
    state : what the widgets show
    layers : names of the layers of the model on screen
    heads : whether that has attention heads
    let_go : set once the person lets go of a widget, which may then stand where the State does not
    """

    def __init__(self, go: Go, sheet: InlineStyleSheet):
        self.go, self.sheet = go, sheet
        self.state: State | None = None
        self.layers: tuple[str, ...] = ()
        self.heads = False
        self.let_go = False
        self._syncing = False

    @contextmanager
    def in_sync(self):
        """What happens to a widget in here was not the person's doing."""
        self._syncing = True
        try:
            yield
        finally:
            self._syncing = False

    def menu(self, label: str, options: Mapping[str, Any], meaning: Meaning, **more) -> Select:
        menu = Select(label=label, options=options, width=None, sizing_mode="stretch_width", sheet=self.sheet, **more)
        return self._listen(menu, "value", meaning)

    def check(self, label: str, kind: str, meaning: Meaning) -> Checkbox:
        return self._listen(Checkbox(label=label, sheet=self.sheet, css_classes=[kind]), "value", meaning)

    def number(self, label: str, unit: str, meaning: Meaning) -> TextInput:
        """A limit that may be left out. It is text: a field for numbers drops what it cannot read without a word."""
        field = TextInput(
            label=label, placeholder="any", css_classes=["limit", unit],
            width=None, sizing_mode="stretch_width", sheet=self.sheet,
        )  # fmt: skip
        return self._listen(field, "value", meaning)

    def slider(
        self, label: str, *classes: str, meaning: Meaning, kind: type[FloatSlider | IntSlider] = FloatSlider, **more
    ) -> FloatSlider | IntSlider:
        """All changes of State that a drag makes are transient but the last."""
        slider = kind(label=label, css_classes=list(classes), sizing_mode="stretch_width", sheet=self.sheet, **more)
        self._listen(slider, "value", meaning, transient=True)
        return self._listen(slider, "value_throttled", meaning)

    def words(self, kind: str, text: str = "", **attributes: str) -> HTML:
        return HTML(escape(text), sheet=self.sheet, css_classes=[kind], bokeh={"html_attributes": attributes})

    def column(self, *parts: Viewable, **more) -> Column:
        return Column(*parts, sizing_mode="stretch_width", sheet=self.sheet, **more)

    def _listen(self, widget: Widget, name: str, meaning: Meaning, *, transient: bool = False) -> Any:
        """Turn what the person does to a widget into a change of State; gives the widget."""

        def changed(event):
            if not self._syncing:
                self.let_go = self.let_go or not transient
                self.go(meaning(self.state, event.new), transient=transient)

        # A drag that ends where the one before did is news: the slider has been elsewhere in between.
        widget.param.watch(changed, name, onlychanged=name != "value_throttled")
        return widget
