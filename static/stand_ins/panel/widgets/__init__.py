"""Stands in for Panel's own, see `panel`: widgets that are used, or built upon, of ninety."""

from .base import CompositeWidget, Widget, WidgetBase
from .button import Button, Toggle
from .input import Checkbox, FloatInput, IntInput, StaticText, TextInput
from .select import Select
from .slider import FloatSlider, IntSlider
