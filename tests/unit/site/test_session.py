"""The verbs of the page: each message is answered, with what was drawn or with why it cannot be."""

import asyncio
import json
from types import SimpleNamespace

from app.pipeline import own_model
from app.pipeline.own_samples import Brought
from app.runtime.native import NativeRuntime
from app.site.session import Session
from app.site.verbs import VERBS
from app.state.preparation import preparation_of
from app.state.state import DEFAULT
from app.state.wording import described
from app.store import Store
from tests.files import hand_files
from tests.made import networks
from tests.made.slow import Slow, prune, result_of
from tests.made.waiting import until


class Quick(Slow):
    """Computes at once, and knows the layers of the starting model."""

    runtime = NativeRuntime()

    async def opens_files(self, watch):
        """What opens them is here."""

    async def check(self, state, watch):
        if not set(state.skipped) <= {"fc1", "fc2", "fc3"}:
            raise ValueError("it has no such layer")

    async def result(self, state, watch):
        if state == self.refuse:
            raise self.error
        return result_of(state)


class Tab:
    """A session, what it has posted to the page, and what it has put into frames."""

    def __init__(self, pipeline):
        self.posted, self.told = [], {}
        self.store, self.pipeline = Store(result_of(DEFAULT), described), pipeline
        page = SimpleNamespace(store=self.store, tell=self.told.update, flush=lambda: None)
        self.session = Session(page, lambda message, buffers: self.posted.append((message, buffers)), VERBS)

    async def opened(self, query=""):
        await self.session.begin(self.pipeline, query)
        return self

    async def call(self, verb, *args, files=()):
        """The reply to a call, and the files that came with it."""
        number = len(self.posted)
        self.session.receive(json.dumps({"type": "call", "number": number, "verb": verb, "args": args}), files)
        await until(lambda: self.posted[-1][0].get("number") == number)
        return self.posted[-1]


def test_a_page_is_live_once_its_link_is_drawn():
    tab = asyncio.run(Tab(Quick()).opened("?recipe=prune,sparsity:0.3&keep=fc2"))
    assert tab.posted == [({"type": "live"}, [])] and tab.told["notes"] == ()
    assert tab.store.scene.result.state == DEFAULT.merged({**prune(0.3), "layers": {"fc2": {"skip": True}}})


def test_what_a_link_names_and_its_model_does_not_have_is_left_out_and_said():
    tab = asyncio.run(Tab(Quick()).opened("?recipe=prune,sparsity:0.3&keep=fc9"))
    assert tab.told["notes"] == ("Left out of the link: it has no such layer.",)
    assert tab.store.scene.result.state == DEFAULT.merged(prune(0.3))


def test_a_change_is_answered_with_its_result_and_the_file_is_that_on_screen():
    async def choose():
        tab = await Tab(Quick()).opened()
        return tab, await tab.call("set", prune(0.4)), await tab.call("bytes")

    tab, (reply, _), (_, files) = asyncio.run(choose())
    shown = tab.store.scene.result
    assert shown.state == DEFAULT.merged(prune(0.4)) and reply["value"] == shown.to_json()
    assert files == [("onnx", shown.onnx)]


def test_a_change_that_is_not_valid_is_answered_in_words():
    async def choose():
        return await (await Tab(Quick()).opened()).call("set", prune(7))

    reply, _ = asyncio.run(choose())
    assert "value" not in reply and "choose 0 to" in reply["error"]


def test_holding_shows_the_baseline():
    async def hold():
        tab = await Tab(Quick()).opened()
        await tab.call("hold", True)
        await tab.store.settled()
        return tab.store.scene

    scene = asyncio.run(hold())
    assert scene.held and scene.result.state.recipe == ()


def test_what_was_tried_is_named_pinned_told_apart_and_taken_again():
    async def compare():
        tab = await Tab(Quick()).opened()
        replies = [await tab.call("mark", "?v=1", {"pinned": "A"}), await tab.call("differs")]
        await tab.call("set", prune(0.4))
        replies += [await tab.call("mark", None, {"pinned": "B", "name": "mine"}), await tab.call("differs")]
        replies += [await tab.call("mark", "?v=1&seed=3", {"name": "x"}), await tab.call("mark", 7, {})]
        await tab.call("take", "?v=1")
        return tab, [reply for reply, _ in replies]

    tab, (first, alone, second, both, unknown, odd) = asyncio.run(compare())
    assert first["value"]["pinned"] == "A" and alone["value"] is None and second["value"]["name"] == "mine"
    assert both["value"]["settings"] == ["prune 40 % instead of 50 %", "palettize off instead of 3 bit"]
    assert "not been tried" in unknown["error"] and "named by its link" in odd["error"]
    assert tab.store.scene.result.state == DEFAULT


def test_what_a_storage_kept_comes_back_and_garbage_is_answered_without_a_word():
    async def recall():
        tab = await Tab(Quick()).opened()
        row = tab.store.scene.history[0].to_json()
        kept = {**row, "link": "?v=1&seed=3", "name": "<b>old</b>"}
        return tab, [await tab.call("recall", rows) for rows in ("garbage", [kept, {**kept, "link": "?seed=x"}])]

    tab, replies = asyncio.run(recall())
    assert all("error" not in reply for reply, _ in replies)
    assert [each.name for each in tab.store.scene.history] == ["<b>old</b>", ""]


def test_all_that_was_tried_is_saved_as_a_file_and_taken_back():
    async def save():
        tab = await Tab(Quick()).opened()
        await tab.call("mark", None, {"name": "<b>mine</b>"})
        files = [(await tab.call("history_file", kind, "b1"))[0]["value"] for kind in ("csv", "json")]
        other = await Tab(Quick()).opened("?recipe=prune,sparsity:0.3")
        return files, other, [(await other.call("open_history", files[1], build))[0] for build in ("b2", "b1")]

    (csv, saved), tab, (refused, taken) = asyncio.run(save())
    assert csv.startswith('"link","model",') and '"<b>mine</b>"' in csv
    assert "another version" in refused["error"] and taken["value"] == 1
    assert tab.told["notes"] == ["1 experiment taken from the file."]
    assert [each.name for each in tab.store.scene.history] == ["<b>mine</b>", ""]


def test_who_loads_a_model_that_cannot_be_compressed_so_is_told():
    """The file alone can be run, else it would not be taken; what cannot is the recipe that is chosen."""

    class Refuses(Quick):
        async def result(self, state, watch):
            raise self.error

    async def load():
        tab = await Tab(Refuses()).opened()
        return tab, await tab.call("load", {"files": ["model"]}, files=[networks.mlp()])

    tab, (reply, _) = asyncio.run(load())
    assert reply["error"] == "this cannot be computed"
    assert tab.store.state.model.startswith("own-"), "it stays chosen: another recipe may do"


def test_a_link_to_a_model_of_ones_own_waits_for_its_file():
    """It once was a link to the first model with a note that there is no other."""
    data = networks.mlp(seed=11)
    id = asyncio.run(own_model.read(NativeRuntime(), data)).id

    async def follow():
        tab = await Tab(Quick()).opened(f"?model={id}&recipe=prune,sparsity:0.3")
        told, first = tab.told["notes"], tab.store.state
        await tab.call("load", {"files": ["model"]}, files=[networks.mlp(seed=12)])
        other = tab.store.state
        await tab.call("load", {"files": ["model"]}, files=[data])
        return told, first, other, tab.store.state

    told, first, other, state = asyncio.run(follow())
    assert told == (f"This link is of a model of your own: open or drop the files of {id} to see it.",)
    assert first == DEFAULT and other.model != id
    assert state == DEFAULT.merged({"model": id, **prune(0.3)})


def test_a_link_says_how_the_file_that_it_waits_for_is_fed():
    data = hand_files.two_inputs()
    chosen = Brought(prepare=preparation_of({"input": "row"}))
    id = asyncio.run(own_model.read(NativeRuntime(), data, chosen)).id

    async def follow():
        tab = await Tab(Quick()).opened(f"?model={id}&prepare=input:row&recipe=prune,sparsity:0.3")
        await tab.call("load", {"files": ["model"]}, files=[data])
        first = tab.store.state
        await tab.call("load", {"files": ["model"], "prepare": {"input": "x"}}, files=[data])
        reply, _ = await tab.call("load", {"files": ["model"], "prepare": {"input": "z"}}, files=[data])
        return first, tab.store.state, reply["error"]

    first, state, error = asyncio.run(follow())
    assert first == DEFAULT.merged({"model": id, **prune(0.3)}) and first.to_json()["prepare"] == {"input": "row"}
    assert state.model == id.rpartition("-")[0] and state.to_json()["prepare"] == {}
    assert error == "this network has no input 'z'; it has x, row"


def test_a_file_is_looked_into_without_being_opened():
    async def look():
        tab = await Tab(Quick()).opened()
        return tab.store.state, await tab.call("inspect", ["model"], files=[networks.mlp()])

    state, (reply, _) = asyncio.run(look())
    assert state == DEFAULT and "126" in reply["value"] and "can be compressed" in reply["value"]


def test_samples_alone_are_for_the_model_that_was_opened_last():
    async def load():
        tab = await Tab(Quick()).opened()
        return await tab.call("load", {"files": ["evaluation"]}, files=[b"a,b\n1,2"])

    reply, _ = asyncio.run(load())
    assert reply["error"] == "these samples are for a model of yours; open its ONNX file along with them"
