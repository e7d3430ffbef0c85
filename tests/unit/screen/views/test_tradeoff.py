from dataclasses import replace

import numpy as np

from app.results.scene import Scene
from app.screen.views import experiments, tradeoff
from app.state.choices import Budget
from app.state.state import State
from tests.made.results import experiment, result, scene


def test_sizes_are_in_kilobytes_and_every_experiment_is_there():
    it = tradeoff.data(scene(tried=5, ratio=10))
    model = result().model
    assert it["baseline"][0] == len(model.onnx) / 1000
    assert it["compressed"][0] == int(len(model.onnx) / 10) / 1000
    assert len(it["sizes"]) == len(it["scores"]) == 6
    assert it["budget"] == (None, None)


def test_the_budget_is_the_states():
    state = State("digits-mlp", budget=Budget(30_000, 0.95))
    assert tradeoff.data(scene(state=state))["budget"] == (30.0, 0.95)


def test_the_frontier_holds_what_no_smaller_experiment_equals():
    sizes = np.array([3.0, 1.0, 2.0, 2.0, 5.0, 4.0])
    scores = np.array([0.8, 0.5, 0.8, 0.7, 0.9, 0.6])
    assert experiments.frontier(sizes, scores).tolist() == [1, 2, 4]
    assert experiments.frontier(np.array([]), np.array([])).tolist() == []


def test_every_score_is_on_the_axis_and_the_better_one_is_higher():
    it = tradeoff.data(scene(tried=5))
    bottom, top = it["ends"]
    now, low, high = it["new heights"]
    assert bottom < low < now < high < top and now < it["old height"] < top
    assert bottom < it["marks"][0] == 0 and (np.argsort(it["heights"]) == np.argsort(it["scores"])).all()


def test_ranges_stay_until_a_size_lies_outside():
    assert experiments.limits(200, np.array([6.0])) == experiments.limits(200, np.array([150.0])) == (5, 260)
    low, high = experiments.limits(200, np.array([3.0, 400.0]))
    assert low < 3 and high > 400


def test_the_answer_in_words():
    state = State("digits-mlp", budget=Budget(10_000, 0.9))
    words = tradeoff.text(scene(ratio=10, state=state))
    assert words.startswith(
        "20.3 kB instead of 203 kB, 95.8 % accuracy instead of 97.5 % (95 % interval 93.2 % to 97.5 %)"
    )
    assert "The difference is more than chance: −3.3 points to ±0 points." in words
    assert "over the budget" in words and "accuracy is within the budget" in words
    assert "is within chance: −1.0 points to +0.5 points." in tradeoff.text(scene(broken=1, fixed=0, other=0))


def test_what_is_not_compressed_is_not_compared_with_itself():
    shown = scene()
    same = replace(shown, held=True, result=replace(shown.result, compressed=shown.result.baseline))
    assert tradeoff.text(same).startswith("Uncompressed: 203 kB, 97.5 % accuracy (95 % interval")


def test_the_table_lists_the_baseline_and_all_experiments():
    shown = scene(tried=2)
    *_, last = shown.history
    named = replace(last, name="mine", note="the best", pinned="B")
    rows = tradeoff.table(replace(shown, history=(*shown.history[:-1], named))).rows
    assert rows[0] == ("baseline", len(shown.result.model.onnx), 0.975, 0, "")
    assert [str(row[0]) for row in rows[1:]] == ["B: mine (seed 0)", "seed 1", "seed 0"], "the newest first"
    assert rows[1][1:] == (last.size_bytes, round(last.score, 4), last.changed, "the best")


def test_what_is_pinned_has_its_letter_where_its_dot_is_and_most_plots_know_of_none():
    drawing = tradeoff.VIEW.build(lambda change: None)
    shown = scene(tried=2)
    drawing.draw(shown)
    before = len(drawing.root.references())
    first, second, *rest = shown.history
    drawing.draw(replace(shown, history=(replace(first, pinned="B"), replace(second, pinned="A"), *rest)))
    assert len(drawing.root.references()) > before
    assert letters(drawing) == {"x": [first.size_bytes / 1000, second.size_bytes / 1000], "text": ["B", "A"]}
    drawing.draw(shown)
    assert letters(drawing) == {"x": [], "text": []}


def letters(drawing):
    """Where the letters of pins stand, and which they are: they are drawn last."""
    data = drawing.root.children[0].renderers[-1].data_source.data
    return {"x": data["x"], "text": data["text"]}


def test_a_tap_restores_an_experiment_but_not_its_view_nor_its_budget():
    acts = []
    drawing = tradeoff.VIEW.build(acts.append)
    shown = result()
    old = experiment(replace(shown.state, seed=7, view="layers", budget=Budget(1000)), 0.9, 5000)
    drawing.draw(Scene(shown, (old,)))
    tried = next(r.data_source for r in drawing.root.children[0].renderers if len(r.data_source.data.get("label", ())))
    tried.selected.indices = [0]
    restored = {"model": "digits-mlp", "recipe": [], "layers": {}, "effort": "post_training", "seed": 7}
    assert acts == [{**restored, "threshold": None, "prepare": {}}]
    assert tried.selected.indices == []
