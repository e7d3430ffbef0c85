"""Stands in for Python's own: Panel asks for one class of it, and the rest is 100 kB of a first visit."""
