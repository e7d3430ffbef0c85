"""Errors in words for the person: the last words before the screen."""

from __future__ import annotations

import traceback


def in_words(error: Exception) -> str:
    """An error as a sentence. These are the last words before the screen, so our own mistakes end here too."""
    if isinstance(error, ValueError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this model in this tab; try a smaller one."
    traceback.print_exception(error)  # for whoever opens the browser's console
    kind = type(error).__name__
    return f"Something went wrong inside the playground ({kind}). Undo the last step, or reload the page."
