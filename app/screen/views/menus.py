"""The two menus of the trade-off plot: what it shows across and up. They stand where the names of axes would."""

from __future__ import annotations

from bokeh.models import InlineStyleSheet, Row, Select

from app.results.scene import Baseline
from app.screen import styles
from app.screen.controls.widgets import put
from app.screen.views.axes import offered_across, offered_up
from app.screen.views.view import Act
from app.state.state import State

CSS = (
    styles.CONTROLS
    + """
:host(.axes) { display: flex !important; flex-wrap: wrap; justify-content: space-between; gap: 2px 16px; }
:host(.axis) .bk-input-group { display: flex; align-items: center; gap: 6px; }
:host(.axis) label { font-size: var(--s1); color: var(--muted); }
:host(.axis) select { min-height: 26px; width: auto; max-width: 44vw; padding-block: 0; font-size: var(--s1); }
@media (pointer: coarse) { :host(.axis) select { min-height: 44px; } }
"""
)


class Menus:
    """The menus of one document."""

    def __init__(self, act: Act):
        self._act = act
        self._chosen: dict[str, str] = {}
        css = InlineStyleSheet(css=CSS)
        self._menus = {name: self._menu(css, name, said) for name, said in (("y", "up"), ("x", "across"))}
        self.root = Row(children=[*self._menus.values()], stylesheets=[css], css_classes=["axes"],
                        sizing_mode="stretch_width", margin=0)  # fmt: skip

    def _menu(self, css: InlineStyleSheet, name: str, said: str) -> Select:
        menu = Select(title=said, stylesheets=[css], css_classes=["axis"], margin=0)

        def chosen(attr: str, old: str, new: str) -> None:
            if new and new != self._chosen.get(name):
                self._act({name: new})

        menu.on_change("value", chosen)
        return menu

    def show(self, state: State, baseline: Baseline) -> None:
        """Offer what can be shown of a model, and choose what the State names."""
        options = {"x": offered_across(state), "y": offered_up(state, baseline)}
        self._chosen = {"x": state.x, "y": state.y}
        for name, menu in self._menus.items():
            put(menu, options=options[name])
            put(menu, value=self._chosen[name])
