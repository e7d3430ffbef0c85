"""What matters works in Firefox and in WebKit, which is Safari's engine; where one is not installed that is said.

Debian has them as ``firefox-esr`` and, with ``xvfb``, ``webkit2gtk-driver``; Selenium and ``geckodriver-wrapper`` with
the extra "engines". Each is started once, and opens the page twice: as anybody does; and embedded, with the host gone.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from glob import glob

import pytest

from tests.made.networks import mlp

from .conftest import LIVE_MS
from .test_offline import Host

selenium = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")

VIEWS = ("tradeoff", "predictions", "network", "layers", "weights", "bytes", "device")
LOAD = "playground.load(Uint8Array.from(atob(given), (letter) => letter.charCodeAt(0)))"
BROWSERS = ("/usr/lib/x86_64-linux-gnu/webkit2gtk-4.*/MiniBrowser", "/usr/libexec/webkit2gtk-4.*/MiniBrowser")


def firefox():
    """Firefox, without a screen."""
    if not (shutil.which("firefox-esr") or shutil.which("firefox")):
        pytest.skip("Firefox is not installed")
    options = selenium.FirefoxOptions()
    options.binary_location = shutil.which("firefox-esr") or shutil.which("firefox")
    options.add_argument("-headless")
    gecko = shutil.which("geckodriver") or pytest.importorskip("geckodriver_wrapper").ensure_geckodriver()
    return selenium.Firefox(options=options, service=selenium.FirefoxService(str(gecko)))


def webkit():
    """WebKit, on a screen of nobody's."""
    browser = next((path for pattern in BROWSERS for path in glob(pattern)), None)
    if browser is None or not shutil.which("WebKitWebDriver"):
        pytest.skip("WebKit is not installed")
    options = selenium.WebKitGTKOptions()
    options.binary_location = browser
    options.add_argument("--automation")
    return selenium.WebKitGTK(options=options, service=selenium.WebKitGTKService(shutil.which("WebKitWebDriver")))


@pytest.fixture(scope="module")
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
        yield
        del os.environ["DISPLAY"]
        server.terminate()


class Page:
    """A page in a browser that Selenium drives."""

    def __init__(self, driver):
        self.driver = driver
        driver.set_script_timeout(LIVE_MS / 1000)
        driver.set_window_size(1280, 900)

    def of(self, expression: str, given=None):
        """What an expression is, once it is settled; `given` is what it may use. A rejection becomes an error."""
        settled, value = self.driver.execute_async_script(
            "const [given, done] = arguments;"
            f"Promise.resolve().then(() => {expression})"
            ".then((value) => done([true, value ?? null]), (error) => done([false, String(error)]))",
            given,
        )
        assert settled, value
        return value

    def until(self, expression: str) -> None:
        end = time.monotonic() + LIVE_MS / 1000
        while not self.driver.execute_script(f"return Boolean({expression})"):
            assert time.monotonic() < end, f"not so: {expression}"
            time.sleep(0.1)

    def open(self, address: str) -> None:
        self.driver.get(address)
        self.until("window.playground")
        self.of("playground.ready")


@pytest.fixture(params=[firefox, webkit], ids=lambda start: start.__name__)
def page(request, screen):
    driver = request.param()
    yield Page(driver)
    driver.quit()


def test_what_matters_works(page, dist):
    host = Host(dist)
    address = host.start()
    try:
        page.open(address)
        for view in VIEWS:
            page.driver.execute_script(f"document.getElementById('tab-{view}').click()")
            page.until(f"playground.state.view === '{view}'")
            place = f"document.querySelector('[data-root=view-{view}]')"
            page.until(f"{place}?.offsetHeight > 100 && {place}.getAttribute('aria-label')")
        _drags(page)
        result = page.of(LOAD, base64.b64encode(mlp()).decode())
        assert result["model"].startswith("own-") and result["layers"]
        result = page.of("playground.set({ recipe: [{ technique: 'quantize', bits: 4 }] })")
        assert page.of("playground.modelBytes().then(({ length }) => length)") == result["compressed"]["bytes"]
        kept = page.driver.execute_script("return Boolean(navigator.serviceWorker)")
        if kept:
            page.until("document.getElementById('offline').textContent.startsWith('Ready offline')")
            host.stop()
        page.open(f"{address}embed.html?model=digits-mlp&recipe=prune,sparsity:0.6&view=layers")
        assert page.of("playground.state")["view"] == "layers"
        assert page.of("playground.set({ recipe: [] })")["changed"]["count"] == 0
    finally:
        host.stop()


def _drags(page) -> None:
    """A slider that is dragged changes the State."""
    handle = page.driver.execute_script(
        "const find = (root) => { for (const each of root.querySelectorAll('*')) {"
        "  if (each.matches('.noUi-handle')) return each;"
        "  const found = each.shadowRoot && find(each.shadowRoot); if (found) return found; } };"
        "return find(document.querySelector('[data-root=recipe]'))"
    )
    before = page.of("playground.state")["recipe"]
    selenium.ActionChains(page.driver).click_and_hold(handle).move_by_offset(40, 0).release().perform()
    page.until(f"JSON.stringify(playground.state.recipe) !== JSON.stringify({json.dumps(before)})")
