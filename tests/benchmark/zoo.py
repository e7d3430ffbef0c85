"""Every model of the zoo: how long its first choice takes beside a slider's move on it, and how long its evaluation.

In a tab whose start is over all models are chosen in turn, each for the first time there, the page at rest: from the
menu's event to the first figures of the model on screen, stored or live, and to the first live Result, the files of the
model included, which come from this machine. Then moves of a slider, on the same model. The evaluation is one run of
the whole set by the uncompressed file, as the page itself measures it. Of several tabs the least counts, for others may
be at work here.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page

from models import MODELS
from models import model as models
from tests.benchmark.moves import OURS, opened
from tests.browser.conftest import served

SWITCH, EVALUATION_MS = 3.0, 150  # the budgets: times a move, and milliseconds
TRIES, MOVES = 5, 6
CHOOSE = """async (label) => {
  const inside = (name) => document.querySelector(`[data-root=${name}]`).firstElementChild.shadowRoot;
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const menu = inside("model").querySelector("select");
  const before = inside("figures").textContent;
  const from = performance.now();
  const known = async () => {
    while (inside("figures").textContent === before) await frame();
    return performance.now() - from;
  };
  const live = async () => {
    await new Promise((done) => playground.addEventListener("result", done, { once: true }));
    await frame();
    return performance.now() - from;
  };
  const both = Promise.all([known(), live()]);
  menu.value = label;
  menu.dispatchEvent(new Event("change"));
  return both;
}"""
STEADY = "playground.result.latency_steady"
RUN = "playground.result.n * playground.result.baseline.latency_ms"


def rows(browser: Browser, site: Path) -> Iterator[tuple[str, float, float, float, float]]:
    """Rows (model, milliseconds to its baseline, to its first live Result, of a move, of its evaluation)."""
    with served(site) as address:
        tabs = [visit(browser, address) for _ in range(TRIES)]
    for id, *tries in zip(MODELS[1:], *tabs, strict=True):
        yield id, *map(min, zip(*tries, strict=True))


def visit(browser: Browser, address: str) -> list[tuple[float, float, float, float]]:
    """What each model takes in one tab."""
    with opened(browser, address, "playground-live") as page:
        return [chosen(page, models.info(id).label) for id in MODELS[1:]]


def chosen(page: Page, label: str) -> tuple[float, float, float, float]:
    page.wait_for_function(STEADY)
    known, live = page.evaluate(CHOOSE, label)
    page.wait_for_timeout(500)
    taken = [page.evaluate(OURS, ["prune.sparsity", (move * 0.37) % 0.9 + 0.05]) for move in range(MOVES)]
    page.evaluate("playground.set({})")
    page.wait_for_function(STEADY)
    return known, live, median(taken), page.evaluate(RUN)
