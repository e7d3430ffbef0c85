"""The links of a class on the real pipeline: thirty at once, of which five are broken."""

import asyncio
import csv
import io
from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.site.session import Session
from app.site.verbs import VERBS
from app.state import link
from app.state.choices import Assignment
from app.state.state import DEFAULT
from app.state.wording import described
from app.store import Store
from tests.made.real_results import PIPELINE

TASK = replace(DEFAULT, task=Assignment("digits-mlp", score=0.9, bytes=20_000))
PRUNED = replace(TASK, task=Assignment("digits-mlp", score=0.9, bytes=60_000))
BROKEN = (
    "?v=1&model=digits-gone&who=Gone", "?recipe=squash,bits:3&who=Squash", "?keep=fc17&who=Layer",
    "?lesson=knitting&who=Wool", "?v=1&who=" + "x" * 30,
)  # fmt: skip


def room(text, on_screen=DEFAULT, links=None):
    """What a session says of a text: the links, then the last answer; the session."""
    store = Store(asyncio.run(PIPELINE.result(DEFAULT)), described)
    page = SimpleNamespace(store=store, tell=lambda **news: None, flush=lambda: None)
    session, answer = Session(page, lambda message, buffers: None, VERBS), None

    async def all_of_it():
        nonlocal links, answer
        await session.begin(PIPELINE, link.encode(on_screen))
        found, _ = await VERBS["collect"](session, text)
        links = found if links is None else links
        for query in links:
            answer, _ = await VERBS["recompute"](session, query)

    asyncio.run(all_of_it())
    return links, answer, session


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer["csv"])))


@pytest.fixture(scope="module")
def of_thirty():
    pupils = [
        link.hand_in(
            replace(PRUNED, who=f"Pupil {at}").merged({"recipe": [{"technique": "prune", "sparsity": at / 30}]})
        )
        for at in range(5, 30)
    ]
    text = "\n".join(
        f"{at}: see https://school.example/play/{query} please!" for at, query in enumerate((*pupils, *BROKEN))
    )
    return room(text, PRUNED)


def test_each_is_computed_and_what_is_broken_says_so(of_thirty):
    links, answer, _ = of_thirty
    rows = rows_of(answer)
    assert len(links) == len(rows) == 30
    assert [bool(row["bytes"]) for row in rows] == 25 * [True] + 5 * [False]
    assert all(len(row["said"]) > 20 for row in rows)
    assert answer["html"].count("<circle") == 25 and answer["html"].count('class="fail"') == 5


def test_those_that_pass_stand_first_the_smallest_before_the_others(of_thirty):
    rows = rows_of(of_thirty[1])[:25]
    passed = [row["passed"] for row in rows]
    assert set(passed) == {"yes", "no"} and passed == sorted(passed, reverse=True)
    sizes = [int(row["bytes"]) for row in rows if row["passed"] == "yes"]
    assert sizes == sorted(sizes) and max(sizes) <= 60_000
    assert all(float(row["score"]) >= 0.9 for row in rows if row["passed"] == "yes")


def test_what_is_measured_is_what_the_file_is(of_thirty):
    row = rows_of(of_thirty[1])[0]
    result = asyncio.run(PIPELINE.result(link.decode(row["link"])[0]))
    assert (int(row["bytes"]), int(row["changed"])) == (len(result.onnx), result.changed.count)
    assert of_thirty[2].store.state == PRUNED and of_thirty[2].store.scene.result.state.recipe == DEFAULT.recipe


def test_the_task_on_screen_is_asked_of_all():
    easier = replace(TASK, task=Assignment("digits-mlp", bytes=10**6), who="=1+1")
    _, answer, _ = room(link.hand_in(easier), replace(TASK, recipe=()))
    (row,) = rows_of(answer)
    assert row["said"].startswith("at most 20 kB") and row["differs"].endswith("set another task")
    assert row["who"] == "'=1+1"
    (row,) = rows_of(room(link.hand_in(easier))[1])
    assert row["said"].startswith("at most 1000 kB: yes") and row["passed"] == "yes"
    assert row["differs"] == "as on screen"


def test_in_a_class_each_has_the_task_of_the_name_whatever_the_link_says():
    for_all = replace(TASK, task=Assignment("digits-mlp", bytes=20_000), class_seed=1)
    (row,) = rows_of(room(link.hand_in(replace(for_all, who="Ada", seed=3)), for_all)[1])
    assert "at most 17 kB" in row["said"] and "seed of that nickname" in row["said"] and row["passed"] == "no"


def test_a_stop_of_a_lesson_is_judged_by_its_task():
    (row,) = rows_of(room("?lesson=pruning&stop=5&recipe=prune,sparsity:0.85&who=Bo")[1])
    assert row["passed"] == "yes" and row["differs"].startswith("prune 85 % instead of 50 %")


def test_a_text_without_links_and_markup_in_a_name():
    assert room("see https://there.example/watch?q=1 and ?")[0] == []
    _, answer, _ = room("?recipe=none&who=%3Cimg+src%3Dx%3E")
    assert "<img" not in answer["html"] and "&lt;img" in answer["html"]
