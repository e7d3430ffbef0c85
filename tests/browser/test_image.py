"""A second visit puts back the memory of the first; where that cannot be, it starts as the first did, and says so."""

import pytest

from tests.made.networks import mlp

from .conftest import KEEP_NOTHING, LIVE_MS, Tab
from .test_own import load

RESTORED = "performance.getEntriesByName('playground-restored').length === 1"
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
NOT_KEPT = "warning: The next visit starts as this one did: {}"
REFUSED = """StorageManager.prototype.getDirectory = async () => {
  throw new DOMException("not here", "SecurityError");
};"""
FULL = """FileSystemFileHandle.prototype.createWritable = async () => {
  throw new DOMException("no more room", "QuotaExceededError");
};"""


@pytest.fixture(scope="module")
def visit(browser, site):
    """Opens tabs of one visitor, who comes again and again; the worker runs `script` first."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.add_init_script(KEEP_NOTHING)

    def open(query="", live=True, change=None, script="") -> Tab:
        page = context.new_page()
        page.set_default_timeout(LIVE_MS)
        tab = Tab(page, site)
        if change:
            page.goto(f"{site}licenses.txt")
            assert page.evaluate(CHANGE, change)
        page.route("**/worker.js", lambda route: route.fulfill(
            response=(fetched := route.fetch()), body=f'import "./first.js";\n{fetched.text()}'
        ))  # fmt: skip
        page.route("**/first.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
        page.on("console", lambda message: tab.heard(message.type, message.text))
        page.on("pageerror", lambda error: tab.said.append(f"error: {error}"))
        return tab.open(query, live)

    yield open
    context.close()


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
    assert restored(tab) and seen(tab) == first
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
    tab = visit(script=script, change=change)
    assert not restored(tab)
    while len(tab.said) < len(said):  # the last comes when the page is at rest
        tab.page.wait_for_event("console", timeout=LIVE_MS)
    assert tab.said == said
    tab.page.close()
