"""Stands in for what lets Python's modules fetch something in a browser: Panel asks for it, the page does without."""


def patch_all():
    """Nothing is there to be patched."""
