"""Whether the first comparison of times that is said holds: ``python build.py bench times [how many]``.

The default link is opened over and over, each time until it says how the time of its file compares with that of the
baseline. Both run the same operators, for a session unpacks weights once, so the truth is "about the same", on the
whole set and alone; all else is wrong. The time itself is to be the same in every start, or to say that it is not:
beside it stands what the page says. Starts share a browser's cache, as second visits do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.conftest import LIVE_MS, served

STARTS = 60
STEADY = 1.15  # the longest time of all starts over the shortest: beyond it the page is to say a spread
SAID = "window.playground?.result?.times"
TIME = """(() => {
  const figures = document.querySelector("[data-root=figures]").firstElementChild.shadowRoot;
  return [playground.result.compressed.latency_ms, [...figures.querySelectorAll(".detail")].at(-1).textContent];
})()"""


def first_words(browser: Browser, site: Path, starts: int = STARTS) -> Iterator[tuple[dict, float, str]]:
    """What each start says first, as `playground.result` has it: ``whole`` and ``single``; the time of a sample in
    milliseconds, and what is said beside it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        with served(site) as address:
            page = context.new_page()
            for _ in range(starts):
                page.goto(address)
                page.wait_for_function(SAID, timeout=4 * LIVE_MS)
                said = page.evaluate(SAID)
                page.wait_for_timeout(500)  # until it is painted
                yield {name: said[name] for name in ("whole", "single")}, *page.evaluate(TIME)
    finally:
        context.close()
