"""Stands in for Panel's own, see `panel`: layouts that are used, or built upon."""

from .base import Column, ListLike, ListPanel, Panel, Row, WidgetBox
