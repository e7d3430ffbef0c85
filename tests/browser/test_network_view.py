"""The view of the network in the page: it follows a drag, knows what is under the pointer, a click chooses a layer."""

import time

import pytest

LIVE = ("digits-mlp", "spirals")  # of which what layers say follows each move
SOURCES = """kind => {
    const all = Bokeh.documents.flatMap((doc) => [...doc.all_models])
    const found = all.filter((model) => model.type === "ColumnDataSource")
    return found.filter((model) => kind.every((name) => name in model.data)).map((model) => model.data[kind[0]].length)
}"""


def lines(tab) -> int:
    """How many lines stand for weights."""
    return max(tab.page.evaluate(SOURCES, ["x0", "width", "alpha"]), default=0)


@pytest.mark.parametrize("model", LIVE)
def test_errors_of_outputs_are_told_while_the_view_is_open(shared_tab, model):
    result = shared_tab.set(model=model, view="network", recipe=[{"technique": "quantize", "bits": 3}])
    told = [layer["output_sqnr_db"] for layer in result["layers"]]
    assert len(told) == 3 and all(0 < each < 50 for each in told)
    assert " dB." in shared_tab.page.inner_text("[data-root=view-text] >> css=p")
    elsewhere = shared_tab.set(view="layers")
    assert [layer["output_sqnr_db"] for layer in elsewhere["layers"]] == [None] * 3


def test_lines_go_as_a_slider_moves(shared_tab):
    tab = shared_tab
    tab.set(model="spirals", view="network", recipe=[{"technique": "prune", "sparsity": 0.5}])
    before = lines(tab)
    handle = tab.page.locator("[data-root=recipe] .prune .noUi-handle").first
    handle.focus()
    for _ in range(5):
        tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_function("playground.state.recipe[0].sparsity > 0.53")
    tab.drawn()
    after = lines(tab)
    assert before == 592 and after == round(1184 * (1 - tab.state["recipe"][0]["sparsity"]))


def test_the_pointer_is_told_and_a_click_chooses_the_layer(new_tab):
    tab = new_tab().open("?v=1&model=digits-mlp&recipe=prune&view=network")
    tab.drawn()
    place = tab.page.locator("[data-root=view-network]").bounding_box()
    # The second column of cards: fc1 stands to the left of it, fc2 to the right.
    middle = place["x"] + 0.5 * place["width"], place["y"] + 60
    tab.page.mouse.move(*middle)
    tab.page.mouse.move(middle[0] + 1, middle[1])
    deadline = time.monotonic() + 20
    while not max(tab.page.evaluate(SOURCES, ["text", "side"]), default=0):
        assert time.monotonic() < deadline, "nothing is said of what is under the pointer"
        tab.page.wait_for_timeout(100)
    tab.page.mouse.click(*middle)
    tab.page.wait_for_function("playground.state.layer === 'fc2'")
    assert tab.said == []


def test_the_view_is_hardly_slower_than_another(shared_tab):
    """Medians of moves in turn, of the file alone and of all that is drawn."""
    tab = shared_tab
    times = {"layers": [], "network": []}
    for turn in range(3):
        for view, into in times.items():
            tab.set(model="digits-mlp", view=view, recipe=[{"technique": "prune", "sparsity": 0.5}])
            for i in range(12):
                sparsity = round(0.3 + 0.013 * i + 0.004 * turn + (0.001 if view == "network" else 0), 4)
                began = time.monotonic()
                tab.set(recipe=[{"technique": "prune", "sparsity": sparsity}])
                into.append(time.monotonic() - began)
    median = {view: sorted(each)[len(each) // 2] for view, each in times.items()}
    print(median)
    assert median["network"] < 2.5 * median["layers"]  # a busy machine; the bench holds 1.5
