"""What a first visit downloads: each file that the browser asks for until the first live Result, and what it weighs.

The weights are those of each file compressed by itself, gzip at level 6 and brotli at quality 9, which hosts reach; a
host that compresses ahead of time with quality 11 sends some 10 % less.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

import build
from tests.browser.conftest import LIVE_MS, served

BUDGET = 9_000_000  # bytes as brotli


def table(browser: Browser, site: Path) -> str:
    """Rows of files, the largest first, with the sum and what the budget says."""
    rows = build.weighed(site, requested(browser, site))
    brotli = sum(row[3] for row in rows)
    said = "within" if brotli <= BUDGET else "OVER"
    return f"{build.size_table(rows)}\n\nbudget {BUDGET / 1e6:g} MB as brotli: {said}"


def requested(browser: Browser, site: Path) -> list[Path]:
    """The files of the site that a first visit asks for, once each."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    asked = set()
    try:
        with served(site) as address:
            context.on("request", lambda request: asked.add(request.url.removeprefix(address).split("?")[0]))
            page = context.new_page()
            page.goto(address)
            page.wait_for_function("performance.getEntriesByName('playground-live').length", timeout=LIVE_MS)
    finally:
        context.close()
    return [site / (name or "index.html") for name in sorted(asked) if (site / (name or "index.html")).is_file()]
