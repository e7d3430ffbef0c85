"""The store: newest wins, errors keep the picture, histories belong to models."""

import asyncio
from dataclasses import replace

import pytest

from app import store as stores
from app.pipeline import beside
from app.pipeline.fetching import NotFetched
from app.state.state import DEFAULT
from app.state.wording import described
from app.store import Store
from tests.made.slow import Slow, prune, result_of
from tests.made.waiting import until


@pytest.fixture(autouse=True)
def no_curve(monkeypatch):
    """Nothing is computed behind the person's back but what a test asks for."""
    monkeypatch.setattr(beside, "CURVED", "")


def connected() -> tuple[Store, Slow, list]:
    store, slow, scenes = Store(result_of(DEFAULT), described), Slow(), []
    store.on_scene(scenes.append)
    store.connect(slow)
    return store, slow, scenes


def test_states_between_are_never_computed():
    async def drag():
        store, slow, scenes = connected()
        for sparsity in (0.1, 0.2, 0.3, 0.4):
            store.change(prune(sparsity), transient=True)
            await until(lambda: slow.asked)
        slow.leave.release()
        slow.leave.release()
        await store.settled()
        return slow, scenes

    slow, scenes = asyncio.run(drag())
    assert [dict(state.recipe[0].params)["sparsity"] for state in slow.asked] == [0.1, 0.4]
    assert [scene.result.state for scene in scenes] == slow.asked


def test_an_error_is_told_and_the_picture_stays():
    async def fail():
        store, slow, scenes = connected()
        said = []
        store.on_error(said.append)
        slow.refuse = store.state.merged(prune(0.5))
        store.change(prune(0.5))
        slow.leave.release()
        await store.settled()
        return store, scenes, said

    store, scenes, said = asyncio.run(fail())
    assert said == ["this cannot be computed"] and scenes == []
    assert store.scene.result.state == DEFAULT
    assert dict(store.state.recipe[0].params)["sparsity"] == 0.5, "what was typed is not lost"


def test_who_sets_what_cannot_be_computed_is_told_and_the_next_one_is_not():
    async def fail():
        store, slow, scenes = connected()
        slow.refuse = store.state.merged(prune(0.5))
        slow.leave.release()
        with pytest.raises(ValueError, match="this cannot be computed"):
            await store.set(prune(0.5))
        chosen = store.state
        slow.leave.release()
        assert (await store.set(prune(0.4))).state == store.state
        slow.refuse = None
        slow.leave.release()
        assert (await store.set(prune(0.5))).state == chosen, "it may work the next time"
        return chosen, scenes

    chosen, scenes = asyncio.run(fail())
    assert dict(chosen.recipe[0].params)["sparsity"] == 0.5 and len(scenes) == 2


def test_what_cannot_be_computed_and_is_not_wanted_any_more_gives_what_is_on_screen():
    async def overtaken():
        store, slow, _ = connected()
        slow.refuse = store.state.merged(prune(0.5))
        late = asyncio.ensure_future(store.set(prune(0.5)))
        await until(lambda: slow.asked)
        store.change(prune(0.4))
        slow.leave.release()
        slow.leave.release()
        return slow, await late, store.state

    slow, result, state = asyncio.run(overtaken())
    assert slow.asked == [slow.refuse, state] and result.state == state


def test_a_model_that_is_not_there_after_all_is_told_to_who_set_it():
    async def fail():
        store, slow, _ = connected()
        slow.refuse, slow.error = store.state.merged({"model": "spirals"}), NotFetched("it could not be fetched")
        slow.leave.release()
        slow.leave.release()
        with pytest.raises(ValueError, match="could not be fetched"):
            await store.set({"model": "spirals"})
        return store

    assert asyncio.run(fail()).state == DEFAULT, "so that it can be chosen again"


def test_an_invalid_change_leaves_the_state():
    async def refuse():
        store, _, _ = connected()
        with pytest.raises(ValueError, match="choose 0 to"):
            store.change(prune(7))
        with pytest.raises(ValueError, match="too large"):
            await store.set({"sample": 5000})
        return store

    assert asyncio.run(refuse()).state == DEFAULT


def test_what_is_chosen_before_the_runtime_is_up_is_computed_then():
    async def early():
        store, slow = Store(result_of(DEFAULT), described), Slow()
        store.change(prune(0.2))
        slow.leave.release()
        store.connect(slow)
        await store.settled()
        return store

    assert dict(asyncio.run(early()).scene.result.state.recipe[0].params)["sparsity"] == 0.2


def test_each_model_has_its_own_history_without_repeats():
    async def wander():
        store, slow, scenes = connected()
        for change in ({"model": "spirals"}, prune(0.3), {"model": DEFAULT.model}, prune(0.4), prune(0.3), prune(0.4)):
            slow.leave.release()
            await store.set(change)
        return scenes

    scenes = asyncio.run(wander())
    last = scenes[-1]
    assert {experiment.state.model for experiment in last.history} == {DEFAULT.model}
    recipes = [experiment.state.recipe for experiment in last.history]
    assert len(recipes) == len(set(recipes)), "an experiment that is repeated stands once"


def test_what_a_drag_passes_through_is_no_experiment():
    async def drag():
        store, slow, scenes = connected()
        for sparsity in (0.1, 0.2, 0.3):
            slow.leave.release()
            store.change(prune(sparsity), transient=True)
            await store.settled()
        during = len(store.scene.history)
        slow.leave.release()
        store.change(prune(0.3))
        await store.settled()
        return during, [dict(each.state.recipe[0].params)["sparsity"] for each in store.scene.history]

    during, tried = asyncio.run(drag())
    assert during == 1 and tried[1:] == [0.3], "the State at the start, and where it came to rest"


class Partial(Slow):
    """Runs a part of the samples wherever that will do."""

    async def result(self, state, watch):
        return replace(await super().result(state, watch), partial_of=360 if watch.part else None)


def test_a_drag_is_drawn_with_a_part_of_the_samples_and_whole_once_it_rests(monkeypatch):
    monkeypatch.setattr(stores, "REST", 0.01)

    async def drag():
        store, slow, scenes = Store(result_of(DEFAULT), described), Partial(), []
        store.on_scene(scenes.append)
        store.connect(slow)
        store.change(prune(0.1), transient=True)
        slow.leave.release()
        await store.answered()
        first, pending = store.scene.result.partial_of, asyncio.create_task(store.settled())
        await until(lambda: len(slow.asked) == 2)
        assert not pending.done(), "who waits for the Result waits for the whole of it"
        slow.leave.release()
        await pending
        assert len(store.history.of(store.state.model)) == 1, "a drag that rests is no experiment yet"
        store.change(prune(0.2))
        slow.leave.release()
        await store.settled()
        return first, [scene.result.partial_of for scene in scenes]

    assert asyncio.run(drag()) == (360, [360, None, None]), "what is no drag is whole at once"


def test_a_drag_that_goes_on_is_not_drawn_whole_between():
    async def drag():
        store, slow = Store(result_of(DEFAULT), described), Partial()
        store.connect(slow)
        for sparsity in (0.1, 0.2, 0.3):
            store.change(prune(sparsity), transient=True)
            slow.leave.release()
            await store.answered()
        store.change(prune(0.3))
        slow.leave.release()
        await store.settled()
        return [dict(state.recipe[0].params)["sparsity"] for state in slow.asked], store.scene.result.partial_of

    assert asyncio.run(drag()) == ([0.1, 0.2, 0.3, 0.3], None)


def test_holding_shows_the_baseline_and_keeps_the_state():
    async def hold():
        store, slow, scenes = connected()
        slow.leave.release()
        store.hold(True)
        await store.settled()
        slow.leave.release()
        store.hold(False)
        await store.settled()
        return store, scenes

    store, (held, back) = asyncio.run(hold())
    assert held.held and held.result.state.recipe == ()
    assert not back.held and back.result.state == store.state == DEFAULT
    assert len(back.history) == 1, "looking at the baseline is not an experiment"


def test_holding_a_pin_shows_its_experiment_and_keeps_the_state():
    async def hold():
        store, slow, scenes = connected()
        slow.leave.release()
        await store.set(prune(0.2))
        store.mark(DEFAULT.compression, {"pinned": "B"})
        scenes.clear()
        for held, pin in ((True, "A"), (True, "B"), (True, ""), (False, "B"), (False, "")):
            slow.leave.release()
            store.hold(held, pin)
            await store.settled()
        return store, scenes

    store, (pinned, baseline, back) = asyncio.run(hold())
    assert pinned.pin == "B" and not pinned.held and pinned.result.state.compression == DEFAULT.compression
    assert baseline.held and not baseline.pin, "the key that is pressed last; nothing is pinned as A"
    assert not back.held and back.result.state == store.state == DEFAULT.merged(prune(0.2))
    assert len(back.history) == 2


def test_what_is_said_of_an_experiment_is_shown_at_once():
    store = Store(result_of(DEFAULT), described)
    scenes, told = [], []
    store.on_scene(scenes.append)
    store.on_experiment(lambda experiment, there: told.append((experiment.name, there)))
    store.mark(DEFAULT.compression, {"name": "mine"})
    assert [each.name for each in scenes[-1].history] == ["mine"] and told == [("", True), ("mine", True)]
    with pytest.raises(ValueError, match="not been tried"):
        store.mark(DEFAULT.merged(prune(0.2)).compression, {"name": "mine"})


def test_long_work_is_given_up_for_a_newer_state_and_short_work_is_not(monkeypatch):
    async def drag():
        store, slow, scenes = connected()
        store.change(prune(0.1), transient=True)
        await until(lambda: slow.asked)
        store.change(prune(0.2), transient=True)
        slow.leave.release()
        slow.leave.release()
        await store.settled()
        return [dict(scene.result.state.recipe[0].params)["sparsity"] for scene in scenes]

    assert asyncio.run(drag()) == [0.1, 0.2]
    monkeypatch.setattr(stores, "PATIENCE", 0)
    assert asyncio.run(drag()) == [0.2]


def test_long_work_reports_and_can_be_cancelled(monkeypatch):
    monkeypatch.setattr(stores, "LONG", 0)
    monkeypatch.setattr(stores, "PATIENCE", 0)

    async def cancel():
        store, slow, scenes = connected()
        said = []
        store.on_progress(lambda share, words: said.append((share, words)))
        store.cancel()  # nothing to give up
        store.change({**prune(0.1), "view": "weights"})
        await until(lambda: slow.asked)
        store.cancel()
        slow.leave.release()
        slow.leave.release()
        await store.settled()
        return store, scenes, said

    store, scenes, said = asyncio.run(cancel())
    assert [scene.result.state for scene in scenes] == [store.state] and store.state.recipe == DEFAULT.recipe
    assert store.state.view == "weights", "what does not compute stays chosen"
    assert said == [(0.5, "half way"), (None, "")] * 2


def test_a_mistake_of_ours_is_said_and_nobody_waits_for_ever(capsys):
    async def fail():
        store, slow, scenes = connected()
        said = []
        store.on_error(said.append)
        slow.refuse, slow.error = store.state.merged(prune(0.3)), KeyError("LowRank")
        slow.leave.release()
        with pytest.raises(ValueError, match="KeyError"):
            await asyncio.wait_for(store.set(prune(0.3)), 5)
        shown = store.scene.result.state
        slow.leave.release()
        await asyncio.wait_for(store.set(prune(0.4)), 5)
        return said, shown, scenes

    said, shown, scenes = asyncio.run(fail())
    assert said == ["Something went wrong inside the playground (KeyError). Undo the last step, or reload the page."]
    assert shown == DEFAULT and len(scenes) == 1 and "KeyError" in capsys.readouterr().err


def test_a_mistake_behind_the_picture_does_not_stop_the_next_one(monkeypatch):
    monkeypatch.setattr(stores, "REST", 0)

    async def fail():
        store, slow, scenes = connected()
        said = []
        store.on_error(said.append)

        async def timed(result, stop):
            raise KeyError("clock")

        slow.timed = timed
        for number, sparsity in enumerate((0.3, 0.4), 1):
            slow.leave.release()
            await asyncio.wait_for(store.set(prune(sparsity)), 5)
            await until(lambda number=number: len(said) == number)
        return said, scenes

    said, scenes = asyncio.run(fail())
    assert len(scenes) == 2 and len(said) == 2 and all("KeyError" in sentence for sentence in said)


@pytest.mark.parametrize("again", [True, False])
def test_the_stopwatch_waits_until_the_page_has_painted_unless_there_is_news(monkeypatch, again):
    """That it was not started for the first State is sure once the second is drawn, which comes after it."""
    monkeypatch.setattr(stores, "REST", 60 if again else 0.01)

    async def choose():
        store, slow, scenes = connected()
        stopped = []

        async def timed(result, stop):
            stopped.append(result)
            return result

        slow.timed = timed
        for sparsity in (0.3, 0.4) if again else (0.3,):
            slow.leave.release()
            await asyncio.wait_for(store.set(prune(sparsity)), 5)
        await until(lambda: again or stopped)
        return len(scenes), len(stopped)

    assert asyncio.run(choose()) == ((2, 0) if again else (1, 1))
