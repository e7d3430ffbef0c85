"""Stands in for Python's own: Panel asks for one class of it, and with the rest a first visit would fetch 100 kB more."""
