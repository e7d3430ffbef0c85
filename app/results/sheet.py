"""Text that comes from anybody, in a file for a table calculation."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a table calculation would run


def safe(text: str) -> str:
    """The text, behind an apostrophe if it would be taken for a formula.

    >>> safe("=1+1"), safe("Ada")
    ("'=1+1", 'Ada')
    """
    return f"'{text}" if text.startswith(FORMULA) else text
