"""The numbers of a device, to be changed: a field for each, with where it comes from, and one click back."""

from __future__ import annotations

from collections.abc import Callable

from bokeh.models import Button, Column, Div, InlineStyleSheet, NumericInput, Row

from app.screen import styles
from app.screen.controls.widgets import put
from app.state.devices import DEVICES, NUMBERS, Device, spelled, with_number

CSS = (
    styles.CONTROLS
    + """
:host(.numbers) {
  display: block !important; max-height: 44vh; overflow: auto; padding: 4px 2px 8px; scrollbar-width: thin;
  border-bottom: 1px solid var(--line);
}
:host(.fields) {
  display: grid !important; grid-template-columns: repeat(auto-fill, minmax(min(100%, 280px), 1fr)); gap: 2px 24px;
}
:host(.number) .bk-input-group {
  display: grid; grid-template-columns: minmax(0, 1fr) 92px; column-gap: 8px; align-items: center;
}
:host(.number) input { text-align: right; min-height: 28px; }
label { font-size: var(--s1); color: var(--ink); }
p, ul { margin: 0 0 4px; padding: 0; font-size: var(--s1); line-height: 1.4; color: var(--muted); list-style: none; }
.bk-btn { min-height: 28px; padding: 0 10px; font-size: var(--s1); color: var(--ink); background: none;
  border: 1px solid var(--line); border-radius: 14px; cursor: pointer; }
.bk-btn[disabled] { opacity: 0.6; cursor: default; }
@media (pointer: coarse) { .bk-btn, :host(.number) input { min-height: 44px; } }
"""
)


class Numbers:
    """The fields of one document.

    Parameters
    ----------
    tell : called with the spelling of the device as it is after a change
    """

    def __init__(self, tell: Callable[[str], None]):
        self._tell = tell
        self._device: Device | None = None
        self._quiet = False  # while it is Python that fills the fields
        css = InlineStyleSheet(css=CSS)
        self._what = Div(stylesheets=[css], margin=0, disable_math=True)
        self._fields = {
            name: NumericInput(
                title=f"{number.label}, {number.unit}", mode="float", low=0, stylesheets=[css], css_classes=["number"],
                margin=0, sizing_mode="stretch_width",
            )
            for name, number in NUMBERS.items()
        }  # fmt: skip
        for name, field in self._fields.items():
            field.on_change("value", lambda attr, old, new, name=name: self._changed(name, new))
        self._sources = Div(stylesheets=[css], margin=0, disable_math=True)
        self._reset = Button(label="Reset all", stylesheets=[css], margin=0)
        self._reset.on_click(lambda event: self._tell(self._device.id))
        fields = Row(children=[*self._fields.values()], stylesheets=[css], css_classes=["fields"],
                     sizing_mode="stretch_width")  # fmt: skip
        panel = Column(children=[self._what, fields, self._reset, self._sources], stylesheets=[css],
                       css_classes=["numbers"], sizing_mode="stretch_width")  # fmt: skip
        self.root = Column(
            children=[panel], sizing_mode="stretch_width", visible=False
        )  # what is a block is always seen

    def show(self, device: Device) -> None:
        """Fill the fields; those that show it already are left alone."""
        if device == self._device:
            return
        self._device, self._quiet = device, True
        put(self._what, text=f"<p>The numbers are of {device.what}.</p>")
        for name, field in self._fields.items():
            put(field, value=device[name])
        sources = "".join(f"<li>{NUMBERS[name].label}: {device.numbers[name][1]}</li>" for name in NUMBERS)
        put(self._sources, text=f"<p>Where they come from:</p><ul>{sources}</ul>")
        put(self._reset, disabled=spelled(device) == device.id)
        self._quiet = False

    def _changed(self, name: str, value: float | None) -> None:
        """Take a number; an emptied field takes its own again."""
        if self._quiet:
            return
        usual = DEVICES[self._device.id][name]
        if value is None:
            value, self._quiet = usual, True
            put(self._fields[name], value=usual)
            self._quiet = False
        self._tell(with_number(spelled(self._device), name, value))
