"""Other models than the one of the Result: the one that is on its way, and the one to compare with."""

import asyncio
from dataclasses import replace

import pytest
from bokeh.models import Scatter

from app import store as stores
from app.results.scene import Baseline, Other, Scene
from app.screen.captions import answer_html
from app.screen.figures import figures_html
from app.screen.views import predictions, tradeoff
from app.state import link
from app.state.reading import comparable
from app.state.state import DEFAULT, State
from app.state.wording import described
from app.store import Store
from tests.made.results import experiment, result, scene
from tests.made.slow import Slow, prune, result_of
from tests.made.waiting import until
from tests.unit.screen.test_compose import shown

SPIRALS = result("spirals")
KNOWN = {"spirals": Baseline.of(SPIRALS.model, SPIRALS.baseline)}
CNN = result("digits-cnn")
RIVAL = Other(
    Baseline.of(CNN.model, CNN.baseline),
    tuple(
        experiment(State("digits-cnn", seed=i), 0.99 - i / 50, size) for i, size in enumerate((50_000, 9_000, 2_000))
    ),
)


def connected(**known):
    """A store that knows baselines, its pipeline, and the scenes it shows."""
    store, slow, scenes = Store(result_of(DEFAULT), described, known), Slow(), []
    store.on_scene(scenes.append)
    store.connect(slow)
    return store, slow, scenes


def test_the_baseline_of_a_chosen_model_is_shown_before_anything_runs():
    async def choose():
        store, slow, scenes = connected(**KNOWN)
        store.change({"model": "spirals"})
        await until(lambda: scenes)
        at_once = list(scenes)
        slow.leave.release()
        await store.settled()
        store.change(prune(0.3))
        slow.leave.release()
        await store.settled()
        store.change({"model": "digits-mlp"})
        await until(lambda: scenes[-1].coming)
        return at_once, scenes

    (first,), scenes = asyncio.run(choose())
    assert first.coming == Other(KNOWN["spirals"]) and first.result.model.id == "digits-mlp"
    assert scenes[1].coming is None and scenes[1].result.model.id == "spirals"
    assert scenes[-1].coming.baseline.id == "digits-mlp" and len(scenes[-1].coming.history) == 1


@pytest.mark.parametrize("soon", [True, False])
def test_the_plots_show_a_model_on_its_way_only_if_it_takes_long(monkeypatch, soon):
    monkeypatch.setattr(stores, "SOON", 60 if soon else 0)

    async def choose():
        store, slow, scenes = connected(**KNOWN)
        store.change({"model": "spirals"})
        await until(lambda: len(scenes) == (1 if soon else 2))
        slow.leave.release()
        await store.settled()
        return [(scene.coming is not None, scene.waited) for scene in scenes]

    between = [] if soon else [(True, True)]
    assert asyncio.run(choose()) == [(True, False), *between, (False, False)]
    store = Store(result(), lambda state: "tried", KNOWN)
    document, roots = shown(store)
    store._show(Scene(result(), coming=Other(KNOWN["spirals"]), waited=not soon))
    assert roots["view-tradeoff"].styles["opacity"] == ("0.3" if soon else "1")


def test_a_result_that_is_late_does_not_hide_the_model_on_its_way():
    async def choose():
        store, slow, scenes = connected(**KNOWN)
        store.change(prune(0.3))
        await until(lambda: slow.asked)
        store.change({"model": "spirals"})
        slow.leave.release()
        await until(lambda: scenes and scenes[-1].result.state.recipe == store.state.recipe)
        return scenes

    scenes = asyncio.run(choose())
    assert scenes[-1].result.state.recipe == DEFAULT.merged(prune(0.3)).recipe and scenes[-1].coming


def test_a_model_that_cannot_be_compressed_so_is_no_longer_on_its_way(monkeypatch):
    monkeypatch.setattr(stores, "SOON", 0.2)

    async def fail():
        store, slow, scenes = connected(**KNOWN)
        slow.refuse = store.state.merged({"model": "spirals"})
        store.change({"model": "spirals"})
        await until(lambda: scenes)
        slow.leave.release()
        await store.settled()
        later = asyncio.Event()
        asyncio.get_running_loop().call_later(2 * stores.SOON, later.set)  # after what shows it in the plots
        await later.wait()
        return scenes

    assert [bool(scene.coming) for scene in asyncio.run(fail())] == [True, False]


def test_what_is_measured_here_takes_the_place_of_the_stored_baseline():
    async def choose():
        store, slow, scenes = connected(**KNOWN)
        for model in ("spirals", "digits-mlp", "spirals"):
            scenes.clear()
            store.change({"model": model})
            await until(lambda: scenes)
            slow.leave.release()
            await store.settled()
        return scenes[0].coming.baseline

    assert asyncio.run(choose()).score == result_of(State("spirals")).baseline.score != KNOWN["spirals"].score


def test_the_four_figures_and_the_plot_of_what_is_on_its_way():
    then = scene(tried=3)
    then = replace(then, coming=Other(KNOWN["spirals"]))
    html = figures_html(then)
    assert "<b>98.5</b> %" in html and "<b>5.5</b> kB" in html and html.count("<b>…</b>") == 2 and "of 600" in html
    it = tradeoff.data(then)
    assert it["baseline"] == (5.464, KNOWN["spirals"].score) and it["compressed"] is None and len(it["sizes"]) == 0
    assert tradeoff.text(then) == "Spirals: tiny MLP uncompressed: 5.5 kB, 98.5 % accuracy."
    assert [row[0] for row in tradeoff.table(then).rows] == ["baseline"]
    assert "Spirals: tiny MLP is on its way." in answer_html(predictions.VIEW, then)


def test_what_still_shows_the_model_before_steps_back():
    store = Store(result(), lambda state: "tried", KNOWN)
    document, roots = shown(store)
    sample = roots["answers"]
    store.change({"model": "spirals", "view": "predictions"})
    assert 'class="answers late"' in sample.text and float(roots["view-predictions"].styles["opacity"]) < 0.5
    store._show(Scene(SPIRALS))
    assert "late" not in sample.text and roots["view-predictions"].styles["opacity"] == "1"


def drawn(*scenes):
    """The trade-off plot after these scenes."""
    drawing = tradeoff.VIEW.build(lambda change: None)
    for each in scenes:
        drawing.draw(each)
    return drawing.root.children[0]


def diamonds(plot):
    return [each for each in plot.renderers if isinstance(each.glyph, Scatter) and each.glyph.marker == "diamond"]


def test_the_rival_is_in_the_plot_in_outlines_and_named():
    alone, both = scene(tried=2), replace(scene(tried=2), rival=RIVAL)
    assert diamonds(drawn(alone)) == []
    plot = drawn(alone, both)
    tried, baseline = diamonds(plot)
    assert list(tried.data_source.data["x"]) == [50, 9, 2] and list(baseline.data_source.data["text"]) == [
        RIVAL.baseline.label
    ]
    assert all(each.glyph.fill_alpha == 0 for each in (tried, baseline))
    assert all(RIVAL.baseline.label in label for label in tried.data_source.data["label"])
    low, high = plot.x_range.start, plot.x_range.end
    assert low < 2 and high > RIVAL.baseline.size_bytes / 1000
    tried, baseline = diamonds(drawn(both, alone))
    assert len(tried.data_source.data["x"]) == len(baseline.data_source.data["x"]) == 0


def test_all_sources_have_columns_of_one_length():
    many = [scene(tried=2), replace(scene(tried=2), rival=RIVAL), Scene(result(), coming=Other(KNOWN["spirals"])),
            Scene(result(), rival=Other(RIVAL.baseline))]  # fmt: skip
    for each in many:
        for renderer in drawn(each).renderers:
            assert len({len(column) for column in renderer.data_source.data.values()}) == 1


def test_words_and_table_tell_both():
    both = replace(scene(tried=1, ratio=10), rival=RIVAL)
    assert f"{RIVAL.baseline.label} uncompressed: 113 kB, 97.5 % accuracy." in tradeoff.text(both)
    assert "no larger than this file: seed 1: 9.0 kB, 97.0 %." in tradeoff.text(both)
    rows = [str(row[0]) for row in tradeoff.table(both).rows]
    assert rows[0] == "baseline" and rows[3:] == [
        f"{RIVAL.baseline.label}: {x}" for x in ("baseline", "seed 2", "seed 1", "seed 0")
    ]


def test_a_tap_on_the_rival_goes_over_to_it():
    changes = []
    drawing = tradeoff.VIEW.build(changes.append)
    drawing.draw(replace(scene(), rival=RIVAL))
    diamonds(drawing.root.children[0])[0].data_source.selected.indices = [1]
    (change,) = changes
    assert change["model"] == "digits-cnn" and change["seed"] == 1
    after = State("digits-mlp", compare="digits-cnn").merged(change)
    assert (after.model, after.compare) == ("digits-cnn", "digits-mlp")


def test_only_models_of_the_same_metric_are_compared():
    assert "digits-cnn" in comparable("digits-mlp") and "digits-mlp" not in comparable("digits-mlp")
    state = State("digits-mlp", compare="digits-cnn")
    assert link.decode(link.encode(state))[0].compare == state.to_json()["compare"] == "digits-cnn"
    assert state.merged({"model": "spirals"}).compare == "digits-cnn"
    for wrong in ("digits-mlp", "nothing", 3, "tracker"):
        with pytest.raises(ValueError, match="cannot be compared"):
            state.merged({"compare": wrong})
    assert state.merged({"model": "tracker"}).compare == "" == state.merged({"compare": ""}).compare


def test_the_rival_of_a_scene_is_what_is_known_or_can_be_found_out():
    async def compare():
        store, slow, scenes = connected(**KNOWN)
        slow.baseline = lambda id, watch: asyncio.sleep(0, replace(KNOWN["spirals"], id=id))
        for change in ({"compare": "spirals"}, {"compare": "digits-cnn"}, {"compare": ""}):
            slow.leave.release()
            store.change(change)
            await store.settled()
        return scenes

    assert [scene.rival and scene.rival.baseline.id for scene in asyncio.run(compare())] == [
        "spirals",
        "digits-cnn",
        None,
    ]


def set_from_page(document, model, value):
    change = {"kind": "ModelChanged", "model": model.ref, "attr": "value", "new": value}
    document.apply_json_patch({"events": [change]})


def test_the_menu_lists_what_can_be_compared_and_itself_means_none():
    store = Store(result(), lambda state: "tried")
    document, roots = shown(store)
    menu = roots["compare"]
    values = {label: value for value, label in menu.options}
    assert next(iter(values)) == "no other model" and menu.visible and not menu.disabled
    set_from_page(document, menu, values[CNN.model.label])
    assert store.state.compare == "digits-cnn"
    options = menu.options
    set_from_page(document, menu, values[store.scene.result.model.label])
    assert store.state.compare == "" and menu.value == values["no other model"]
    store.change({"model": "spirals", "view": "predictions"})
    assert menu.options == options and not menu.visible
