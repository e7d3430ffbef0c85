"""Nothing lies over anything, is cut, too small or out of reach: on any screen, in longer words, under a finger."""

import pytest

from app.state.views import VIEWS
from tests.browser.conftest import LIVE_MS

SIZES = (
    "320x568", "360x640", "390x844", "600x400", "640x400", "720x480", "768x1024", "820x1180", "1024x768", "1280x720",
    "1280x800", "1920x1080", "2560x1440",
)  # fmt: skip
PHONES = SIZES[:3]

# What is wrong with the page as it is, in words. `finger`: the least height of what is pressed, in pixels.
FAULTS = """finger => {
    const bad = new Set(), all = [];
    (function walk(root) {
        for (const element of root.querySelectorAll("*")) {
            all.push(element);
            if (element.shadowRoot) walk(element.shadowRoot);
        }
    })(document);
    const up = (element) => element.assignedSlot ?? element.parentNode ?? element.host;
    const holds = (outer, inner) => {
        for (let each = inner; each; each = up(each)) if (each === outer) return true;
        return false;
    };
    /** The part of a box that is not scrolled out of sight. */
    const inSight = (element, { left, top, right, bottom }) => {
        for (let each = element; each; each = up(each)) {
            if (!(each instanceof Element) || each.matches("html, body")) continue;
            if (getComputedStyle(each).overflow === "visible") continue;
            const box = each.getBoundingClientRect();
            [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
            [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
        }
        return { left, top, right, bottom };
    };
    const shared = (a, b) => ({
        wide: Math.min(a.right, b.right) - Math.max(a.left, b.left),
        high: Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top),
    });
    const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
    /** It is meant to lie over others. */
    const isApart = (element) => element.closest(".bar, #progress, #error, dialog, .spoken") !== null;
    const words = (element) => (element.ariaLabel || element.textContent.trim() || element.tagName).slice(0, 30);

    if (document.documentElement.scrollWidth > innerWidth) bad.add("scrolls sideways");
    const pressed = [];
    for (const element of all.filter((each) => each.matches("button, a[href], input, select, [role=slider]"))) {
        if (!isShown(element) || element.closest("dialog")) continue;
        const box = element.getBoundingClientRect(), seen = inSight(element, box);
        // The area of a slider reaches beyond its handle; a word in a sentence is as high as its line (WCAG 2.5.8).
        const least = element.matches("[role=slider], .word") ? 0 : finger;
        const isSmall = box.height < least - 0.5 || box.width < Math.min(least, 24);
        if (isSmall) bad.add(`small: ${words(element)} ${box.width}x${box.height}`);
        if (box.left < -0.5 || box.right > innerWidth + 0.5) bad.add(`off the screen: ${words(element)}`);
        const isSeen = seen.right - seen.left > 1 && seen.bottom - seen.top > 1;
        if (isSeen && !isApart(element)) pressed.push([element, seen]);
    }
    for (const [at, [one, a]] of pressed.entries()) {
        for (const [other, b] of pressed.slice(at + 1)) {
            const { wide, high } = shared(a, b);
            if (wide > 1 && high > 1 && !holds(one, other)) bad.add(`${words(one)} lies over ${words(other)}`);
        }
    }
    const lines = [];
    for (const element of all) {
        if (!isShown(element) || isApart(element) || element.matches("script, style, option, thead *")) continue;
        for (const node of element.childNodes) {
            if (node.nodeType !== Node.TEXT_NODE || !node.nodeValue.trim()) continue;
            const range = document.createRange();
            range.selectNodeContents(node);
            for (const box of range.getClientRects()) {
                const seen = inSight(element, box);
                if (seen.bottom - seen.top < 4) continue;
                const said = node.nodeValue.trim();
                if (seen.right < box.right - 1.5 || box.right > innerWidth + 1) bad.add(`cut: ${said}`);
                lines.push([element, seen, said]);
            }
        }
    }
    for (const [at, [one, a, said]] of lines.entries()) {
        for (const [other, b, also] of lines.slice(at + 1)) {
            const { wide, high } = shared(a, b);
            if (one !== other && wide > 1 && high > 4) bad.add(`"${said}" lies over "${also}"`);
        }
    }
    return [...bad];
}"""

# The height in pixels of the highest plot, as far as it can be seen.
PLOT = """() => {
    const bar = document.querySelector(".bar").getBoundingClientRect();
    const foot = bar.top > innerHeight / 2 && bar.width > innerWidth / 2 ? bar.top : innerHeight;
    let highest = 0;
    (function walk(root) {
        for (const element of root.querySelectorAll("*")) {
            if (element.shadowRoot) walk(element.shadowRoot);
            if (element.tagName !== "CANVAS") continue;
            const { top, bottom, width } = element.getBoundingClientRect();
            if (width > 60) highest = Math.max(highest, Math.min(bottom, foot) - Math.max(top, 0));
        }
    })(document);
    return highest;
}"""

# Make every word of the page 40 % longer, as it might be in another language; `shorten()` undoes that.
LENGTHEN = """() => {
    const before = [];
    (function walk(root) {
        for (const element of root.querySelectorAll("*")) {
            if (element.shadowRoot) walk(element.shadowRoot);
            if (element.matches("script, style, svg *, .view")) continue;
            for (const node of element.childNodes) {
                if (node.nodeType !== Node.TEXT_NODE) continue;
                before.push([node, node.nodeValue]);
                node.nodeValue = node.nodeValue.replace(/[a-z]{3,}/gi, (word) => word + "n".repeat(0.4 * word.length));
            }
        }
    })(document);
    globalThis.shorten = () => before.forEach(([node, text]) => (node.nodeValue = text));
}"""

# What the page has drawn is in place: two pictures of the browser, and BokehJS's own pause after a change of size.
SETTLED = (
    """() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 250))"""
)


def resized(tab, size):
    width, height = map(int, size.split("x"))
    tab.page.set_viewport_size({"width": width, "height": height})
    tab.page.evaluate(SETTLED)
    return tab.page


@pytest.mark.parametrize("size", SIZES)
def test_each_screen_shows_the_plot_and_nothing_in_its_way(shared_tab, size):
    page = resized(shared_tab, size)
    assert page.evaluate(FAULTS, 24) == []
    assert page.evaluate(PLOT) >= 120


@pytest.mark.parametrize("size", SIZES)
def test_words_may_be_two_fifths_longer(shared_tab, size):
    page = resized(shared_tab, size)
    page.evaluate(LENGTHEN)
    try:
        page.evaluate(SETTLED)
        assert page.evaluate(FAULTS, 24) == []
        page.evaluate("document.getElementById('stage').scrollIntoView({ block: 'center' })")
        assert page.evaluate(PLOT) >= 100, "a swipe away at most"
    finally:
        page.evaluate("shorten()")
        page.evaluate("scrollTo(0, 0)")


@pytest.mark.parametrize("size", ["320x568", "640x400", "820x1180", "1280x720"])
def test_so_does_each_view(shared_tab, size):
    for view in VIEWS[1:]:
        shared_tab.set(view=view)
        assert resized(shared_tab, size).evaluate(FAULTS, 24) == [], view
    shared_tab.set(view=VIEWS[0])


def test_a_finger_has_room(shared_tab):
    touch = shared_tab.page.context.new_cdp_session(shared_tab.page)
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 1})
    try:
        for size in (*PHONES, "640x400", "820x1180", "1024x768"):
            assert resized(shared_tab, size).evaluate(FAULTS, 44) == [], size
    finally:
        touch.send("Emulation.setTouchEmulationEnabled", {"enabled": False})


@pytest.mark.parametrize("size", PHONES)
@pytest.mark.parametrize("drawer", ["recipe-panel", "sample-panel"])
def test_a_drawer_leaves_the_plot_in_sight(shared_tab, size, drawer):
    page = resized(shared_tab, size)
    page.click(f".bar [data-drawer={drawer}]")
    page.evaluate(SETTLED)
    try:
        panel = page.locator(f"#{drawer}").bounding_box()
        stage = page.locator("#stage").bounding_box()
        assert panel["height"] >= 200 and stage["height"] >= 100
        assert stage["y"] + stage["height"] <= panel["y"] + 1
        assert page.evaluate(FAULTS, 24) == []
    finally:
        page.keyboard.press("Escape")


def test_what_is_pressed_does_not_shift_its_neighbours(shared_tab):
    page = resized(shared_tab, "1280x800")
    buttons = "[...document.querySelectorAll('.tabs button, .actions button')]"
    places = f"{buttons}.map((each) => each.getBoundingClientRect().left)"
    before = page.evaluate(places)
    page.context.grant_permissions(["clipboard-write", "clipboard-read"])
    shared_tab.set(view=VIEWS[1])
    page.click("#share")
    page.wait_for_function("document.getElementById('share-status').textContent === 'Link copied'")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    element, *others = page.locator("#share-snippets textarea").evaluate_all("all => all.map(({ value }) => value)")
    site, _, link = page.url.partition("?")
    assert f'src="{site}element.js"' in element and f'view="{shared_tab.state["view"]}"' in element
    assert len(others) == 4 and all(link.replace("&", "&amp;") in each or link in each for each in others)
    page.keyboard.press("Escape")
    assert page.evaluate(places) == before
    shared_tab.set(view=VIEWS[2])
    assert page.evaluate(places) == before
    shared_tab.set(view=VIEWS[0])


def test_notes_leave_the_plot_as_it_is(shared_tab):
    page = resized(shared_tab, "1280x800")
    before = page.locator("#stage").bounding_box()
    notes = "document.querySelector('.notes').textContent + document.querySelector('.notes > *').shadowRoot.textContent"
    shared_tab.set(
        recipe=[{"technique": "quantize", "granularity": "per_block", "block_size": 64}, {"technique": "factorize"}]
    )
    assert "li" in page.evaluate("document.querySelector('.notes > *').shadowRoot.innerHTML") and page.evaluate(notes)
    assert page.locator("#stage").bounding_box() == before


def test_forced_colours_leave_every_switch_its_state(shared_tab):
    page = resized(shared_tab, "1280x800")
    page.emulate_media(forced_colors="active")
    drawn = """() => {
        const found = { true: new Set(), false: new Set() };
        (function walk(root) {
            for (const element of root.querySelectorAll("*")) {
                if (element.shadowRoot) walk(element.shadowRoot);
                if (!element.matches(".bk-label") || !element.getRootNode().host?.matches(".switch")) continue;
                const { backgroundImage, backgroundColor } = getComputedStyle(element, "::before");
                found[element.previousElementSibling.checked].add(backgroundImage + backgroundColor);
            }
        })(document);
        return [[...found.true], [...found.false]];
    }"""
    try:
        on, off = page.evaluate(drawn)
    finally:
        page.emulate_media(forced_colors="none")
    assert len(on) == len(off) == 1 and on != off and "gradient" in on[0] and "gradient" in off[0]


def test_names_of_scores_leave_each_other_room(shared_tab):
    named = """() => [...Bokeh.documents[0].all_models]
        .find(({ type, data }) => type === "ColumnDataSource" && data.shown)
        .data.shown.filter((name) => name !== "").length"""
    page = resized(shared_tab, "1280x800")
    every = page.evaluate(named)
    page = resized(shared_tab, "320x568")
    page.click(".bar [data-drawer=recipe-panel]")
    page.evaluate(SETTLED)
    try:
        assert 3 <= page.evaluate(named) < every
    finally:
        page.keyboard.press("Escape")


def test_the_first_line_goes_and_a_model_that_breaks_offers_a_way_back(shared_tab):
    page, before = resized(shared_tab, "1280x800"), shared_tab.state
    shared_tab.set(recipe=[{"technique": "prune", "sparsity": 0.5}, {"technique": "palettize", "bits": 3}])
    shared_tab.set(model="digits-mobile")
    try:
        assert page.locator("#hint").is_hidden()
        page.click("text=Start from no compression")
        page.wait_for_function("playground.state.recipe.length === 0 && playground.result.compressed.score > 0.9")
        page.wait_for_function("!document.querySelector('.notes > *').shadowRoot.textContent.includes('too much')")
    finally:
        shared_tab.set(model=before["model"], recipe=before["recipe"])


def test_the_typeface_is_there_before_the_first_picture(new_tab):
    tab = new_tab()
    tab.page.goto(tab.site)
    tab.page.wait_for_function("document.querySelector('[data-root=figures] > *')", timeout=LIVE_MS)
    assert tab.page.evaluate("[...document.fonts].find((each) => each.family === 'Inter').status") == "loaded"
