"""Live figures of the compression playground in other people's pages: see `sphinx` and `widget`.

Only this package is installed by its distribution; it needs nothing of the playground but the address of a built site.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qsl, urljoin, urlsplit

LINK = (
    "model", "recipe", "keep", "own", "size", "score", "threshold", "prepare", "effort", "view", "layer", "sample",
    "by", "device", "rate", "weight", "seed", "compare", "x", "y", "lesson", "stop", "guess", "title", "text", "task",
    "hide", "lock", "who", "variation",
)  # fmt: skip
"The parts of a link that an element takes as attributes; a test of the playground holds them to its own list."


def site(link: str) -> str:
    """The folder of the site that a link opens, with a slash at its end.

    Raises
    ------
    ValueError
        If it is no address of the web.

    Examples
    --------
    >>> site("https://example.org/some/where/?v=1&model=spirals")
    'https://example.org/some/where/'
    """
    if urlsplit(link).scheme not in ("http", "https"):
        raise ValueError(f"{link!r:.80} is no link of the playground: it has to begin with https:// or http://")
    return urljoin(link.partition("?")[0], ".")


def attributes(link: str) -> dict[str, str]:
    """The parts of a link by their names; what an element does not take is left out.

    Examples
    --------
    >>> attributes("https://example.org/?v=1&model=spirals&recipe=prune,sparsity:0.7")
    {'model': 'spirals', 'recipe': 'prune,sparsity:0.7'}
    """
    return {name: value for name, value in parse_qsl(urlsplit(link).query, keep_blank_values=True) if name in LINK}


def opening(link: str, more: Mapping[str, object]) -> str:
    """HTML that loads the element's script and opens the element; what is not None in `more` become attributes too.

    Examples
    --------
    >>> print(opening("https://example.org/?model=spirals", {"height": 300, "theme": None}))
    <script async src="https://example.org/element.js"></script>
    <compression-playground model="spirals" height="300">
    """
    given = {**attributes(link), **{name: value for name, value in more.items() if value is not None}}
    written = "".join(f' {name}="{escape(str(value))}"' for name, value in given.items())
    return f'<script async src="{escape(site(link))}element.js"></script>\n<compression-playground{written}>'
