"""Stands in for NumPy's own, which is the docstrings of what is written in C."""
