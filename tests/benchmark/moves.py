"""From a slider's event to the repainted plots, worker included, beside a bare Panel echo in the same browser.

The echo is a slider and a text that repeats it, in a worker of its own (`echo/`), started from the unmodified wheels.
Moves alternate between the two pages, so a busy machine slows both.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page

from tests.browser.conftest import LIVE_MS, served

BUDGET = 3.0  # times the echo
BEHIND = 1.1  # times a move while nothing is computed behind it
ROUNDS, MOVES = 5, 10
CASES = {  # what is moved, and the rest of the State; every visible plot of the first view repaints
    "digits-mlp, prune + palettize": ("prune", "?recipe=prune;palettize,bits:3"),
    "digits-mlp, prune": ("prune", "?recipe=prune"),
    "digits-mlp, palettize": ("palettize", "?recipe=palettize"),
    "digits-mlp, quantize": ("quantize", "?recipe=quantize,bits:8"),
    "spirals, prune + palettize": ("prune", "?model=spirals&recipe=prune;palettize,bits:3"),
    "spirals, boundary": ("prune", "?model=spirals&recipe=prune&view=predictions"),
    "digits-mlp, network": ("prune", "?recipe=prune&view=network"),
    "spirals, network": ("prune", "?model=spirals&recipe=prune&view=network"),
    "digits-cnn, prune": ("prune", "?model=digits-cnn&recipe=prune"),
}
# Both: milliseconds from the moment the slider's model changes to the first moment after the frame that shows it.
PAINTED = "await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));"
OURS = """async ([name, share]) => {
  const slider = [...Bokeh.documents[0].all_models].find((model) => model.name === name);
  const { start, end, step } = slider;
  const drawn = new Promise((done) => playground.addEventListener("result", done, { once: true }));
  const from = performance.now();
  slider.value = Math.min(end, start + step * Math.round((share * (end - start)) / step));
  await drawn;
  PAINTED;
  return performance.now() - from;
}""".replace("PAINTED;", PAINTED)
FIRST = """async ([name, rest, share, busy]) => {
  const slide = OURS;
  await slide([name, rest]); // as in a drag: no stopwatch runs after it
  const curve = busy ? playground.curve("palettize", "bits") : null;
  await new Promise((done) => setTimeout(done, 50));
  dispatchEvent(new PointerEvent("pointerdown")); // a person presses the handle before it moves
  await new Promise((done) => setTimeout(done, 50));
  const took = await slide([name, share]);
  dispatchEvent(new PointerEvent("pointerup"));
  await curve;
  return took;
}""".replace("OURS", OURS)
ECHO = """async (value) => {
  const models = [...echo.all_models];
  const slider = models.find((model) => model.start === 0 && model.end === 1);
  const text = models.find((model) => model !== slider && "text" in model.properties);
  const drawn = new Promise((done) => {
    const told = () => { text.properties.text.change.disconnect(told); done(); };
    text.properties.text.change.connect(told);
  });
  const from = performance.now();
  slider.value = value;
  await drawn;
  PAINTED;
  return performance.now() - from;
}""".replace("PAINTED;", PAINTED)


def measure(browser: Browser, ours: Path, plain: Path, echo_site: Path) -> list[tuple[str, float, float, float]]:
    """Rows (case, milliseconds, milliseconds of the echo, budget in echoes); see `compare`."""
    with echo_page(browser, plain, echo_site) as echo, served(ours) as address:
        rows = []
        for case, (technique, query) in CASES.items():
            with opened(browser, address + query, "playground-live") as page:
                rows.append((case, *compare(page, echo, technique), BUDGET))
        return rows


def behind(browser: Browser, ours: Path) -> list[tuple[str, float, float, float]]:
    """A row as of `measure`: the first move after a rest, with a curve under way, beside one without."""
    took: tuple[list[float], list[float]] = ([], [])
    case = "digits-mlp, prune + palettize"
    with served(ours) as address, opened(browser, address + CASES[case][1], "playground-live") as page:
        for move in range(ROUNDS * MOVES):
            rest, share = (0.05 + (k * 0.37) % 0.9 for k in (2 * move, 2 * move + 1))
            took[move % 2].append(page.evaluate(FIRST, ["prune.sparsity", rest, share, move % 2 == 0]))
    return [(case, median(took[0]), median(took[1]), BEHIND)]


def compare(page: Page, echo: Page, technique: str) -> tuple[float, float]:
    """Milliseconds of our moves and of the echo's, in turn, each page in front while it is measured: the median of a
    turn, and the least of all turns, for others may be at work here."""
    name = {"prune": "prune.sparsity"}.get(technique, f"{technique}.bits")
    mine, theirs = [], []
    for turn in range(ROUNDS):
        for into, tab, script in ((mine, page, OURS), (theirs, echo, ECHO)):
            tab.bring_to_front()
            taken: list[float] = []
            for move in range(MOVES):
                share = ((turn * MOVES + move) * 0.37) % 0.9 + 0.05  # wanders over the slider without repeats
                taken.append(tab.evaluate(script, [name, share] if tab is page else share))
                tab.wait_for_timeout(20)
            into.append(median(taken))
    return min(mine), min(theirs)


@contextmanager
def opened(browser: Browser, address: str, live: str):
    """A page in a context of its own, once it has set the mark `live`."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.goto(address)
        page.wait_for_function(f"performance.getEntriesByName('{live}').length", timeout=LIVE_MS)
        page.wait_for_timeout(1000)
        yield page
    finally:
        context.close()


@contextmanager
def echo_page(browser: Browser, plain: Path, folder: Path):
    """The echo beside the unmodified wheels of the plain bundle."""
    shutil.copytree(plain, folder, dirs_exist_ok=True)
    shutil.copytree(Path(__file__).parent / "echo", folder, dirs_exist_ok=True)
    with served(folder) as address, opened(browser, address, "echo-live") as page:
        yield page
