"""What a first visit downloads: each file that the browser asks for until the first live Result, and what it weighs.

The weights are those of each file compressed by itself, gzip at level 6 and brotli at quality 9, which hosts reach; a
host that compresses ahead of time with quality 11 sends some 10 % less.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

import build
from tests.browser.conftest import FAST, LIVE_MS, SAVING, served, worker_runs

BUDGETS = {"by bytecode": (SAVING, 9_000_000), "by the image": (FAST, 14_000_000)}  # bytes as brotli


def tables(browser: Browser, site: Path) -> str:
    """For each way to start rows of files, the largest first, with the sum and what the budget says."""
    said = []
    for way, (script, budget) in BUDGETS.items():
        rows = build.weighed(site, requested(browser, site, script))
        within = "within" if sum(row[3] for row in rows) <= budget else "OVER"
        said.append(f"{build.size_table(rows)}\n{way}, budget {budget / 1e6:g} MB as brotli: {within}")
    return "\n\n".join(said)


def requested(browser: Browser, site: Path, script: str) -> list[Path]:
    """The files of the site that a first visit asks for, once each, whose worker runs `script` first."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    worker_runs(context, script)
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
