"""What computes may die, get stuck or crash: the person is told, and it comes back with all that was there."""

from tests.made.networks import mlp

from .conftest import shown
from .test_own import load
from .test_page import slider

DIES = "setTimeout(() => { const end = performance.now() + 1500; while (performance.now() < end); self.close(); })"
STUCK = "addEventListener('message', () => { for (;;); }, { capture: true })"  # whatever it is asked next
SCRIPT = "text/javascript"
SAID = "#error-text:text('{}')"


def with_trap(script):
    """The bridge to onnxruntime, whose next run crashes once `self.traps` is set."""
    run = "const outputs = await run(all);"
    assert run in script
    trap = "function trap() { self.traps = false; throw new WebAssembly.RuntimeError('memory access out of bounds'); }"
    return script.replace(run, "const outputs = await (self.traps ? trap() : run(all));") + trap


def ended(tab):
    """End what computes while it has something to answer; what is answered instead."""
    tab.page.workers[-1].evaluate(DIES)
    return tab.page.evaluate("playground.set({ view: 'bytes' }).then(() => '', ({ message }) => message)")


def is_back(tab):
    tab.page.wait_for_function("document.querySelector('#error').hidden && document.querySelector('#progress').hidden")


def test_it_comes_back_with_the_state_the_own_model_and_the_history(new_tab):
    tab = new_tab().open()
    tab.set(recipe=[{"technique": "prune", "sparsity": 0.5}])
    load(tab, mlp())
    tab.set(recipe=[{"technique": "quantize", "bits": 3}], view="layers")
    tab.page.evaluate("playground.annotate(null, { name: 'mine' }).then(() => playground.pin('A'))")
    pinned = "playground.history.some(({ pinned }) => pinned === 'A')"
    tab.page.wait_for_function(pinned)
    keys = ("baseline", "compressed", "changed", "layers", "model")
    told = [(key, tab.result[key]) for key in keys if key in tab.result]
    state, history, link = tab.state, tab.page.evaluate("playground.history"), tab.page.url
    tab.page.evaluate(
        "window.ways = []; playground.addEventListener('statechange', ({ detail }) => ways.push(detail.model))"
    )

    shown("the worker dies", ended(tab))
    assert tab.page.locator("[data-root=recipe]").get_attribute("inert") is not None
    is_back(tab)
    assert tab.state == state and tab.page.url == link
    assert set(tab.page.evaluate("ways")) == {state["model"]}, "it went another way to the same State"
    tab.page.wait_for_function(pinned)  # what was said of experiments comes behind the State
    again = tab.page.evaluate("playground.history")
    drop = ("facts",)  # times may differ
    assert [{k: v for k, v in row.items() if k not in drop} for row in again] == [
        {k: v for k, v in row.items() if k not in drop} for row in history
    ]
    for key, value in told:
        mine = tab.result[key]
        if isinstance(value, dict):
            value, mine = ({k: v for k, v in each.items() if "latency" not in k} for each in (value, mine))
        assert mine == value, key
    # What is painted anew is alive.
    before = tab.result["compressed"]["score"]
    slider(tab, "quantize").focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_function(f"playground.result.compressed.score !== {before}")
    assert tab.set(model="digits-mlp")["model"] == "digits-mlp"
    assert any(row["label"] for row in tab.page.evaluate("playground.history"))
    assert tab.said == []


def test_what_is_stuck_is_told_and_may_be_given_up(new_tab):
    tab = new_tab().open("?v=1&recipe=prune,sparsity:0.7")
    state = tab.state
    tab.page.workers[0].evaluate(STUCK)
    asked = tab.page.evaluate_handle(
        "() => ({ answer: playground.set({ view: 'layers' }).catch(({ message }) => message) })"
    )
    tab.page.wait_for_selector(SAID.format("has not answered"))
    tab.page.click("#anew")
    shown("the worker is stuck and given up", asked.evaluate("asked => asked.answer"))
    is_back(tab)
    assert tab.state == state and tab.page.is_hidden("#anew")
    # What dies again and again is not started for ever.
    for _ in range(2):
        ended(tab)
        is_back(tab)
    shown("the worker dies a third time within a minute", ended(tab))
    assert tab.page.is_visible("#retry")
    tab.page.click("#retry")
    tab.page.wait_for_function("window.playground !== undefined")
    tab.page.evaluate("playground.ready")
    assert tab.state == state


def test_a_crash_of_onnxruntime_is_the_end_of_it(new_tab):
    tab = new_tab()
    tab.page.route(
        "**/ort-bridge.js", lambda route: route.fulfill(body=with_trap(route.fetch().text()), content_type=SCRIPT)
    )
    tab.open()
    tab.page.workers[0].evaluate("self.traps = true")
    # It may also be what goes on behind that meets the trap, and then this is answered once it is back.
    ask = "change => ({ answer: playground.set(change).catch(() => {}) })"
    asked = tab.page.evaluate_handle(ask, {"recipe": [{"technique": "quantize", "bits": 2}]})
    tab.page.wait_for_selector(SAID.format("broken down"))
    shown("onnxruntime crashes", tab.page.inner_text("#error-text"))
    asked.evaluate("asked => asked.answer")
    is_back(tab)
    assert tab.set(recipe=[{"technique": "quantize", "bits": 3}])["changed"]["count"] >= 0


def test_the_opening_of_a_large_file_is_seen_and_cancelled(new_tab, tmp_path):
    tab = new_tab().open("?v=1&recipe=prune,sparsity:0.7")
    state = tab.state
    file = tmp_path / "deep.onnx"
    file.write_bytes(mlp((8,) * 3001))
    tab.page.set_input_files("#files", file)
    tab.page.wait_for_selector("#progress:not([hidden]) >> text=Opening the file")
    tab.page.click("#cancel")
    is_back(tab)
    assert tab.state == state and tab.set(view="bytes")["model"] == state["model"]
    assert tab.said == []
