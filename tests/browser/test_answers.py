"""The answers by groups and the layers alone, in the page: chosen by a press, live, and true to the byte."""

PRUNED = [{"technique": "prune", "sparsity": 0.9}]


def pressed(tab, label):
    tab.page.get_by_role("button", name=label, exact=True).click()
    tab.drawn()


def said(tab):
    return tab.page.inner_text("[data-root=view-text] >> css=p")


def test_groups_are_a_press_away_and_in_the_link(shared_tab):
    tab = shared_tab
    result = tab.set(model="digits-mlp", recipe=PRUNED, view="predictions", by="")
    worst = min(result["groups"], key=lambda group: group["change"])
    right, n = round(worst["score"] * worst["n"]), worst["n"]
    words = f"{worst['name']} suffers most: {right} of {n} instead of {round(worst['baseline'] * n)}."
    assert words in said(tab)
    pressed(tab, "by class")
    assert said(tab).startswith(words) and tab.state["by"] == "class" and "by=class" in tab.page.url
    for label, start in (
        ("confusion", "is taken for"),
        ("calibration", "expected calibration error"),
        ("samples", "Most"),
    ):
        pressed(tab, label)
        assert start in said(tab)
    pressed(tab, "filter")
    tab.page.locator("[data-root=view-predictions] select").first.select_option(label="fixed")
    tab.page.wait_for_function("document.querySelector('[data-root=view-predictions]')")
    tab.page.get_by_text(f"{result['changed']['fixed']} of {result['changed']['count']} that changed").wait_for()
    pressed(tab, "filter")


def test_each_layer_alone_is_measured_and_the_worst_left_alone(shared_tab):
    tab = shared_tab
    tab.set(model="spirals", recipe=PRUNED, layers={}, view="layers", by="sensitivity")
    tab.page.get_by_text("Each layer was compressed alone.").wait_for()
    trials = tab.page.evaluate("playground.sensitivity()")
    assert [trial["layer"] for trial in trials] == ["fc1", "fc2", "fc3"]
    worst = min(trials, key=lambda trial: trial["score"])
    assert f"{worst['layer']} is most sensitive" in said(tab)
    pressed(tab, f"leave {worst['layer']} alone")
    assert tab.state["layers"] == {worst["layer"]: {"skip": True}}
    others = {trial["layer"]: {"prune": False} for trial in trials if trial is not worst}
    alone = tab.set(layers=others)["compressed"]
    assert (alone["score"], alone["bytes"]) == (worst["score"], worst["bytes"])
    tab.set(layers={}, by="", view="tradeoff")
