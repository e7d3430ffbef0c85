"""What matters works in Firefox and in WebKit, which is Safari's engine; where one is not installed that is said.

Debian has them as ``firefox-esr`` and, with ``xvfb``, ``webkit2gtk-driver``; the extra "engines" drives them.
Each is started once and opens the page twice: as anybody does; and embedded, with the host gone.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import contextmanager
from glob import glob
from typing import NamedTuple

import pytest

from tests.made.networks import mlp

from .conftest import LIVE_MS
from .test_offline import Host

PATIENCE = 4 * LIVE_MS / 1000  # seconds; WebKit takes several times as long as the others
VIEWS = ("tradeoff", "predictions", "network", "layers", "weights", "bytes", "device")
LOAD = "playground.load(Uint8Array.from(atob(given), (letter) => letter.charCodeAt(0)))"
HANDLE = """(() => {
const find = (root) => {
  for (const each of root.querySelectorAll("*")) {
    if (each.matches(".noUi-handle") && each.checkVisibility()) return each;
    const found = each.shadowRoot && find(each.shadowRoot);
    if (found) return found;
  }
};
const { x, y, width, height } = find(document.querySelector("[data-root=recipe]")).getBoundingClientRect();
return [Math.round(x + width / 2), Math.round(y + height / 2)];
})()"""
BROWSERS = ("/usr/lib/*/webkit2gtk-4.1/MiniBrowser", "/usr/libexec/webkit2gtk-4.1/MiniBrowser")


@contextmanager
def firefox():
    """Firefox, without a screen, by its own protocol: geckodriver comes with no package."""
    binary = shutil.which("firefox-esr") or shutil.which("firefox")
    if not binary:
        pytest.skip("Firefox is not installed")
    marionette = pytest.importorskip("marionette_driver.marionette", reason="marionette-driver is not installed")
    with skipping("Firefox"):
        driver = marionette.Marionette(bin=binary, headless=True, gecko_log=os.devnull)
        driver.start_session()
    driver.timeout.script = PATIENCE
    driver.set_window_rect(width=1280, height=900)
    try:
        mouse = driver.actions.sequence("pointer", "mouse", {"pointerType": "mouse"})
        yield Page(
            driver.navigate,
            lambda script, *given: driver.execute_async_script(script, given, sandbox=None),
            Mouse(mouse.pointer_move, mouse.pointer_down, mouse.pointer_up, mouse.perform),
        )
    finally:
        driver.quit()
        driver.cleanup()
        gc.collect()  # it leaves sockets open, which the next test would be blamed for


@contextmanager
def webkit():
    """WebKit, on a screen of nobody's."""
    browser = next((path for pattern in BROWSERS for path in glob(pattern)), None)
    if browser is None or not shutil.which("WebKitWebDriver"):
        pytest.skip("WebKit is not installed")
    selenium = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")
    options = selenium.WebKitGTKOptions()
    options.binary_location = browser
    options.add_argument("--automation")
    with screen():
        with skipping("WebKit"):
            service = selenium.WebKitGTKService(shutil.which("WebKitWebDriver"))
            driver = selenium.WebKitGTK(options=options, service=service)
        driver.set_script_timeout(PATIENCE)
        driver.set_window_size(1280, 900)
        try:
            actions = selenium.ActionChains(driver).w3c_actions
            mouse = actions.pointer_action
            yield Page(
                driver.get,
                driver.execute_async_script,
                Mouse(mouse.move_to_location, mouse.pointer_down, mouse.pointer_up, actions.perform),
            )
        finally:
            driver.quit()


@contextmanager
def skipping(engine: str):
    """An engine that a machine has but cannot start, as some do in containers, says nothing about the page."""
    try:
        yield
    except Exception as error:
        pytest.skip(f"{engine} does not start here: {error}")


@contextmanager
def screen():
    """A screen for those that cannot do without."""
    if "DISPLAY" in os.environ or not shutil.which("Xvfb"):
        yield
        return
    read, write = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x900x24"], pass_fds=[write], stderr=subprocess.DEVNULL
    ) as server:
        os.environ["DISPLAY"] = f":{os.read(read, 8).decode().strip()}"
        try:
            yield
        finally:
            del os.environ["DISPLAY"]
            server.terminate()


class Mouse(NamedTuple):
    """What a driver does with a mouse, once it is told to do it."""

    move: Callable
    press: Callable
    release: Callable
    do: Callable


class Page:
    """A page in a browser; `run(script, given)` gives what the script hands to the last of its arguments."""

    def __init__(self, go, run, mouse):
        self.go, self._run, self._mouse = go, run, mouse

    def of(self, expression: str, given=None):
        """What an expression is, once it is settled; `given` is what it may use. A rejection becomes an error."""
        settled, value = self._run(
            "const [given, done] = arguments;"
            f"Promise.resolve().then(() => ({expression}))"
            ".then((value) => done([true, value ?? null]), (error) => done([false, String(error)]))",
            given,
        )
        assert settled, value
        return value

    def until(self, expression: str) -> None:
        end = time.monotonic() + PATIENCE
        while not self.of(f"Boolean({expression})"):
            assert time.monotonic() < end, f"not so: {expression}"
            time.sleep(0.1)

    def drag(self, x: int, y: int, by: int) -> None:
        """Drag what is there `by` pixels to the right, in steps."""
        self._mouse.move(x, y)
        self._mouse.press()
        for share in (0.25, 0.5, 1):
            self._mouse.move(x + round(by * share), y)
        self._mouse.release()
        self._mouse.do()

    def open(self, address: str) -> None:
        self.go(address)
        self.until("window.playground")
        self.of("playground.ready")


# Marionette leaves sockets open; Selenium deprecates what its own driver of WebKit does.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore:setting remote_server_addr:DeprecationWarning")
@pytest.mark.parametrize("engine", [firefox, webkit], ids=lambda start: start.__name__)
def test_what_matters_works(engine, dist):
    host = Host(dist)
    with engine() as page:
        try:
            _works(page, host)
        finally:
            host.stop()


def _works(page, host) -> None:
    address = host.start()
    page.open(address)
    for view in VIEWS:
        page.of(f"document.getElementById('tab-{view}').click()")
        place = f"document.querySelector('[data-root=view-{view}]')"
        page.until(f"playground.state.view === '{view}' && {place}.offsetHeight > 100")
        page.until(f"{place}.getAttribute('aria-label')")
    before = json.dumps(page.of("playground.state.recipe"))
    page.drag(*page.of(HANDLE), by=40)
    page.until(f"JSON.stringify(playground.state.recipe) !== JSON.stringify({before})")
    result = page.of(LOAD, base64.b64encode(mlp()).decode())
    assert result["model"].startswith("own-") and result["layers"]
    result = page.of("playground.set({ recipe: [{ technique: 'quantize', bits: 4 }] })")
    assert page.of("playground.modelBytes().then(({ length }) => length)") == result["compressed"]["bytes"]
    if page.of("Boolean(navigator.serviceWorker)"):
        page.until("document.getElementById('offline').textContent.startsWith('Ready offline')")
        host.stop()
    page.go(f"{address}embed.html?model=digits-mlp&recipe=prune,sparsity:0.6&view=layers")
    element = "document.querySelector('compression-playground')"
    page.until(f"{element}?.start")
    page.of(f"{element}.start()")
    page.of(f"{element}.ready")
    assert page.of(f"{element}.state")["view"] == "layers"
    assert page.of(f"{element}.set({{ recipe: [] }})")["changed"]["count"] == 0
