"""How long a visit waits: from navigation to the painted layout, to what answers a drag, and to the first Result that
is computed in the tab.

A first visit is compared with the straightforward start of the same application (`build.plain_bundle`), visit by visit
in turn, each in a browser context of its own with an empty cache; a second visit, which puts an image of memory back,
with one of the same visitor that finds none. All are served uncompressed from this machine, so this measures work, not
the network; `tests/benchmark/size.py` counts bytes.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.conftest import LIVE_MS, served

LIVE, PAINTED, ANSWERED = 0.5, 0.2, 0.1  # the budgets, as shares of the plain start
AGAIN = 0.5  # of a second visit from an image, as a share of one without
PAIRS = 5
ROUNDS = 5  # of second visits

# Notes when the stored figures are first on screen, that is, in a frame that has been drawn.
WATCH = """
const inside = () => [...document.querySelectorAll('[data-root="figures"] *')];
const figures = () => inside().some((element) => element.shadowRoot?.querySelector("dl"));
const look = () => figures()
  ? requestAnimationFrame(() => setTimeout(() => performance.mark("figures-painted")))
  : requestAnimationFrame(look);
look();
"""
IMAGES = 'navigator.storage.getDirectory().then((root) => root.getDirectoryHandle("images"))'
IMAGE = f"""{IMAGES}.then((folder) => folder.getFileHandle(encodeURIComponent(new URL("./", location).pathname)))
  .then((handle) => handle.getFile()).then(({{ size }}) => size).catch(() => 0)"""
FORGET = 'navigator.storage.getDirectory().then((root) => root.removeEntry("images", { recursive: true }))'
COSTS = "['taken', 'kept'].map((what) => performance.getEntriesByName(`playground-image-${what}`)[0].duration)"
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


def again(browser: Browser, site: Path, rounds: int = ROUNDS) -> tuple[tuple[str, float, float, float], list[float]]:
    """A row as those of `measure`, of second visits with and without an image; and what the image costs the visit
    before: milliseconds to take it and to keep it, megabytes kept. The least of each.
    """
    live: dict[bool, list[float]] = {False: [], True: []}
    costs = []
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    with served(site) as address:
        opened(context, address).close()  # brings what the browser keeps of a site anyway
        for _ in range(rounds):
            page = context.new_page()
            page.goto(f"{address}licenses.txt")
            page.evaluate(f"{FORGET}.catch(() => {{}})")
            page.close()
            for image in live:
                page = opened(context, address)
                live[image].append(page.evaluate(TIMES)[-1] / 1000)
                if not image:
                    page.wait_for_function(IMAGE, timeout=LIVE_MS)
                    costs.append([*page.workers[0].evaluate(COSTS), page.evaluate(IMAGE) / 1e6])
                page.close()
    context.close()
    without, with_image = map(min, live.values())
    row = ("second visit, live Result", with_image, without, AGAIN)
    return row, [min(cost) for cost in zip(*costs, strict=True)]


def visit(browser: Browser, site: Path) -> list[float]:
    """Seconds to the painted figures, to what answers a drag and to the first live Result of one visit."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        with served(site) as address:
            return [milliseconds / 1000 for milliseconds in opened(context, address).evaluate(TIMES)]
    finally:
        context.close()


def opened(context: BrowserContext, address: str) -> Page:
    """A page that has its first live Result."""
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_function("performance.getEntriesByName('playground-live').length", timeout=LIVE_MS)
    return page
