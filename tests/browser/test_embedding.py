"""The element in other people's pages; the number in a name is that of the rule that it shows.

1 picture first, 2 start by button or in view, 3 watchdog, 4 cold and from another origin, 5 height by message, 6 no
height loop, 7 nothing fixed, 8 the page's theme marks, 9 no reload for a theme, 10 one colour scheme, 11 whose theme
counts, 12 one runtime a page, 13 sandboxed frames, 14 and 15 what authors are told, 16 pages that swap, 19 named frame
and button, 20 wheel and keys, 21 closed list of fields, 22 checked messages, 23 versions, 24 no outside host.
17 and 18 are those of documentation tools: see test_sites.py.

Most of it is shown with a stand-in for the application in the frame, which answers at once.
"""

from __future__ import annotations

import gzip
import random
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

import build
from app.state.fields import LINKED
from tests.browser.conftest import LIVE_MS, served
from tests.browser.test_axe import FAULTS
from tests.browser.test_hosts import Shared, hosted

LINK = {"model": "spirals", "recipe": "prune,sparsity:0.5", "view": "network"}
# What README says that a page has to allow, and nothing else.
ALLOWED = " ".join(f"{kind} http://127.0.0.1:*;" for kind in ("script-src", "frame-src", "img-src"))
POLICY = f"default-src 'none'; style-src 'unsafe-inline'; {ALLOWED}".replace("img-src", "img-src data:")
STAND_IN = """<!doctype html><link rel="icon" href="data:,"><body style="margin:0"><script>
window.heard = [];
const tell = (message) => parent.postMessage({ playground: 1, ...message }, "*");
const model = new URLSearchParams(location.search).get("model");
if (model !== "mute") tell({ type: "progress", words: "Loading Python" });
addEventListener("message", ({ data }) => {
  heard.push(data);
  if (model === "mute") return;
  if (data.type === "hello") {
    tell({ type: "hello", state: { model }, result: null });
    if (model === "broken") tell({ type: "failed", message: "It <b>broke</b>." });
    else if (model !== "slow") tell({ type: "live" });
  }
  if (data.type === "look" && data.query) {
    const state = Object.fromEntries(new URLSearchParams(data.query));
    tell({ type: "statechange", detail: state, query: data.query });
  }
  if (data.number && data.verb !== "fail") tell({ type: "reply", number: data.number, value: [data.verb, data.args] });
  if (data.verb === "fail") tell({ type: "reply", number: data.number, error: "It cannot." });
});
</script>"""


def element(name: str, inside: str = "", **attributes: str) -> str:
    given = "".join(f' {key}="{value}"' for key, value in {"id": name, **attributes}.items())
    return f"<compression-playground{given}>{inside}</compression-playground>"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder for pages of other people, and its address: another origin than the site's."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with served(folder, "/docs/", POLICY) as address:
        yield folder, address


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory):
    """The address of a site whose application is the stand-in."""
    folder = tmp_path_factory.mktemp("stand-in")
    for name in ("element.js", "embed.html", "frame.js"):
        shutil.copy(build.STATIC / name, folder / name)
    (folder / "index.html").write_text(STAND_IN)
    (folder / "pictures").mkdir()
    for end in ("", "-dark"):
        drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="480" height="300"></svg>'
        (folder / f"pictures/pruning{end}.svg").write_text(drawing)
    with served(folder, policy="") as address:
        yield address


@pytest.fixture
def opened(elsewhere, stand_in, new_tab):
    """Opens a page of other people with these elements, and gives its Playwright page."""
    folder, address = elsewhere

    def open(*elements: str, head: str = "", site: str = stand_in, **options):
        (folder / "page.html").write_text(
            f'<!doctype html><link rel="icon" href="data:,">{head}<script async src="{site}element.js"></script>'
            f"<body><h1>A page</h1>{'<p>and</p>'.join(elements)}"
        )
        page = new_tab(address, **options).open("page.html", live=False).page
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        return page

    return open


def begin(page, name: str) -> None:
    page.click(f"#{name} button")
    page.evaluate(f"{name}.ready")


def said(page, name: str = "a") -> str:
    return page.inner_text(f"#{name} [role=status]")


def frame(page):
    (only,) = page.frames[1:]
    return only


def test_01_what_stands_in_the_element_is_there_without_scripts_and_when_the_start_fails(opened):
    inside = '<img alt="half of it gone" width="10" height="10"> <a href="#">open</a>'
    page = opened(element("a", inside, **LINK), java_script_enabled=False)
    assert page.is_visible("#a img") and page.is_visible("#a a")
    page = opened(element("a", inside, **{**LINK, "model": "broken"}))
    page.click("#a button")
    page.wait_for_function("a.shadowRoot.querySelector('button').textContent === 'Retry'")
    assert page.is_visible("#a img") and said(page) == "It <b>broke</b>. The picture stays as it was."


def test_01_a_lesson_shows_the_picture_that_comes_with_the_site_in_the_theme_of_the_page(opened):
    page = opened(element("a", lesson="pruning"), element("b", model="spirals"), head='<html data-theme="dark">')
    page.wait_for_function("a.shadowRoot.querySelector('img').naturalWidth === 480")
    assert page.evaluate("a.shadowRoot.querySelector('img').src").endswith("/pictures/pruning-dark.svg")
    assert page.inner_text("#b .picture") == "Compression Playground: spirals"  # of another State the site has none


def test_02_nothing_is_fetched_before_the_button_is_pressed_which_names_the_size(elsewhere, opened, new_tab):
    asked = []
    page = opened(*(element(name, "words", **LINK) for name in "abc"))
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.wait_for_selector("#c button")
    assert [url for url in asked if "element.js" not in url and "page.html" not in url] == []
    assert re.fullmatch(r"downloads \d+ MB, once", said(page))


def test_02_one_script_of_six_kilobytes_is_all_that_an_idle_page_needs():
    assert len(gzip.compress(Path(build.STATIC, "element.js").read_bytes(), 9)) <= 6000


def test_02_an_author_may_have_it_start_in_view(opened):
    page = opened(element("a", **LINK), "<div style='height: 3000px'></div>", element("b", start="view", **LINK))
    page.wait_for_timeout(200)
    assert len(page.frames) == 1
    page.evaluate("b.scrollIntoView()")
    page.evaluate("b.ready")
    assert len(page.frames) == 2


def test_03_a_start_that_says_nothing_ends_in_words_and_retry(opened):
    page = opened(element("a", model="mute"))
    page.clock.install()
    page.click("#a button")
    page.wait_for_timeout(300)
    page.clock.run_for(61_000)
    assert said(page) == "The playground does not answer. The picture stays as it was." and len(page.frames) == 1
    assert page.inner_text("#a button") == "Retry"
    page.evaluate("a.setAttribute('model', 'spirals')")
    begin(page, "a")
    assert len(page.frames) == 2 and said(page) == ""


def test_05_the_frame_is_as_high_as_it_says(opened):
    page = opened(element("a", **LINK))
    begin(page, "a")
    for told, height in ((700.4, 700.4), (701, 700.4), (450, 450), (99_999, 4000), (-3, 4000), ("<b>", 4000)):
        frame(page).evaluate("height => tell({ type: 'height', height })", told)
        page.wait_for_timeout(30)
        assert page.evaluate("parseFloat(a.shadowRoot.querySelector('iframe').style.height)") == height


def test_06_a_frame_that_answers_to_its_own_height_comes_to_rest(opened):
    page = opened(element("a", **LINK))
    begin(page, "a")
    frame(page).evaluate("onresize = () => tell({ type: 'height', height: innerHeight + (heard.rocks ^= 1) })")
    frame(page).evaluate("tell({ type: 'height', height: 500 })")
    page.wait_for_timeout(300)
    heights = page.evaluate("""async () => {
      const seen = new Set();
      for (let at = 0; at < 20; at += 1) {
        seen.add(a.shadowRoot.querySelector('iframe').style.height);
        await new Promise(requestAnimationFrame);
      }
      return seen.size;
    }""")
    assert heights == 1


@pytest.mark.parametrize("base, font", [(20, 20), (13, 14), (40, 24)])
def test_05_its_words_are_as_large_as_those_around_within_limits(opened, base, font):
    page = opened(element("a", **LINK), head=f"<style>body {{ font-size: {base}px }}</style>")
    begin(page, "a")
    assert float(frame(page).evaluate("new URLSearchParams(location.search).get('font')")) == font
    sizes = "['.said', '.picture'].map((name) => getComputedStyle(a.shadowRoot.querySelector(name)).fontSize)"
    assert [float(size.removesuffix("px")) for size in page.evaluate(sizes)] == [
        pytest.approx(share * font, abs=0.01) for share in (0.82, 0.94)
    ]


MARKS = {
    "html data-theme": "document.documentElement.dataset.theme = 'dark'",
    "html class": "document.documentElement.className = 'no-js dark'",
    "body data-md-color-scheme": "document.body.setAttribute('data-md-color-scheme', 'slate')",
    "html data-bs-theme": "document.documentElement.setAttribute('data-bs-theme', 'dark')",
    "body class": "document.body.classList.add('dark-mode', 'dark')",
    "notebook": "document.body.setAttribute('data-jp-theme-light', 'false')",
}


@pytest.mark.parametrize("mark", MARKS)
def test_08_09_10_the_marks_of_the_page_change_the_theme_inside_and_out_without_a_reload(opened, mark):
    page = opened(element("a", **LINK), color_scheme="light")
    begin(page, "a")
    frame(page).evaluate("window.still = true")
    page.evaluate(MARKS[mark])
    frame(page).wait_for_function("heard.some(({ type, theme }) => type === 'look' && theme === 'dark')")
    schemes = "[a, a.shadowRoot.querySelector('iframe')].map((node) => getComputedStyle(node).colorScheme)"
    assert page.evaluate(schemes) == ["dark", "dark"] and frame(page).evaluate("still")


def test_11_the_author_comes_before_the_page_and_the_page_before_the_system(opened):
    both = element("a", theme="light", **LINK), element("b", **LINK)
    page = opened(*both, color_scheme="dark")
    themes = "[a, b].map((node) => getComputedStyle(node).colorScheme)"
    assert page.evaluate(themes) == ["light", "dark"]
    page.emulate_media(color_scheme="light")
    page.wait_for_function("getComputedStyle(b).colorScheme === 'light'")
    assert page.evaluate(themes) == ["light", "light"]
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.wait_for_function("getComputedStyle(b).colorScheme === 'dark'")
    assert page.evaluate(themes) == ["light", "dark"]


def test_12_the_second_element_takes_the_runtime_over_and_the_first_has_its_picture_again(opened):
    page = opened(element("a", "picture", **LINK), element("b", model="digits-cnn", controls="prune"))
    begin(page, "a")
    frame(page).evaluate("window.still = true")
    frame(page).evaluate("tell({ type: 'statechange', detail: {}, query: '?v=1&model=cancer' })")
    page.click("#b button")
    page.evaluate("b.ready")
    assert frame(page).evaluate("still") and frame(page).evaluate("heard.at(-1).query") == "?v=1&model=digits-cnn"
    assert frame(page).evaluate("heard.at(-1).controls") == "prune" and page.evaluate("b.state.model") == "digits-cnn"
    assert page.inner_text("#a button") == "Continue here" and said(page) == "moves the playground here"
    assert page.evaluate("a.set({}).catch(({ message }) => message)").startswith("The playground is not started here")
    page.click("#a button")
    page.wait_for_function("a.state.model === 'cancer'")
    assert frame(page).evaluate("heard.at(-1).query") == "?v=1&model=cancer"


def test_12_where_a_frame_cannot_be_moved_the_first_one_ends(opened):
    page = opened(element("a", **LINK), element("b", **LINK))
    page.evaluate("delete Element.prototype.moveBefore")
    begin(page, "a")
    frame(page).evaluate("window.still = true")
    begin(page, "b")
    assert frame(page).evaluate("window.still") is None


def test_16_an_element_that_leaves_ends_its_frame_and_one_that_comes_is_alive(opened):
    page = opened(element("a", **LINK))
    begin(page, "a")
    page.evaluate("window.gone = a, document.body.innerHTML = `<main>${a.outerHTML}</main>`")
    assert len(page.frames) == 1
    begin(page, "a")
    page.evaluate("document.querySelector('main').append(document.createElement('p'), a)")  # it moves
    assert len(page.frames) == 1 and page.inner_text("#a button") == "Start"
    begin(page, "a")
    page.evaluate("document.body.moveBefore(a, null)")
    assert len(page.frames) == 2 and page.evaluate("a.call('version')") == ["version", []]


def test_19_the_start_is_a_button_that_keys_press_and_the_frame_has_a_title(opened):
    page = opened(element("a", **LINK))
    assert page.get_by_role("button", name="Start: Compression Playground: spirals").count() == 1
    page.focus("#a button")
    page.keyboard.press("Enter")
    page.evaluate("a.ready")
    assert page.evaluate("a.shadowRoot.querySelector('iframe').title") == "Compression Playground: spirals"
    assert page.evaluate("a.shadowRoot.activeElement.localName") == "iframe"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_19_axe_finds_no_fault_in_an_element_that_waits_starts_or_has_failed(opened, theme):
    head = f'<title>A page</title><html lang="en" data-theme="{theme}">'
    slow = element("b", "words", model="slow", text="See.")
    page = opened(element("a", lesson="pruning"), slow, element("c", model="broken"), head=head)
    page.click("#c button")
    page.wait_for_function("c.shadowRoot.querySelector('button').textContent === 'Retry'")
    page.click("#b button")
    page.evaluate(build.axe())
    assert page.evaluate(FAULTS) == []


def test_21_only_the_parts_of_a_link_reach_the_frame(opened, elsewhere):
    page = opened(element("a", onclick="", secret="yes", **LINK))
    page.goto(f"{elsewhere[1]}page.html?token=secret&model=digits-cnn")
    begin(page, "a")
    query = frame(page).evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    assert query == {"embed": "", "theme": "light", "controls": "", "plot": "0", "font": "16", "v": "1", **LINK}
    assert page.evaluate("a.constructor.fields.slice(0, -4)") == list(LINKED)


def test_21_a_plain_frame_takes_the_same_words(opened, stand_in, new_tab):
    tab = new_tab(stand_in).open(
        "embed.html?model=spirals&onclick=alert(1)&text=%3Cb%3EHalf%3C/b%3E&theme=dark", live=False
    )
    tab.page.wait_for_function("document.querySelector('compression-playground').getAttribute('model') === 'spirals'")
    names = tab.page.evaluate("document.querySelector('compression-playground').getAttributeNames()")
    assert sorted(names) == ["model", "style", "text", "theme"]
    assert tab.page.inner_text("compression-playground .task") == "<b>Half</b>"


def test_22_a_page_drives_the_element_and_hears_it(opened):
    page = opened(element("a", **LINK))
    page.evaluate("window.heard = [], a.addEventListener('result', ({ detail }) => heard.push(detail))")
    begin(page, "a")
    assert page.evaluate("a.set({ seed: 7 })") == ["set", [{"seed": 7}]]
    assert page.evaluate("a.call('fail').catch(({ message }) => message)") == "It cannot."
    frame(page).evaluate("tell({ type: 'result', detail: { model: 'spirals' } })")
    page.wait_for_function("heard.length === 1")
    assert page.evaluate("[heard[0].model, a.result.model]") == ["spirals", "spirals"]
    page.evaluate("a.setAttribute('recipe', 'prune,sparsity:0.9')")
    page.wait_for_function("a.state.recipe === 'prune,sparsity:0.9'")


def test_22_what_is_asked_for_during_a_start_waits_for_the_frame(opened):
    page = opened(element("a", **LINK))
    early = "a.start(), a.setAttribute('recipe', 'prune,sparsity:0.9'), a.call('version')"
    assert page.evaluate(early) == ["version", []]
    page.wait_for_function("a.state.recipe === 'prune,sparsity:0.9'")


def test_22_each_start_is_waited_for(opened):
    page = opened(element("a", **LINK))
    begin(page, "a")
    kept = """async () => {
      document.body.append(a);
      const { ready } = a;
      return Promise.race([ready.then(() => "live"), new Promise((resolve) => setTimeout(resolve, 300, "waits"))]);
    }"""
    assert page.evaluate(kept) == "waits"
    begin(page, "a")
    assert page.evaluate("a.shadowRoot.querySelector('.card').dataset.is") == "live"


def test_22_23_what_others_say_and_what_is_of_another_version_changes_nothing(opened):
    page = opened(element("a", **LINK))
    begin(page, "a")
    page.evaluate("""() => {
      for (const playground of [0, 2, "1", null, undefined])
        for (const type of ["failed", "height", "live", "statechange"]) postMessage({ playground, type, message: "x" });
      postMessage({ playground: 1, type: "failed", message: "not of the frame" });
    }""")
    frame(page).evaluate("parent.postMessage({ playground: 2, type: 'failed', message: 'of another version' }, '*')")
    page.wait_for_timeout(100)
    assert page.evaluate("a.shadowRoot.querySelector('.card').dataset.is") == "live"


def test_23_a_second_copy_of_the_script_leaves_the_page_to_the_first(opened, stand_in):
    page = opened(element("a", **LINK), head=f'<script async src="{stand_in}element.js?other"></script>')
    begin(page, "a")
    assert len(page.frames) == 2


def test_a_theme_that_changes_a_hundred_times_ends_as_the_last(opened):
    page = opened(element("a", **LINK), color_scheme="light")
    begin(page, "a")
    page.evaluate("for (let at = 0; at < 101; at += 1) document.body.dataset.theme = at % 2 ? 'light' : 'dark'")
    page.wait_for_function("getComputedStyle(a).colorScheme === 'dark'")
    assert len(page.frames) == 2


def test_markup_in_every_field_stays_text(opened):
    markup = "&quot;&gt;&lt;img src=x onerror=&quot;window.hit = 1&quot;&gt;"
    names = [*LINKED, "controls", "theme", "height", "start"]
    page = opened(element("a", **dict.fromkeys(names, markup)))
    begin(page, "a")
    assert page.evaluate("window.hit") is None and frame(page).evaluate("window.hit") is None
    assert frame(page).evaluate("new URLSearchParams(location.search).get('model')").startswith('"><img')


# ---------------------------------------------------------------- with the application itself


@pytest.fixture(scope="module")
def live(browser, site, elsewhere):
    """A page of another origin, cold, in which an element is live; and all that was asked for."""
    folder, address = elsewhere
    (folder / "live.html").write_text(
        f'<!doctype html><link rel="icon" href="data:,"><body>{element("a", controls="prune views", **LINK)}'
        f'<div style="height: 2000px"></div><script async src="{site}element.js"></script>'
    )
    context = browser.new_context(viewport={"width": 700, "height": 800})
    page, asked = context.new_page(), []
    page.set_default_timeout(LIVE_MS)
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}live.html")
    begin(page, "a")
    yield page, asked
    context.close()


def test_04_24_it_is_live_from_another_origin_and_asks_no_other_host(live, site, elsewhere):
    page, asked = live
    assert page.evaluate("a.state.recipe[0].sparsity") == 0.5 and page.evaluate("a.result.n") > 0
    assert all(url.startswith((site, elsewhere[1], "data:", "blob:")) for url in asked)
    result = page.evaluate("a.set({ recipe: [{ technique: 'quantize', bits: 4 }] })")
    assert result["compressed"]["bytes"] == page.evaluate("a.modelBytes().then(({ length }) => length)")
    page.evaluate("a.setAttribute('recipe', 'prune,sparsity:0.25')")
    page.wait_for_function("a.state.recipe[0].sparsity === 0.25")


def test_05_the_compact_form_follows_the_size_of_the_text_around(live):
    page, _ = live
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    usual = frame(page).evaluate(size)
    for font, share in ((20, 1.25), (400, 1.25), ("<b>", 1.25), (16, 1)):
        page.evaluate("font => a.shadowRoot.querySelector('iframe').contentWindow.postMessage("
                      "{ playground: 1, type: 'look', number: 0, font }, '*')", font)  # fmt: skip
        frame(page).wait_for_timeout(50)
        assert frame(page).evaluate(size) == pytest.approx(share * usual)


def test_06_nothing_inside_waits_for_the_frame_to_grow(live):
    """The menus of the axes came when it had grown, and covered the foot of a plot that had been laid out by then."""
    page, _ = live
    page.evaluate("a.set({ view: 'tradeoff' })")
    page.evaluate("a.shadowRoot.querySelector('iframe').style.height = '300px'")
    assert frame(page).locator(".menus.axes").first.is_visible()


def test_24_only_the_controls_that_the_page_names_are_shown(live):
    page, _ = live
    shown = frame(page).locator(".technique >> visible=true")
    for named, count in (("prune quantize views", 2), ("none", 0), ("prune views", 1)):
        page.evaluate("named => a.setAttribute('controls', named)", named)
        expect(shown).to_have_count(count)


@pytest.mark.parametrize("width", [320, 560, 900])
def test_05_07_the_compact_form_fits_any_width_with_nothing_fixed_and_no_scroll_of_its_own(live, width):
    page, _ = live
    page.set_viewport_size({"width": width + 16, "height": 700})
    page.wait_for_timeout(400)
    inside = frame(page).evaluate("""() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      const shown = [...document.querySelectorAll("body *")].filter((node) => node.offsetHeight > 0);
      const fixed = shown.filter((node) => ["fixed", "sticky"].includes(getComputedStyle(node).position));
      return [scrollWidth <= innerWidth, Math.abs(scrollHeight - innerHeight) <= 2,
        fixed.map(({ outerHTML }) => outerHTML.slice(0, 80))];
    }""")
    assert inside == [True, True, []]


def test_19_axe_finds_no_fault_in_the_compact_form(live):
    page, _ = live
    frame(page).evaluate(build.axe())
    assert frame(page).evaluate(FAULTS) == []


def test_20_the_wheel_scrolls_the_page_and_arrow_keys_are_the_pages_until_the_frame_is_focused(live):
    page, _ = live
    page.evaluate("scrollTo(0, 0)")
    before = page.evaluate("JSON.stringify(a.state)")
    page.mouse.move(300, 300)
    page.mouse.wheel(0, 200)
    page.wait_for_function("scrollY > 50")
    page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("scrollY > 0")
    assert page.evaluate("JSON.stringify(a.state)") == before


def test_22_five_hundred_hostile_messages_change_nothing(live):
    page, _ = live
    draw = random.Random(7)
    odd = [None, 1, -1e309, "x", "__proto__", "constructor", [], {}, [[]], {"length": 5}, "<img src=x onerror=hit()>"]
    verbs = ["eval", "constructor", "accept", "live", "dispatchEvent", "__proto__", "toString", *odd]
    messages = [
        {
            "playground": draw.choice([1, 1, 1, 0, 2, "1", None]), "type": draw.choice(["look", "call", "hello", *odd]),
            "number": draw.choice(odd), "verb": draw.choice(verbs), "args": draw.choice(odd),
            "controls": draw.choice([7, None, []]), "plot": draw.choice([None, -5, 1e9, "x", [], {}]),
        }
        for _ in range(500)
    ]  # fmt: skip
    before = page.evaluate("JSON.stringify(a.state)")
    send = "messages => messages.forEach((each) => {}.postMessage(each, '*'))"
    page.evaluate(send.replace("{}", "a.shadowRoot.querySelector('iframe').contentWindow"), messages)
    frame(page).evaluate(send.replace("{}", "window"), messages)  # not its parent
    assert page.evaluate("a.call('state').then(JSON.stringify)") == before
    assert page.evaluate("a.set({ model: '<b>no such model</b>' }).catch(({ message }) => message)").startswith(
        "there is no model"
    )
    assert page.evaluate("JSON.stringify(a.state)") == before and frame(page).evaluate("window.hit") is None


def test_13_it_is_live_in_a_sandboxed_frame_without_storage(browser, dist, elsewhere, tmp_path):
    folder, address = elsewhere
    with hosted(Shared, dist) as site:
        (folder / "sandboxed.html").write_text(
            f"<!doctype html><body>{element('a', sandbox='', model='no-such-model', view='layers')}"
            f'<script async src="{site}element.js"></script>'
        )
        page = browser.new_page()
        page.set_default_timeout(LIVE_MS)
        page.goto(f"{address}sandboxed.html")
        begin(page, "a")
        assert frame(page).evaluate("self.origin") == "null" and page.evaluate("a.state.model") == "digits-mlp"
        assert "no-such-model" in frame(page).inner_text("#error")
        assert page.evaluate("a.set({ recipe: [{ technique: 'prune' }] })")["changed"]["count"] >= 0
        page.close()


def test_14_15_authors_are_told_what_a_sandbox_is_not_and_which_policy_holds():
    readme = " ".join((build.ROOT / "README.md").read_text().split())
    assert "`allow-scripts` with `allow-same-origin`" in readme
    named = [part for part in build.POLICY.split("; ") if "data:" in part or "unsafe" in part]
    assert f"`{'; '.join(named)}`" in readme
