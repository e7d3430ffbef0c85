"""Stands in for Panel's own, which imports all of it: the playground uses a column, an HTML pane and some widgets."""

from .io import state  # isort: skip - Panel's modules ask for each other in a circle that only this way around is open
from . import layout, pane, widgets
from .config import __version__, config
from .layout import Column
