"""How long a first visit waits: from navigation to the painted layout, to what answers a drag, and to the
first Result computed in the tab.

Compared with the straightforward start of the same application (`build.plain_bundle`), visit by visit in turn, each in
a browser context of its own with an empty cache. Both are served uncompressed from this machine, so this measures work,
not the network; `tests/benchmark/size.py` counts bytes.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.conftest import LIVE_MS, served

LIVE, PAINTED, ANSWERED = 0.5, 0.2, 0.1  # the budgets, as shares of the plain start
PAIRS = 5

# Notes when the stored figures are first on screen, that is, in a frame that has been drawn.
WATCH = """
const inside = () => [...document.querySelectorAll('[data-root="figures"] *')];
const figures = () => inside().some((element) => element.shadowRoot?.querySelector("dl"));
const look = () => figures()
  ? requestAnimationFrame(() => setTimeout(() => performance.mark("figures-painted")))
  : requestAnimationFrame(look);
look();
"""
MARKS = "figures-painted", "playground-answers", "playground-live"
TIMES = f"{list(MARKS)}.map((name) => performance.getEntriesByName(name)[0].startTime)"


def measure(browser: Browser, ours: Path, plain: Path, pairs: int = PAIRS) -> list[tuple[str, float, float, float]]:
    """Rows (what, seconds, seconds of the plain start, budget as a share of the plain start); the least of `pairs`."""
    visits: dict[Path, list[list[float]]] = {ours: [], plain: []}
    for _ in range(pairs):
        for site, times in visits.items():
            times.append(visit(browser, site))
    painted, answers, live = map(min, zip(*visits[ours], strict=True))  # the least: others may be at work here
    *_, plain_live = map(min, zip(*visits[plain], strict=True))
    return [
        ("layout painted", painted, plain_live, PAINTED),
        ("first drag answered", max(painted, answers), plain_live, ANSWERED),
        ("first live Result", live, plain_live, LIVE),
    ]


def visit(browser: Browser, site: Path) -> list[float]:
    """Seconds to the painted figures, to what answers a drag and to the first live Result of one visit."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        with served(site) as address:
            page = context.new_page()
            page.add_init_script(WATCH)
            page.goto(address)
            page.wait_for_function("performance.getEntriesByName('playground-live').length", timeout=LIVE_MS)
            return [milliseconds / 1000 for milliseconds in page.evaluate(TIMES)]
    finally:
        context.close()
