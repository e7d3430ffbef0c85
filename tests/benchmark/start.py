"""How long a visit waits: from navigation to the painted layout, to what answers a drag, and to the first Result that
is computed in the tab.

All is compared with the straightforward start of the same application (`build.plain_bundle`), round by round in turn:
a first visit that puts the memory image of the site back, as on a fast line, one by bytecode, as on others, a second
visit from the image that the first has kept; and a start of Pyodide's core alone, which no application can do without.
Each is the least of its rounds, for others may be at work here. All are served uncompressed from this machine, so this
measures work, not the network; `slow_line` measures that, and `tests/benchmark/size.py` counts bytes.
"""

from __future__ import annotations

import io
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from static import serve
from tests.browser.conftest import FAST, LIVE_MS, SAVING, served

BUDGETS = {  # as shares of the straightforward start
    "layout painted": 0.2, "first drag answered": 0.1, "first live Result, by the image": 0.2,
    "first live Result, by bytecode": 0.5, "second visit, live Result": 0.12, "Pyodide's core alone": 1,
}  # fmt: skip
ROUNDS = 5
RATE, DELAY = 10e6 / 8, 0.04  # bytes a second and seconds, of a slow line

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
COSTS = "['taken', 'kept'].map((what) => performance.getEntriesByName(`playground-image-${what}`)[0].duration)"
MARKS = "figures-painted", "playground-answers", "playground-live"
TIMES = f"{list(MARKS)}.map((name) => performance.getEntriesByName(name)[0].startTime)"


CORE = """new Promise((resolve) => {
  new Worker(new URL("core.js", location), { type: "module" }).onmessage = () => resolve(performance.now());
})"""


def measure(browser: Browser, ours: Path, plain: Path) -> tuple[list[tuple[str, float, float, float]], list[float]]:
    """Rows (what, seconds, seconds of the straightforward start, budget as a share of that); and what an image costs
    the visit that takes it: milliseconds to take it and to keep it, megabytes kept.
    """
    took, costs = defaultdict(list), []
    for _ in range(ROUNDS):
        with visitor(browser) as context, served(ours, handler=running(ours, FAST)) as address:
            painted, answers, live = times(context, address)
            took["layout painted"].append(painted)
            took["first drag answered"].append(max(painted, answers))
            took["first live Result, by the image"].append(live)
        with visitor(browser) as context, served(ours, handler=running(ours, SAVING)) as address:
            page = opened(context, address)
            took["first live Result, by bytecode"].append(page.evaluate(TIMES)[-1] / 1000)
            page.wait_for_function(IMAGE, timeout=LIVE_MS)
            costs.append([*page.workers[0].evaluate(COSTS), page.evaluate(IMAGE) / 1e6])
            page.close()
            took["second visit, live Result"].append(times(context, address)[-1])
        with visitor(browser) as context, served(plain) as address:
            took["plain"].append(times(context, address)[-1])
        with visitor(browser) as context, served(plain) as address:
            page = context.new_page()
            page.goto(f"{address}licenses.txt")
            took["Pyodide's core alone"].append(page.evaluate(CORE) / 1000)
    beside = min(took.pop("plain"))
    rows = [(what, min(took[what]), beside, budget) for what, budget in BUDGETS.items()]
    return rows, [min(cost) for cost in zip(*costs, strict=True)]


def slow_line(browser: Browser, ours: Path, plain: Path) -> tuple[str, float, float, float]:
    """A row as those of `measure`: a first visit by a slow line, one of each, from a host that sends gzip."""
    found = []
    for site in (ours, plain):
        with visitor(browser) as context, served(site, handler=Slow) as address:
            times(context, address)  # what is compressed for the first time takes time of its own
        with visitor(browser) as context, served(site, handler=Slow) as address:
            found.append(times(context, address)[-1])
    return "first live Result, 10 Mbit/s and 40 ms", *found, 1.0


class Slow(serve.Handler):
    """Serves a slow line, which all answers share."""

    near = ()
    _turn = threading.Lock()
    _free = 0.0  # when the line has sent all that was given to it

    def copyfile(self, source, outputfile):
        time.sleep(DELAY)
        while data := source.read(16_384):
            with Slow._turn:
                Slow._free = max(time.monotonic(), Slow._free) + len(data) / RATE
                wait = Slow._free - time.monotonic()
            time.sleep(max(0.0, wait))
            outputfile.write(data)


def running(site: Path, script: str) -> type[serve.Handler]:
    """Serves a site whose worker runs `script` first.

    As `worker_runs` does, but no request is changed on its way: then a browser would cache none, nor what it compiles.
    """
    worker = f'import "./before.js";\n{(site / "worker.js").read_text()}'

    class Running(serve.Handler):
        def send_head(self):
            name = self.path.rpartition("/")[2]
            if name not in ("worker.js", "before.js"):
                return super().send_head()
            body = (worker if name == "worker.js" else script).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return io.BytesIO(body)

    return Running


@contextmanager
def visitor(browser: Browser):
    """A browser context of its own, with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        yield context
    finally:
        context.close()


def times(context: BrowserContext, address: str) -> list[float]:
    """Seconds to the painted figures, to what answers a drag and to the first live Result of one visit."""
    page = opened(context, address)
    try:
        return [milliseconds / 1000 for milliseconds in page.evaluate(TIMES)]
    finally:
        page.close()


def opened(context: BrowserContext, address: str) -> Page:
    """A page that has its first live Result."""
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_function("performance.getEntriesByName('playground-live').length", timeout=LIVE_MS)
    return page
