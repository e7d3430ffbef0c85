"""Every model of the zoo: how long its first choice takes beside a slider's move on it, and how long its evaluation.

A tab of its own for each model, so that nothing is warm, but the start is over and the page at rest: from the menu's
event to the first figures of the model on screen, stored or live, and to the first live Result, the model's files
included, which come from this machine. Then moves of a slider, on the same model. The evaluation is one run of the
whole set by the uncompressed file, as the page itself measures it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from models import MODELS
from models import model as models
from tests.benchmark.moves import OURS, opened
from tests.browser.conftest import served

SWITCH, EVALUATION_MS = 3.0, 150  # the budgets: times a move, and milliseconds
TRIES, MOVES = 5, 12
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
        for id in MODELS[1:]:
            visits = [visit(browser, address, models.info(id).label) for _ in range(TRIES)]
            yield id, *(min(times) for times in zip(*visits, strict=True))  # the least: others may be at work here


def visit(browser: Browser, address: str, label: str) -> tuple[float, float, float, float]:
    with opened(browser, address, "playground-live") as page:
        page.wait_for_function(STEADY)
        known, live = page.evaluate(CHOOSE, label)
        page.wait_for_timeout(500)
        taken = [page.evaluate(OURS, ["prune.sparsity", (move * 0.37) % 0.9 + 0.05]) for move in range(MOVES)]
        page.evaluate("playground.set({})")
        page.wait_for_function(STEADY)
        return known, live, median(taken), page.evaluate(RUN)
