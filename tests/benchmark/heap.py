"""How much the memory of Python and of onnxruntime has grown after many slider moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.benchmark.moves import OURS
from tests.browser.conftest import served

MOVES, BUDGET = 500, 0.05
WARM = 40  # moves before the first reading: caches fill, the allocator finds its size

# Every WebAssembly memory that the worker makes, or is handed by a module's exports, is noted.
SPY = """
const memories = (self.wasmMemories = new Set());
const { instantiate, instantiateStreaming, Memory, Instance } = WebAssembly;
const note = (instance) => {
  for (const each of Object.values(instance.exports)) if (each instanceof Memory) memories.add(each);
};
WebAssembly.Memory = class extends Memory { constructor(...all) { super(...all); memories.add(this); } };
WebAssembly.instantiate = async (...all) => {
  const made = await instantiate(...all);
  note(made.instance ?? made);
  return made;
};
WebAssembly.instantiateStreaming = async (...all) => {
  const made = await instantiateStreaming(...all);
  note(made.instance);
  return made;
};
"""
SIZES = "[...self.wasmMemories].map((memory) => memory.buffer.byteLength)"


def measure(browser: Browser, ours: Path) -> list[tuple[str, float, float, float]]:
    """Rows (model, bytes before, bytes after, budget as a share)."""
    rows = []
    with served(ours) as address:
        for model in ("digits-mlp", "digits-cnn"):
            rows.append((model, *grown(browser, f"{address}?model={model}&recipe=prune;palettize,bits:3"), BUDGET))
    return rows


def grown(browser: Browser, address: str) -> tuple[float, float]:
    """Bytes of all WebAssembly memories of the page's worker, before and after `MOVES` moves."""
    with spied(browser, address) as page:
        before = 0
        for move in range(WARM + MOVES):
            if move == WARM:
                before = sum(page.workers[0].evaluate(SIZES))
            page.evaluate(OURS, ["prune.sparsity", (move * 0.37) % 0.9 + 0.05])
        return before, sum(page.workers[0].evaluate(SIZES))


@contextmanager
def spied(browser: Browser, address: str) -> Iterator[Page]:
    """A live page in whose worker `SIZES` can be asked for."""
    context = browser.new_context()
    context.route("**/worker.js", lambda route: route.fulfill(
        response=(fetched := route.fetch()), body=f'import "./heap-spy.js";\n{fetched.text()}'
    ))  # fmt: skip
    context.route("**/heap-spy.js", lambda route: route.fulfill(body=SPY, content_type="text/javascript"))
    try:
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("performance.getEntriesByName('playground-live').length", timeout=90_000)
        yield page
    finally:
        context.close()
