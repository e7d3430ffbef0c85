"""A class, a weak machine, and pages of other people: ``python build.py bench room``.

Forty browser contexts ask the server that comes with the site for a first visit at once: it is the server that is
tried, for in a room each browser has a machine of its own, so what Python does after that is left out. On a weak
machine all processes of the browser that draw or compute get a quarter of the time that they would take. A page with
three elements that nobody has started is beside the same page without them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page

from tests.browser.conftest import LIVE_MS, served

CLASS = 40
SLOWER, WEAK_S, WEAK_MB = 4, 25, 700  # times; seconds to the first live Result; of the tab's process
IDLE, VISITS = 1.05, 15  # times the load of a page without elements, of so many visits each
LIVE = "performance.getEntriesByName('playground-live').length"
SLICE_S = 0.02  # in which a slowed browser runs once and rests once

PARAGRAPH = f"<p>{'A page of documentation has words, and more of them than this one. ' * 12}</p>"
ELEMENT = '<compression-playground lesson="pruning"></compression-playground>'


def crowd(browser: Browser, site: Path, count: int = CLASS) -> tuple[int, list[float], int]:
    """Files that a first visit asks for, the seconds in which each of a class had them all, and what went wrong."""
    with alone(site) as address:
        files = first_visit(browser, address)
        pages = [browser.new_context().new_page() for _ in range(count)]
        for page in pages:
            page.goto(f"{address}serve.py")  # of the same origin, and starts nothing
            page.evaluate(
                """files => { window.all = (async (start) => {
                  const answers = await Promise.all(files.map((url) => fetch(url, { cache: "no-store" })
                    .then(async (answer) => answer.ok && (await answer.arrayBuffer()).byteLength > 0, () => false)));
                  return [(performance.now() - start) / 1000, answers.filter((came) => !came).length];
                })(performance.now()); }""",
                files,
            )
        told = [page.evaluate("all") for page in pages]
        for page in pages:
            page.context.close()
    return len(files), [seconds for seconds, _ in told], sum(missing for _, missing in told)


def first_visit(browser: Browser, address: str) -> list[str]:
    """The addresses that a first visit asks for."""
    context, asked = browser.new_context(service_workers="block"), []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(LIVE, timeout=LIVE_MS)
    context.close()
    return [url for url in dict.fromkeys(asked) if url.startswith(address)]


@contextlib.contextmanager
def alone(site: Path) -> Iterator[str]:
    """The site from its own ``serve.py``, in a process of its own; gives the address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, str(site / "serve.py"), str(port)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/"):
                break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def weak(browser: Browser, site: Path, slower: float = SLOWER) -> tuple[float, float]:
    """Seconds to the first live Result, and the most megabytes that the tab's process had, in a slowed browser."""
    with served(site) as address, slowed(slower) as seen:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.goto(address, timeout=4 * LIVE_MS)
        page.wait_for_function(LIVE, timeout=4 * LIVE_MS)
        seconds = page.evaluate("performance.getEntriesByName('playground-live')[0].startTime") / 1000
        context.close()
    return seconds, max(seen.values()) / 1e6


@contextlib.contextmanager
def slowed(times: float) -> Iterator[dict[int, int]]:
    """Let the browsers that this process has started run one part in `times`; gives the memory seen of each process.

    The browser's own throttling reaches the thread of a page alone, and here nearly all runs in a worker.
    """
    memory: dict[int, int] = {}
    over = threading.Event()

    def run() -> None:
        while not over.is_set():
            browsers = [pid for pid in descendants(os.getpid()) if "--type=" in command(pid)]
            for pid in browsers:
                memory[pid] = max(memory.get(pid, 0), resident(pid))
            for _ in range(25):  # to look for processes takes longer than a slice
                if times > 1:
                    send(browsers, signal.SIGSTOP)
                    over.wait(SLICE_S * (1 - 1 / times))
                    send(browsers, signal.SIGCONT)
                over.wait(SLICE_S / times)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()


def send(processes: list[int], what: signal.Signals) -> None:
    for pid in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, what)


def descendants(pid: int) -> Iterator[int]:
    """The processes that a process has started, and theirs."""
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, thread.read_text().split()):
                yield child
                yield from descendants(child)


def command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text()
    return ""


def resident(pid: int) -> int:
    """Bytes of memory that a process has; 0 if it has ended."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def idle(browser: Browser, site: Path, visits: int = VISITS) -> tuple[float, float]:
    """Milliseconds to the load of a page with three elements that wait, and of one without; medians, visits in turn."""
    with served(site, policy="") as address, TemporaryDirectory() as folder:
        words = f'<!doctype html><link rel="icon" href="data:,"><h1>A page</h1>{PARAGRAPH * 20}'
        script = f'<script async src="{address}element.js"></script>'
        Path(folder, "with.html").write_text(words + f"{PARAGRAPH}{ELEMENT}" * 3 + script)
        Path(folder, "without.html").write_text(words + PARAGRAPH * 3)
        found: dict[str, list[float]] = {"with": [], "without": []}
        with served(Path(folder), policy="") as docs:
            for _ in range(visits):
                for name, times in found.items():
                    page = browser.new_context().new_page()
                    times.append(loaded(page, f"{docs}{name}.html"))
                    page.context.close()
    return median(found["with"]), median(found["without"])


def loaded(page: Page, address: str) -> float:
    """Milliseconds from the navigation to the load of a page."""
    page.goto(address, wait_until="load")
    return page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart")
