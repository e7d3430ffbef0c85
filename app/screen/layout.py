"""The body of the page: `static/layout.html` with a tab and a place for each view, and the lists that stand elsewhere.

So a new view is no work there. The site's build takes the body from here too.
"""

from __future__ import annotations

import re
from html import escape
from importlib import import_module
from pathlib import Path

from app.lessons import LESSONS, lesson_of
from app.lessons.glossary import GLOSSARY
from app.state.preparation import PRESETS
from app.state.reading import CONTROLS
from app.state.views import VIEWS
from kernels import TECHNIQUES

STATIC = Path(__file__).parents[2] / "static"
PLACE = re.compile(r'(<(?:div|section)\b[^>]*\bdata-root="([\w-]+)"[^>]*>)')


def layout() -> str:
    """The HTML between ``<body>`` and ``</body>``; the first view is the selected one."""
    tabs, places = [], []
    for id in VIEWS:
        on, label = id == VIEWS[0], escape(import_module(f"app.screen.views.{id}").VIEW.label)
        tabs.append(
            f'<button type="button" role="tab" id="tab-{id}" data-view="{id}" aria-controls="stage" '
            f'aria-selected="{str(on).lower()}" tabindex="{0 if on else -1}" data-room="{label}">{label}</button>'
        )
        places.append(f'<div class="view" data-root="view-{id}"></div>')
    text = (STATIC / "layout.html").read_text(encoding="utf-8")
    filled = {
        "tabs": "\n".join(tabs),
        "views": "\n".join(places),
        "lessons": _lessons(),
        "words": _words(),
        "held": _held(),
        "preparations": _preparations(),
    }
    for name, html in filled.items():
        text = text.replace(f"<!-- {name} -->", html)
    return text


def _lessons() -> str:
    """The lessons as a list of links, with the time each takes and how many stops it has."""
    rows = (
        f'<li><a href="?lesson={each.id}" data-lesson="{each.id}" data-stops="{len(each.stops)}">'
        f"{escape(each.title)}</a><span>{each.minutes} min</span></li>"
        for each in map(lesson_of, LESSONS)
    )
    return "\n".join(rows)


def _held() -> str:
    """What a teacher may hide or lock, a row each with two boxes."""
    named = {
        "model": "Model",
        "budget": "Budget",
        "views": "Views",
        "sample": "Try it",
        "more": "More ways to compress",
    }
    rows = ((id, named.get(id) or TECHNIQUES[id].label) for id in CONTROLS)
    return "\n".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        f'<td><input type="checkbox" name="hidden" value="{id}" aria-label="Hide {escape(label)}"></td>'
        f'<td><input type="checkbox" name="locked" value="{id}" aria-label="Lock {escape(label)}"></td></tr>'
        for id, label in rows
    )


def _preparations() -> str:
    """What the numbers of pictures may be, as the options of a menu; what is usual comes first."""
    return "\n".join(
        f'<option value="{word}" data-scale="{pixels.scale:g}" data-mean="{_listed(pixels.mean)}" '
        f'data-deviation="{_listed(pixels.deviation)}" data-order="{pixels.order}">{escape(label)}</option>'
        for word, (label, pixels) in PRESETS.items()
    )


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{each:.12g}" for each in numbers)


def _words() -> str:
    """The glossary as a list."""
    return "\n".join(f"<dt>{escape(word)}</dt><dd>{escape(line)}</dd>" for word, line in GLOSSARY.items())
