"""Stands in for Panel's own, see `panel`: no design but the native one."""

from .base import DarkTheme, DefaultTheme, Design, Inherit, Theme
