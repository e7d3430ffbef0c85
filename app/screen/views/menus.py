"""Small menus in a row, each a choice that the State keeps; in the trade-off view, what it shows across and up."""

from __future__ import annotations

from collections.abc import Mapping

from bokeh.models import InlineStyleSheet, Row, Select, UIElement

from app.screen import styles
from app.screen.controls.widgets import put
from app.screen.views.view import Act

CSS = (
    styles.CONTROLS
    + """
:host(.menus) { display: flex !important; flex-wrap: wrap; align-items: center; gap: 2px 18px; padding-bottom: 2px; }
:host(.menu) { width: auto; }
:host(.menu) .bk-input-group {
  display: grid; grid-template-columns: auto auto; justify-content: start; align-items: center; column-gap: 6px;
}
:host(.menu) label { font-size: var(--s1); color: var(--muted); }
:host(.menu) select {
  min-height: 26px; width: auto; max-width: min(300px, 62vw); padding-block: 0; font-size: var(--s1);
}
@media (max-width: 559px) { :host(.menus) { gap: 2px 10px; } :host(.menu) select { max-width: 31vw; } }
@media (pointer: coarse) { :host(.menu) select { min-height: 44px; } }
:host(.axes) { display: var(--axes) !important; }
"""
)


class Menus:
    """The menus of one document.

    Parameters
    ----------
    act : called with a change of State
    names : field of the State -> what its menu is called
    beside : what stands in the same row, behind the menus
    """

    def __init__(self, act: Act, names: Mapping[str, str], *beside: UIElement):
        self._act = act
        self._chosen: dict[str, str] = {}
        css = InlineStyleSheet(css=CSS)
        self._menus = {name: self._menu(css, name, said) for name, said in names.items()}
        self.root = Row(children=[*self._menus.values(), *beside], stylesheets=[css], css_classes=["menus"],
                        sizing_mode="stretch_width", margin=0)  # fmt: skip

    def _menu(self, css: InlineStyleSheet, name: str, said: str) -> Select:
        menu = Select(title=said, stylesheets=[css], css_classes=["menu"], margin=0)

        def chosen(attr: str, old: str, new: str) -> None:
            if new and new != self._chosen.get(name):
                self._act({name: new})

        menu.on_change("value", chosen)
        return menu

    def show(self, name: str, options: Mapping[str, str], chosen: str) -> None:
        """Offer these in one menu, by their ids."""
        self._chosen[name] = chosen
        put(self._menus[name], options=[*options.items()])
        put(self._menus[name], value=chosen)
