"""The body of the page: `static/layout.html` with a tab and a place for each view.

So a new view is no work there. The site's build takes the body from here too.
"""

from __future__ import annotations

import re
from html import escape
from importlib import import_module
from pathlib import Path

from app.state.views import VIEWS

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
    return text.replace("<!-- tabs -->", "\n".join(tabs)).replace("<!-- views -->", "\n".join(places))
