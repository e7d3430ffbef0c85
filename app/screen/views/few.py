"""A choice of a few, as buttons in a row: the ways to look that a view offers above its picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bokeh.models import InlineStyleSheet, Row, Toggle

from app.screen import styles
from app.screen.controls.widgets import put

CSS = (
    styles.BASE
    + """
:host(.few) { display: flex !important; flex-wrap: wrap; gap: 4px; padding-bottom: 6px; }
.bk-btn {
  min-height: 28px; padding: 0 10px; font-size: var(--s1); line-height: 1; color: var(--muted); background: none;
  border: 1px solid transparent; border-radius: 14px; box-shadow: none; cursor: pointer; white-space: nowrap;
}
.bk-btn:hover { color: var(--ink); border-color: var(--line); }
.bk-btn.bk-active {
  color: var(--ink); background: var(--raised); border-color: var(--line); font-weight: 600; box-shadow: none;
}
/* What does something, and is no way to look: it has an edge, and a mark when it is done. */
:host(.act) .bk-btn { color: var(--ink); border-color: var(--line); }
:host(.act) .bk-btn.bk-active::before { content: "✓ " / ""; }
.bk-btn[disabled] { opacity: 0.6; cursor: default; }
@media (pointer: coarse) { .bk-btn { min-height: 44px; border-radius: 22px; } }
@media (forced-colors: active) { .bk-btn.bk-active { text-decoration: underline; } }
"""
)


def sheet() -> InlineStyleSheet:
    """The style of such buttons; one sheet serves all of a view."""
    return InlineStyleSheet(css=CSS)


class Few:
    """Buttons of which one is chosen.

    Parameters
    ----------
    tell : called with the id of what a person chooses
    said : what the choice is of, for screen readers
    beside : what stands in the same row, behind the buttons
    """

    def __init__(self, tell: Callable[[str], object], said: str, css: InlineStyleSheet, *beside: Any):
        self._tell, self._sheet, self._beside = tell, css, beside
        self._buttons: dict[str, Toggle] = {}
        self._labels: dict[str, str] = {}
        self._chosen = ""
        attributes = {"role": "group", "aria-label": said}
        self.root = Row(
            children=[*beside], stylesheets=[css], css_classes=["few"], sizing_mode="stretch_width", margin=0,
            html_attributes=attributes,
        )  # fmt: skip

    def show(self, labels: Mapping[str, str], chosen: str) -> None:
        """Offer these, by their ids; what is shown already is left alone."""
        self._chosen = chosen
        if labels != self._labels:
            self._labels = dict(labels)
            self._buttons = {id: self._button(id, label) for id, label in labels.items()}
            self.root.children = [*self._buttons.values(), *self._beside]
        for id, button in self._buttons.items():
            put(button, active=id == chosen)

    def _button(self, id: str, label: str) -> Toggle:
        button = Toggle(label=label, active=id == self._chosen, stylesheets=[self._sheet], margin=0)

        def pressed(attr: str, old: bool, new: bool) -> None:
            if new == (id == self._chosen):
                return
            if new:
                self._tell(id)
            else:  # what is chosen stays so when it is pressed again
                button.active = True

        button.on_change("active", pressed)
        return button
