"""Stands in for NumPy's own, see `_add_newdocs`."""
