"""The curve of the slider in hand, in the page: there at once, soon after a drag, and true to the byte."""

# Where the points of the curve stand, and what they say when one points at them.
CURVE = """() => {
  const sources = [...Bokeh.documents[0].all_models].filter((model) => model.type === "ColumnDataSource");
  const said = (source) => [...(source.data.label ?? [])];
  const found = sources.find((source) => said(source).some((label) => /^(Prune|Palettize) /.test(label)));
  return found ? { x: [...found.data.x], y: [...found.data.y], label: said(found) } : null;
}"""


def drag(tab, technique, by):
    box = tab.page.locator(f"[data-root=recipe] .{technique} .noUi-handle").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tab.page.mouse.move(x, y)
    tab.page.mouse.down()
    for step in range(5):
        tab.page.mouse.move(x + by * step / 4, y)
    tab.page.mouse.up()


def test_it_is_painted_before_python_and_stays(new_tab):
    tab = new_tab()
    tab.page.route("**/pyodide/*.wasm", lambda route: None)  # never answered: Python does not come
    tab.open(live=False)
    tab.page.wait_for_selector("[data-root=figures] >> text=/of 360/")
    tab.page.wait_for_function("window.Bokeh?.documents[0]")
    stored = tab.page.evaluate(CURVE)
    assert len(stored["x"]) >= 15
    live = new_tab().open()
    live.page.wait_for_timeout(1500)
    assert live.page.evaluate(CURVE) == stored, "nothing jumps"


def test_it_comes_soon_after_a_slider_is_let_go(new_tab):
    tab = new_tab().open()
    for technique, lowest in (("palettize", "Palettize 1 bit"), ("prune", "Prune 0 %")):
        drag(tab, technique, 60)
        # The ends come first; a machine that is slow enough stops before it has all.
        tab.page.wait_for_function(f"() => ({CURVE})()?.label[0].startsWith('{lowest}: ')")
    assert tab.said == []


def test_its_points_are_what_each_strength_gives_when_it_is_set(shared_tab):
    tab = shared_tab
    recipe = [{"technique": "prune", "sparsity": 0.5}, {"technique": "palettize", "bits": 3}]
    tab.set(model="digits-mlp", recipe=recipe)
    points = tab.page.evaluate("playground.curve('palettize', 'bits')")
    assert [point["value"] for point in points] == list(range(1, 9))
    for point in points:
        result = tab.set(recipe=[recipe[0], {"technique": "palettize", "bits": point["value"]}])
        now = result["compressed"]
        assert (now["score"], now["bytes"]) == (point["score"], point["bytes"]) and len(tab.model_bytes()) == point[
            "bytes"
        ]
        assert result["changed"]["count"] == point["changed"]


def test_a_curve_of_what_is_no_number_is_refused_in_words(shared_tab):
    said = shared_tab.page.evaluate("playground.curve('repair', 'effort').catch((error) => error.message)")
    assert "repair has no slider 'effort'" in said
