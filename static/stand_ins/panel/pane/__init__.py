"""Stands in for Panel's own, see `panel`: one kind of pane of forty."""

from .base import Pane, PaneBase, panel
from .markup import HTML
