"""How far a search has come, told as part of the work that it belongs to."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from kernels.asking import Progress


def reported(
    search: Generator[float, None, Any], part: tuple[float, float], words: str
) -> Generator[Progress, None, Any]:
    """The reports of a search; a generator that returns what the search finds.

    Parameters
    ----------
    search : generator of float, 0 to 1, the share of it that is done
    part : (first, last) share of the whole work that it is
    words : what is going on

    Examples
    --------
    >>> def search():
    ...     yield 0.5
    ...     return "found"
    >>> next(reported(search(), (0.6, 0.8), "Searching fc1"))
    Progress(share=0.7, words='Searching fc1')
    """
    first, last = part
    while True:
        try:
            yield Progress(first + next(search) * (last - first), words)
        except StopIteration as end:
            return end.value
