"""A headless Chromium on the built site, which is served from a sub-path by the plainest of servers."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright._impl._sync_base import SyncBase
from playwright.sync_api import Page, sync_playwright

import build
from static import serve

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# What is kept for offline use comes between a test and the network; test_offline.py alone wants it.
KEEP_NOTHING = "Object.defineProperty(navigator, 'serviceWorker', { value: undefined })"
LIVE_MS = 90_000  # a busy machine with two cores


def until(page: Page, expression: str, *, arg=None, timeout: float = 0) -> None:
    """Wait until an expression, or a function of `arg`, is true in the page.

    Takes the place of Playwright's own, which makes a function of the text in the page: a strict policy forbids that.
    """
    end = time.monotonic() + (timeout or LIVE_MS) / 1000
    while not page.evaluate(expression, arg):
        if time.monotonic() > end:
            raise TimeoutError(f"not so after {timeout or LIVE_MS} ms: {expression}")
        page.wait_for_timeout(30)


Page.wait_for_function = until
PATIENCE = 180  # seconds


def within(self, coroutine, plainly=SyncBase._sync):
    """What the page promises and never keeps fails a test by name; Playwright itself would wait for it for ever."""
    return plainly(self, asyncio.wait_for(coroutine, PATIENCE))


SyncBase._sync = within


@contextlib.contextmanager
def served(folder: Path, prefix: str = "/some/where/", policy: str = build.POLICY, handler=serve.Handler):
    """Serve a folder below a prefix, under a policy, "" for none; gives the address."""

    class Handler(handler):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, directory=str(folder), **kwargs)

        def end_headers(self):
            self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def translate_path(self, path):
            return super().translate_path("/" + path.removeprefix(prefix) if path.startswith(prefix) else "/nowhere")

        def log_message(self, *args):
            """Tests say what they need themselves."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
    finally:
        server.shutdown()
        server.server_close()


SAVING = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } });"
"""For a worker to run first: who saves data starts by bytecode, however fast the line is."""
# However busy this machine is, its line is found to be fast: no time passes until that is known.
FAST = """performance.now = () => 1;
const { fetch } = self;
self.fetch = (...request) => {
  if (`${request[0]}`.includes("packs/image")) delete performance.now;
  return fetch(...request);
};"""


def worker_runs(context, script: str) -> None:
    """Have the workers of a context, or of a page, run a script before they do anything else."""
    context.route("**/worker.js", lambda route: route.fulfill(
        response=(fetched := route.fetch()), body=f'import "./first.js";\n{fetched.text()}'
    ))  # fmt: skip
    context.route("**/first.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))


@pytest.fixture(scope="session")
def dist() -> Path:
    folder = Path(build.DIST)
    assert (folder / "index.html").exists(), "the site is not built; run: python build.py build"
    return folder


@pytest.fixture(scope="session")
def site(dist):
    with served(dist) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=build.chromium(), args=FLAGS)
        yield browser
        browser.close()


FAULTS = Path(__file__).with_name("faults.md")


def shown(fault: str, sentence: str) -> None:
    """Hold faults.md to what a person sees of a fault that a test injects; it is mended where it differs."""
    row, *_ = rows = [f"| {fault} | {sentence} |"]
    lines = FAULTS.read_text().splitlines()
    if row not in lines:
        rows = sorted([*rows, *(line for line in lines[6:] if not line.startswith(f"| {fault} |"))])
        FAULTS.write_text("\n".join([*lines[:6], *rows]) + "\n")
        raise AssertionError(f"faults.md said something else of this; it now has: {row}")


@dataclass
class Tab:
    """A page, and everything it said and asked for."""

    page: Page
    site: str
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def heard(self, type: str, text: str) -> None:
        """BokehJS greets each document in the console; whatever else is said counts."""
        if type != "info" or "document idle" not in text:
            self.said.append(f"{type}: {text}")

    def open(self, query: str = "", live: bool = True) -> Tab:
        self.page.goto(self.site + query)
        if live:
            self.page.wait_for_function("window.playground !== undefined", timeout=LIVE_MS)
            self.page.evaluate("playground.ready")
        return self

    def set(self, **change):
        """`playground.set`, with the Result."""
        return self.page.evaluate("change => playground.set(change)", change)

    @property
    def result(self):
        return self.page.evaluate("playground.result")

    @property
    def state(self):
        return self.page.evaluate("playground.state")

    def model_bytes(self) -> bytes:
        return bytes(self.page.evaluate("playground.modelBytes().then(bytes => Array.from(bytes))"))

    def drawn(self) -> None:
        """Wait until the page shows the newest State; what a widget holds back goes out after the first answer."""
        self.page.evaluate("playground.set({}).then(() => playground.set({}))")


@pytest.fixture
def new_tab(browser, site):
    """Opens tabs that start with an empty cache of their own."""
    contexts = []

    def open(address: str = site, offline: bool = False, **options) -> Tab:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        if not offline:
            context.add_init_script(KEEP_NOTHING)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(LIVE_MS)
        tab = Tab(page, address)
        page.on("console", lambda message: tab.heard(message.type, message.text))
        page.on("pageerror", lambda error: tab.said.append(f"error: {error}"))
        context.on("request", lambda request: tab.asked.append(request.url))
        return tab

    yield open
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def shared_tab(browser, site):
    """One live tab for the tests of a module that leave nothing behind."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(KEEP_NOTHING)
    page = context.new_page()
    page.set_default_timeout(LIVE_MS)
    yield Tab(page, site).open()
    context.close()
