"""While it starts, and where it cannot: no number on screen is another State's than the controls show, and each thing
that comes has a word for it."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import build
from app.pipeline.pipeline import Pipeline
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT

from .test_page import slider

NUMBERS = "document.documentElement.dataset.numbers"
LIVE = f"{NUMBERS} === 'live'"
GREY = "[data-root=figures]"


class Gate:
    """Holds Python back until it is opened."""

    def __init__(self, tab):
        self.page, self.held, self.shut = tab.page, [], True
        self.page.route("**/pyodide/*.wasm", self._come)

    def _come(self, route):
        if self.shut:
            self.held.append(route)
        else:
            route.continue_()

    def open(self):
        self.shut = False
        for route in self.held:
            route.continue_()


def painted(tab):
    tab.page.wait_for_selector("[data-root=figures] >> text=/of 360/")


def opacity(tab, selector):
    return float(tab.page.eval_on_selector(selector, "element => getComputedStyle(element).opacity"))


def value(tab, technique):
    """What stands above the slider."""
    return tab.page.inner_text(f"[data-root=recipe] .{technique} .bk-slider-value >> nth=0")


def score(tab):
    return float(tab.page.inner_text("[data-root=figures] >> css=.number b >> nth=0"))


def drag(tab, technique, pixels):
    box = slider(tab, technique).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.page.mouse.move(x, y)
    tab.page.mouse.down()
    for step in range(1, 11):
        tab.page.mouse.move(x + pixels * step / 10, y)
    tab.page.mouse.up()


def test_an_early_drag_greys_the_numbers_until_its_own_are_there(new_tab):
    tab = new_tab()
    gate = Gate(tab)
    tab.open(live=False)
    painted(tab)
    assert opacity(tab, GREY) == 1 and tab.page.inner_text("#waiting") == ""
    before = value(tab, "palettize")
    drag(tab, "palettize", 80)
    assert value(tab, "palettize") != before
    assert opacity(tab, GREY) < 0.5 and opacity(tab, "[data-root=view-tradeoff]") < 0.5
    assert "starting example" in tab.page.inner_text("#waiting")
    gate.open()
    tab.page.wait_for_function(LIVE)
    result, bits = tab.result, tab.state["recipe"][1]["bits"]
    assert f"{bits} bit" == value(tab, "palettize") != before
    assert abs(score(tab) - 100 * result["compressed"]["score"]) < 0.06
    assert opacity(tab, GREY) == 1 and tab.page.inner_text("#waiting") == ""


FIGURES = """() => {
    const {el} = Bokeh.index.find_one(Bokeh.documents[0].get_model_by_name("figures"))
    return [...el.shadowRoot.querySelectorAll("dl > div")].slice(0, 3).map((figure) => figure.innerText)
}"""
SEEN = f"""() => {{
    window.seen = new Set()
    const figures = {FIGURES}
    const look = () => (seen.add(figures().join()), requestAnimationFrame(look))
    look()
}}"""


def figures(tab):
    """The words of all four, but the time, which only this machine can tell."""
    return tab.page.evaluate(FIGURES)


def plot(tab):
    """What the trade-off shows of the file as it is now, and of the curve."""
    return tab.page.evaluate("""
        [...Bokeh.documents[0].all_models].filter(({type}) => type === "ColumnDataSource")
            .map(({data}) => data instanceof Map ? Object.fromEntries(data) : data)
            .filter(({text, low}) => text && low).map(({x, y, text}) => [[...x], [...y], [...text]])
    """)


def natively(state):
    """What is said of a State where there is no browser."""
    with ThreadPoolExecutor(1) as apart:  # for the browser's loop runs in this thread
        return apart.submit(asyncio.run, Pipeline(NativeRuntime()).result(DEFAULT.merged(state))).result()


def held_back(new_tab, query=""):
    """A tab that answers from what is stored, and what keeps Python from coming."""
    tab = new_tab()
    gate = Gate(tab)
    tab.open(query, live=False)
    painted(tab)
    tab.page.wait_for_function("performance.getEntriesByName('playground-answers').length > 0")
    return tab, gate


def test_an_early_drag_is_answered_from_what_the_build_has_measured(new_tab):
    tab, gate = held_back(new_tab)
    first = figures(tab)
    drag(tab, "prune", 80)
    early, drawn, state, address = figures(tab), plot(tab), tab.state, tab.page.url
    assert early != first and opacity(tab, GREY) == 1 and tab.page.inner_text("#waiting") == ""
    assert f"{100 * state['recipe'][0]['sparsity']:.0f} %" == value(tab, "prune") != "50 %"
    result = natively(state)
    assert abs(score(tab) - 100 * result.compressed.score) < 0.06
    assert early[1].split()[1:3] == [f"{result.compressed.size_bytes / 1000:.1f}", "kB"]
    assert early[2].split("\n")[1].split() == [str(result.changed.count), "of", "360"]
    # In each picture while Python takes over it is the same.
    tab.page.evaluate(SEEN)
    gate.open()
    tab.page.wait_for_function(LIVE)
    tab.page.evaluate("playground.ready")
    assert tab.page.evaluate("seen.size") == 1 and figures(tab) == early
    assert plot(tab) == drawn and tab.state == state and tab.page.url == address
    assert tab.result["compressed"]["bytes"] == result.compressed.size_bytes
    assert [each["state"]["recipe"][0]["sparsity"] for each in tab.page.evaluate("playground.history")][0] == 0.5
    tab.page.click("#undo")
    tab.page.wait_for_function("playground.state.recipe[0].sparsity === 0.5")
    assert tab.said == []


def test_the_way_back_and_another_control_before_python(new_tab):
    tab, gate = held_back(new_tab)
    first = figures(tab)
    drag(tab, "prune", 80)
    tab.page.click("#undo")
    tab.page.wait_for_function("playground.state.recipe[0].sparsity === 0.5")
    assert figures(tab) == first and value(tab, "prune") == "50 %" and opacity(tab, GREY) == 1
    drag(tab, "prune", -60)
    early = value(tab, "prune")
    drag(tab, "palettize", 80)
    assert opacity(tab, GREY) < 0.5
    gate.open()
    tab.page.wait_for_function(LIVE)
    recipe = tab.state["recipe"]
    assert (f"{100 * recipe[0]['sparsity']:.0f} %", f"{recipe[1]['bits']} bit") == (early, value(tab, "palettize"))
    assert abs(score(tab) - 100 * tab.result["compressed"]["score"]) < 0.06 and opacity(tab, GREY) == 1
    assert tab.said == []


@pytest.mark.parametrize("stop", ["bits&stop=2", "fine-outputs&stop=3"])
def test_a_stop_of_a_lesson_is_there_before_python(new_tab, stop):
    tab, gate = held_back(new_tab, f"?lesson={stop}")
    assert opacity(tab, GREY) == 1 and tab.page.inner_text("#waiting") == ""
    early, state, view = figures(tab), tab.state, tab.page.inner_text("[data-root=view-text]")
    assert state["lesson"] == stop.split("&")[0]
    tab.page.wait_for_selector(f"[data-root=view-{state['view']}]")
    gate.open()
    tab.page.evaluate("playground.ready")
    assert figures(tab) == early and tab.state == state and tab.page.inner_text("[data-root=view-text]") == view
    assert tab.said == []


def test_numbers_stay_where_an_early_click_only_opens_something(new_tab):
    tab = new_tab()
    Gate(tab)
    tab.open(live=False)
    painted(tab)
    tab.page.click("[data-root=recipe] .prune .more button")
    tab.page.wait_for_selector("[data-root=recipe] .prune .options >> nth=0")
    assert opacity(tab, GREY) == 1


def test_a_link_has_its_controls_before_python(new_tab):
    tab = new_tab()
    gate = Gate(tab)
    tab.open("?v=1&model=digits-cnn&recipe=quantize,bits:6,granularity:per_tensor;prune,sparsity:0.7", live=False)
    painted(tab)
    assert tab.page.input_value("[data-root=model] select") == "Digits: small CNN"
    assert (value(tab, "prune"), value(tab, "quantize")) == ("70 %", "6 bit")
    switches = "[data-root=recipe] .{} .switch input"
    on = {id: tab.page.is_checked(switches.format(id)) for id in ("prune", "quantize", "palettize")}
    assert on == {"prune": True, "quantize": True, "palettize": False}
    assert opacity(tab, GREY) < 0.5 and "starting example" in tab.page.inner_text("#waiting")
    drag(tab, "prune", -60)
    early = value(tab, "prune")
    assert early != "70 %"
    gate.open()
    tab.page.wait_for_function(LIVE)
    assert value(tab, "prune") == early == f"{100 * tab.state['recipe'][1]['sparsity']:.0f} %"
    assert [step["technique"] for step in tab.state["recipe"]] == ["quantize", "prune"]
    assert tab.result["model"] == "digits-cnn" and opacity(tab, GREY) == 1


def test_what_python_leaves_out_of_a_link_leaves_the_controls(new_tab):
    tab = new_tab().open("?v=1&recipe=prune,sparsity:0.7,speed:3;palettize,bits:4")
    assert [step["technique"] for step in tab.state["recipe"]] == ["palettize"]
    assert not tab.page.is_checked("[data-root=recipe] .prune .switch input")
    assert value(tab, "palettize") == "4 bit"


@pytest.mark.parametrize("query", ["", "?v=1&recipe=prune,sparsity:0.7"])
def test_after_a_failed_start_nothing_moves_and_one_may_try_again(new_tab, query):
    tab = new_tab()
    tab.page.route("**/pyodide/*.wasm", lambda route: route.fulfill(status=404))
    tab.open(query, live=False)
    tab.page.wait_for_selector("#error >> text=pyodide.asm.wasm is missing from this site (HTTP 404).")
    before = value(tab, "prune")
    drag(tab, "prune", 80)
    slider(tab, "prune").focus()
    tab.page.keyboard.press("ArrowRight")
    assert value(tab, "prune") == before and opacity(tab, "[data-root=recipe]") < 0.5
    assert (opacity(tab, GREY) < 0.5) == ("was not computed" in tab.page.inner_text("#waiting")) == bool(query)
    tab.page.click("#download", timeout=5000, force=True)
    assert tab.page.evaluate("playground.set({model: 'spirals'}).catch(({message}) => message)").endswith("(HTTP 404).")
    tab.page.unroute("**/pyodide/*.wasm")
    tab.page.click("#retry")
    tab.page.wait_for_function(LIVE)
    assert tab.page.is_hidden("#error") and opacity(tab, "[data-root=recipe]") == 1


REFUSED = "{get() { throw new DOMException('no', 'SecurityError') }}"
NULL = "{value: null}"
FULL = "{value: {getItem: () => null, setItem() { throw new DOMException('full', 'QuotaExceededError') }}}"


@pytest.mark.parametrize("storage", [REFUSED, NULL, FULL], ids=["refused", "null", "full"])
def test_it_starts_whatever_storage_there_is(new_tab, storage):
    """As with cookies blocked: the page was blank and said nothing."""
    tab = new_tab()
    for name in ("sessionStorage", "localStorage"):
        tab.page.add_init_script(f"Object.defineProperty(window, '{name}', {storage})")
    tab.open()
    tab.page.click("#theme")
    tab.set(model="spirals")
    tab.page.locator("#undo").click()
    tab.page.wait_for_function("playground.state.model === 'digits-mlp'")
    assert tab.said == []


def spoken(tab):
    return tab.page.inner_text("#spoken")


def figure(tab):
    """Name of the picture in sight."""
    return tab.page.get_attribute(".view[role=figure]", "aria-label")


def test_the_live_region_speaks_when_a_change_rests(new_tab):
    tab = new_tab().open("?v=1&recipe=prune,sparsity:0.1&view=layers")
    tab.page.wait_for_function("document.querySelector('#spoken').textContent")  # the State of the link has come
    before = spoken(tab)
    box = slider(tab, "prune").bounding_box()
    tab.page.mouse.move(box["x"] + 7, box["y"] + 7)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + 150, box["y"] + 7, steps=5)
    tab.page.wait_for_function("playground.result.compressed.bytes < 150000")
    tab.page.wait_for_timeout(1500)
    assert spoken(tab) == before, "the drag still goes on"
    tab.page.mouse.up()
    tab.page.wait_for_function("before => document.querySelector('#spoken').textContent !== before", arg=before)
    assert f"Accuracy {score(tab)} %. Size " in spoken(tab)
    answer = tab.page.inner_text("[data-root=view-text] >> css=p")
    assert spoken(tab).endswith(answer) and figure(tab) == answer


def test_each_view_is_a_figure_with_its_sentence(new_tab):
    tab = new_tab().open()
    for id in ("layers", "bytes", "weights", "predictions", "tradeoff"):
        tab.page.click(f"#tab-{id}")
        tab.page.wait_for_function(f"document.querySelector('.view[role=figure][data-root=view-{id}]')")
        answer = tab.page.inner_text("[data-root=view-text] >> css=p")
        assert figure(tab) == answer != ""


WITHOUT_JSPI = "for (const name of ['Suspending', 'promising', 'SuspendError']) delete WebAssembly[name];"


def test_it_starts_where_a_browser_cannot_suspend_webassembly(new_tab):
    """As in Safari, where Python must never wait for a promise in the middle of a call. No flag does it."""
    files = (path for room in ("app", "static") for path in (Path(build.__file__).parent / room).rglob("*.*"))
    assert [path for path in files if _waits(path)] == []
    tab = new_tab()
    tab.page.route("**/worker.js", lambda route: route.fulfill(
        response=(fetched := route.fetch()), body=f'import "./without.js";\n{fetched.text()}'
    ))  # fmt: skip
    tab.page.route("**/without.js", lambda route: route.fulfill(body=WITHOUT_JSPI, content_type="text/javascript"))
    tab.open("?v=1&recipe=quantize,bits:3")
    assert tab.page.workers[0].evaluate("'Suspending' in WebAssembly") is False
    assert tab.set(model="spirals")["model"] == "spirals" and tab.said == []


def _waits(path):
    return path.suffix in (".py", ".js") and re.search(r"run_until_complete|run_sync|runPythonSync", path.read_text())
