"""A visit puts back the memory of a start: what an earlier visit has kept or, on a fast line, what comes with the site.

Where neither can be it starts all the same, by bytecode, and says why.
"""

import re

import pytest

from tests.made.networks import mlp

from .conftest import FAST, KEEP_NOTHING, LIVE_MS, SAVING, Tab, worker_runs
from .test_own import load

RESTORED = "performance.getEntriesByName('playground-restored').map(({ detail }) => detail).join()"
HANDLE = """navigator.storage.getDirectory().then((root) => root.getDirectoryHandle("images"))
  .then((folder) => folder.getFileHandle(encodeURIComponent(new URL("./", location).pathname)))"""
WRITTEN = f"{HANDLE}.then((handle) => handle.getFile()).then((file) => file.size && file.lastModified).catch(() => 0)"
# Change one thing in the file that is kept; whether that could be done.
CHANGE = f"""async ({{ text, by, cut }}) => {{
  const handle = await {HANDLE};
  const file = await handle.getFile();
  const stream = await handle.createWritable({{ keepExistingData: true }});
  const position = text ? (await file.slice(0, 4000).text()).indexOf(text) : -1;
  if (cut) await stream.truncate(file.size - cut);
  else await stream.write({{ type: "write", position, data: by }});
  await stream.close();
  return cut > 0 || position > 0;
}}"""
UNUSED = "warning: The memory image of an earlier visit is not used: {}."
UNUSED_OF_SITE = "warning: The memory image of the site is not used: {}."
EARLIER, SITE = "an earlier visit", "the site"
NOT_KEPT = "warning: The next visit starts as this one did: {}"
REFUSED = """StorageManager.prototype.getDirectory = async () => {
  throw new DOMException("not here", "SecurityError");
};"""
# Of each file some pieces come slowly, so that the line is measured as one of a few megabits.
SLOW = """const { fetch } = self;
self.fetch = async (...request) => {
  const response = await fetch(...request);
  let pieces = 0;
  const slowly = new TransformStream({ async transform(piece, out) {
    for (let at = 0; at < piece.length; at += 50_000) {
      if ((pieces += 1) < 9) await new Promise((resolve) => setTimeout(resolve, 60));
      out.enqueue(piece.subarray(at, at + 50_000));
    }
  } });
  return new Response(response.body.pipeThrough(slowly), response);
};"""
# As in Node 20 and on iOS: WebAssembly without what Python calls functions through.
OLDER = """WebAssembly.Module = new Proxy(WebAssembly.Module, { construct(Module, [bytes]) {
  if (bytes.byteLength === 493) throw new WebAssembly.CompileError("not here");
  return new Module(bytes);
} });"""
ODD = """const { mark } = performance;
performance.mark = (name, ...more) => {
  if (name === "playground-restored") throw new Error("odd");
  return mark.call(performance, name, ...more);
};"""
FULL = """FileSystemFileHandle.prototype.createWritable = async () => {
  throw new DOMException("no more room", "QuotaExceededError");
};"""


@pytest.fixture(scope="module")
def visit(browser, site):
    """Opens tabs of one visitor, who comes again and again; the worker runs `script` first."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield lambda **how: opened(context, site, **how)
    context.close()


@pytest.fixture
def stranger(browser, site):
    """Opens a tab of somebody who comes for the first time, or for the second."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield lambda **how: opened(context, site, **how)
    context.close()


def opened(context, site, live=True, change=None, script=SAVING, answers=None) -> Tab:
    """A tab; change: in the image that is kept; script: what the worker runs first; answers: a file that ends so -> the
    answer that comes for it
    """
    page = context.new_page()
    page.add_init_script(KEEP_NOTHING)
    page.set_default_timeout(LIVE_MS)
    tab = Tab(page, site)
    if change:
        page.goto(f"{site}licenses.txt")
        assert page.evaluate(CHANGE, change)
    for name, answer in (answers or {}).items():
        page.route(name, answer)
    worker_runs(page, script)
    page.on("console", lambda message: tab.heard(message.type, message.text))
    page.on("pageerror", lambda error: tab.said.append(f"error: {error}"))
    return tab.open(live=live)


@pytest.fixture(scope="module")
def first(visit):
    """What the first visit shows: two tabs opened at the same moment, which keep one image."""
    tabs = [visit(live=False) for _ in range(2)]
    for tab in tabs:
        tab.page.wait_for_function("window.playground !== undefined")
        tab.page.evaluate("playground.ready")
    shown = [seen(tab) for tab in tabs]
    for tab in tabs:
        assert not restored(tab) and tab.said == []
        tab.page.wait_for_function(WRITTEN)
        tab.page.close()
    assert shown[0] == shown[1]
    return shown[0]


def restored(tab):
    return tab.page.workers[0].evaluate(RESTORED)


def seen(tab):
    """State, Result and file, at first and after a change; without times, which differ from run to run."""
    found = [tab.state, plain(tab.result), tab.model_bytes()]
    changed = plain(tab.set(model="cancer", recipe=[{"technique": "quantize", "bits": 3}]))
    return [*found, changed, tab.state, tab.model_bytes(), tab.page.inner_text("[data-root=view-text]")]


def plain(result):
    if isinstance(result, dict):
        return {key: plain(value) for key, value in result.items() if key != "times" and "latency" not in key}
    return [plain(value) for value in result] if isinstance(result, list) else result


def test_a_second_visit_comes_from_the_image_and_shows_the_same(visit, first):
    tab = visit()
    assert restored(tab) == EARLIER and seen(tab) == first
    assert load(tab, mlp())["model"].startswith("own-"), "what opens files is placed behind what was put back"
    assert tab.said == []
    tab.page.close()


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("it is of another build or browser", {"text": '"of":"', "by": '"of":"x'}),
        ("it is damaged", {"cut": 100_000}),
        ("its functions are at other places", {"text": '"table":', "by": '"table":1'}),
    ],
)
def test_an_image_that_does_not_match_is_told_and_made_anew(visit, first, reason, change):
    tab = visit(change=change)
    before = tab.page.evaluate(WRITTEN)
    assert not restored(tab) and tab.said == [UNUSED.format(reason)]
    assert tab.result["compressed"]["bytes"] == first[1]["compressed"]["bytes"]
    tab.page.wait_for_function(f"{WRITTEN}.then((when) => when > {before})")
    tab.page.close()


@pytest.mark.parametrize(
    ("script", "change", "said"),
    [
        (REFUSED, None, [NOT_KEPT.format("not here")]),
        (FULL, {"cut": 100_000}, [UNUSED.format("it is damaged"), NOT_KEPT.format("no more room")]),
    ],
    ids=["refused", "full"],
)
def test_storage_that_is_refused_or_full_is_told(visit, first, script, change, said):
    tab = visit(script=SAVING + script, change=change)
    assert not restored(tab)
    while len(tab.said) < len(said):  # the last comes when the page is at rest
        tab.page.wait_for_event("console", timeout=LIVE_MS)
    assert tab.said == said
    tab.page.close()


def test_on_a_fast_line_a_first_visit_comes_from_the_image_of_the_site_and_so_does_a_second(stranger, first):
    tab = stranger(script=FAST)
    assert restored(tab) == SITE and seen(tab) == first
    assert load(tab, mlp())["model"].startswith("own-"), "what opens files is placed behind what was put back"
    tab.page.wait_for_function(WRITTEN)
    assert tab.said == []
    tab.page.close()
    again = stranger()
    assert restored(again) == EARLIER and seen(again) == first and again.said == []


def test_a_slow_line_starts_by_bytecode_and_does_not_wait_for_the_image(stranger, first):
    asked = []
    tab = stranger(
        script=SLOW, answers={"**/packs/image*": lambda route: asked.append(route.request.url) or route.abort()}
    )
    assert not restored(tab) and asked == [] and tab.said == []


def test_an_older_engine_takes_the_same_image(stranger, first):
    tab = stranger(script=FAST + OLDER)
    assert restored(tab) == SITE and seen(tab) == first and tab.said == []


def changed(pattern, by):
    """Answer with the file of the site in which what looks so stands otherwise."""

    def answer(route):
        text, times = re.subn(pattern, by, route.fetch().text())
        assert times == 1
        route.fulfill(body=text, content_type="text/javascript")

    return answer


def cut(bytes_cut, flipped=0):
    def answer(route):
        body = bytearray(route.fetch().body())
        body[-1000] ^= flipped
        route.fulfill(body=bytes(body[: len(body) - bytes_cut]), content_type="application/wasm")

    return answer


def missing(route):
    route.fulfill(status=404)


@pytest.mark.parametrize(
    ("reason", "name", "answer"),
    [
        (r"it is damaged", "**/packs/image*", cut(0, flipped=1)),
        (r"packs/image-\w+.wasm has not come whole", "**/packs/image*", cut(100_000)),
        (r"packs/image-\w+.wasm is missing from this site \(HTTP 404\).", "**/packs/image*", missing),
        (r"its functions are at other places", "**/bundle.js", changed(r'"table": \{"length": ', r"\g<0>9")),
        (r"its machine begins with other bytes", "**/bundle.js", changed(r"(\[\[0, \d+, )-?\d+", r"\g<1>1")),
    ],
    ids=["damaged", "torn", "missing", "places", "machine"],
)  # fmt: skip
def test_an_image_of_the_site_that_does_not_fit_is_told(stranger, first, reason, name, answer):
    tab = stranger(script=FAST, answers={name: answer})
    assert not restored(tab) and [line for line in tab.said if "HTTP 404" in line or "image" in line]
    assert re.fullmatch(re.escape(UNUSED_OF_SITE).replace(r"\{\}", reason), tab.said[-1])
    assert tab.result["compressed"]["bytes"] == first[1]["compressed"]["bytes"]


def test_where_a_start_from_an_image_goes_wrong_the_next_does_without(stranger, first):
    tab = stranger(script=FAST + ODD, live=False)
    tab.page.wait_for_function("window.playground !== undefined")
    tab.page.evaluate("playground.ready")
    assert not restored(tab) and any("odd" in line for line in tab.said)
    assert tab.result["compressed"]["bytes"] == first[1]["compressed"]["bytes"]
