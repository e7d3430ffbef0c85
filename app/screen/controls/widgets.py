"""Panel's widgets, panes and columns in our style alone: the one place where we lean on Panel's private parts (1.9.4).

Panel gives each of its objects a design and some style sheets, several of them files to fetch, and puts ours behind
them. Here an object's model has one sheet, which it shares with others: nothing is fetched, nothing flashes. And it is
one of Bokeh's own models, not Panel's extension of it, so that the page needs no panel.min.js; what the extension would
add is renamed to None, which for Panel means that the model has no such property.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bokeh.models as bk
import panel as pn


def put(thing: Any, **values) -> None:
    """Set those properties of an object that differ: Panel takes long to find out for itself that none does."""
    for name, value in values.items():
        if getattr(thing, name) != value:
            setattr(thing, name, value)


class Plain:
    """Goes before a class of Panel's.

    Parameters
    ----------
    sheet : the style of the object's model
    bokeh : further properties of the model, which Panel does not declare
    """

    def __init__(self, *objects, sheet: bk.InlineStyleSheet, bokeh: Mapping[str, Any] | None = None, **params):
        self.sheet, self._bokeh = sheet, bokeh or {}
        super().__init__(*objects, margin=0, **params)

    def _update_design(self, *_) -> None:
        self._design = None

    def _init_params(self) -> dict[str, Any]:
        return {name: value for name, value in super()._init_params().items() if name != "stylesheets"}

    def _get_properties(self, doc) -> dict[str, Any]:
        return {**super()._get_properties(doc), **self._bokeh, "stylesheets": [self.sheet]}

    def _process_events(self, events: dict[str, Any]) -> None:
        """Take what the person did: Panel's way also tells a busy indicator, unlocks every parameter and looks at the
        values of all, which takes as long as all the rest of a move."""
        for name, value in self._process_property_change(events).items():
            setattr(self, name, value)


class Column(Plain, pn.Column):
    _bokeh_model = bk.Column
    _rename = dict.fromkeys(("auto_scroll_limit", "scroll_button_threshold", "scroll_position", "view_latest"))

    def _update_model(self, *args) -> None:
        """As every other object does: Panel's layouts hold events back, and drop them where no server is connected."""
        super(pn.layout.Panel, self)._update_model(*args)


class Button(Plain, pn.widgets.Button):
    _widget_type = bk.Button
    _rename = dict.fromkeys(("description", "description_delay"))


class Toggle(Plain, pn.widgets.Toggle):
    pass


class Checkbox(Plain, pn.widgets.Checkbox):
    pass


class Select(Plain, pn.widgets.Select):
    _widget_type = bk.Select
    _rename = dict.fromkeys(("disabled_options", "size"))


class TextInput(Plain, pn.widgets.TextInput):
    _widget_type = bk.TextInput
    _rename = dict.fromkeys(("description", "description_delay", "enter_pressed"))


class _Slider(Plain):
    def __init__(self, *objects, **params):
        super().__init__(*objects, **params)
        self.param["value_throttled"].constant = False  # it is the page that sets it, see below

    def _update_model(self, events, msg, root, model, doc, comm) -> None:
        """What Python moves has its last drag end there, or else the next drag may go unnoticed: BokehJS tells only of
        one that ends elsewhere than the last did. `_changing` keeps Panel from taking it for a drag."""
        value = msg.get("value", model.value)
        moved = value != model.value
        super()._update_model(events, msg, root, model, doc, comm)
        if moved and model.value_throttled != value:
            self._changing[root.ref["id"]] = ["value_throttled"]
            model.set_from_json("value_throttled", value)


class FloatSlider(_Slider, pn.widgets.FloatSlider):
    pass


class IntSlider(_Slider, pn.widgets.IntSlider):
    pass


class HTML(Plain, pn.pane.HTML):
    """A place for HTML; what goes in has its text escaped."""

    _bokeh_model = bk.Div

    def __init__(self, html: str = "", **params):
        self.said = html
        super().__init__(html, **params)

    def say(self, html: str) -> None:
        """Show something else. To put it into `object` would take Panel four times as long."""
        if html != self.said:
            self.said = html
            for model, _ in self._models.values():
                model.text = html

    def _transform_object(self, obj) -> dict[str, Any]:
        return {"object": self.said}
