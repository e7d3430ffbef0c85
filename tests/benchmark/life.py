"""What a long visit leaves behind: the memory of the page and of its worker, its elements and listeners, after many
moves of a slider, switches of model, and own models opened and left. ``python build.py bench life`` takes a while.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.benchmark.heap import SIZES, spied
from tests.benchmark.moves import OURS
from tests.browser.conftest import served
from tests.made.networks import mlp

BUDGET = 0.1  # growth from the first quarter to the end
TIMES = {"moves of a slider": 2000, "switches of model": 200, "own models": 50}
MODELS = ("digits-mlp", "spirals", "digits-cnn", "cancer", "moons-wide")
OPEN = """async (text) => {
  await playground.load(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
  await playground.set({ model: "digits-mlp", recipe: [{ technique: "prune", sparsity: 0.5 }] });
}"""


def measure(browser: Browser, ours: Path) -> Iterator[tuple[str, str, float, float]]:
    """Rows: what is done, what is counted, how many after a quarter of it, how many at its end."""
    acts: dict[str, Callable[[Page, int], object]] = {
        "moves of a slider": lambda page, i: page.evaluate(OURS, ["prune.sparsity", i * 0.37 % 0.9 + 0.05]),
        "switches of model": lambda page, i: page.evaluate(
            "model => playground.set({ model, recipe: [] })", MODELS[i % len(MODELS)]
        ),
        "own models": lambda page, i: page.evaluate(OPEN, base64.b64encode(mlp((13, 64, 5), seed=i)).decode()),
    }
    with served(ours) as address:
        for name, act in acts.items():
            with spied(browser, f"{address}?recipe=prune") as page:
                before: dict[str, float] = {}
                for i in range(TIMES[name]):
                    if i == TIMES[name] // 4:
                        before = _counted(page)
                    act(page, i)
                after = _counted(page)
            yield from ((name, what, before[what], after[what]) for what in after)


def _counted(page: Page) -> dict[str, float]:
    """What the page and its worker hold, once it has been looked through for garbage."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return {
        "bytes of the page": found["JSHeapUsedSize"], "bytes of the worker": sum(page.workers[0].evaluate(SIZES)),
        "elements": found["Nodes"], "listeners": found["JSEventListeners"],
    }  # fmt: skip
