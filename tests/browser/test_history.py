"""What was tried: named, pinned, told apart, seen while a key is held; it outlives a reload, foreign entries do not."""

import json

import pytest

KEY = "playground.history"
TOGGLE = "[data-root=table-toggle] >> css=button"
ROWS = "[data-root=view-table] >> css=td button"
PRUNED = {"recipe": [{"technique": "prune", "sparsity": 0.8}]}
HOSTILE = '<img src=x onerror="window.hit=1">$$x$$'


def size(tab):
    return tab.page.inner_text("[data-root=figures] >> css=.number >> nth=1")


def tried(page):
    """The history without what changes by itself: times are added when they have settled."""
    return [{name: value for name, value in row.items() if name != "facts"} for row in
            page.evaluate("playground.history")]  # fmt: skip


def test_by_keyboard_alone_an_experiment_is_named_and_pinned_and_all_of_it_outlives_a_reload(new_tab):
    tab = new_tab().open()
    page = tab.page
    assert page.is_hidden("#pins"), "nothing more for who does not pin"
    page.evaluate("playground.pin('A')")
    tab.set(**PRUNED)
    page.focus(TOGGLE)
    page.keyboard.press("Enter")
    page.locator(ROWS).first.focus()
    page.keyboard.press("Enter")
    assert page.inner_text("#experiment-title") == "prune 80 %"
    page.keyboard.type(HOSTILE[:40])
    page.keyboard.press("Tab")
    page.keyboard.type("one line")
    for key in ("Tab", "ArrowUp", "Enter"):  # from "not pinned" to "as B"
        page.keyboard.press(key)
    page.wait_for_function("playground.history.at(-1).pinned === 'B'")
    tab.drawn()
    assert page.locator(ROWS).first.evaluate("button => button.getRootNode().activeElement === button"), "focus is back"
    assert page.inner_text(ROWS + " >> nth=0") == f"B: {HOSTILE[:40]} (prune 80 %)"
    said = page.inner_text("#differs")
    assert said.startswith("B has prune 80 % instead of 50 %, palettize off instead of 3 bit. It is ")
    assert page.evaluate("playground.differs()")["said"] == said
    own, before = size(tab), tried(page)
    page.keyboard.down("1")
    page.wait_for_function("document.querySelector('#pins [aria-pressed=true]')?.dataset.pin === 'A'")
    page.wait_for_selector("[data-root=view-text] >> text=/^A held/")
    assert size(tab) != own and tab.state["recipe"][0]["sparsity"] == 0.8, "only seen"
    page.keyboard.up("1")
    page.wait_for_selector("[data-root=view-text] >> text=/^A held/", state="detached")
    assert size(tab) == own and tried(page) == before

    page.reload()
    page.evaluate("playground.ready")
    assert [row for row in tried(page) if row["pinned"]] == before[-2:]
    assert page.inner_text("#differs") == said
    page.click("#pins [data-pin=A]", trial=True)
    assert page.evaluate("window.hit") is None and tab.said == []
    assert all(address.startswith(tab.site) for address in tab.asked), "a name is no formula to be drawn"


# What is handed to Python of an entry of the storage, by the module alone: nothing need start for that.
RECALLED = """async ([key, text]) => {
  const { Experiments } = await import(new URL("experiments.js", location));
  sessionStorage.setItem(key, text);
  let given = null;
  const experiments = new Experiments();
  await experiments.recall(async (rows) => (given = rows));
  return [given, JSON.parse(sessionStorage.getItem(key))];
}"""


def test_only_an_entry_of_this_build_is_recalled_and_any_other_makes_room(new_tab):
    tab = new_tab()
    tab.page.goto(f"{tab.site}bundle.js")
    build = tab.page.evaluate("import(location.href).then(({ default: { build } }) => build)")
    row = {"link": "?v=1&seed=5", "score": 0.5, "bytes": 7, "changed": 1, "name": "x", "note": "", "pinned": "A"}
    ours = {"version": 1, "build": build, "experiments": [row]}
    empty = {**ours, "experiments": []}
    assert tab.page.evaluate(RECALLED, [KEY, json.dumps(ours)]) == [[row], empty], "it is told again what comes of it"
    for change in ({"version": 2}, {"build": "another"}, {"experiments": "<b>"}, {"experiments": None}):
        assert tab.page.evaluate(RECALLED, [KEY, json.dumps({**ours, **change})]) == [None, empty]
    for garbage in ("{garbage", "null", "3", ""):
        assert tab.page.evaluate(RECALLED, [KEY, garbage]) == [None, empty]


@pytest.mark.parametrize("refuse", ["setItem", "getItem", None])
def test_where_storage_is_full_or_refused_nothing_is_lost_in_the_tab(new_tab, refuse):
    tab = new_tab()
    tab.page.goto(f"{tab.site}bundle.js")
    rows = tab.page.evaluate(
        """async (refuse) => {
          const { Experiments } = await import(new URL("experiments.js", location));
          const no = () => { throw new DOMException("", "QuotaExceededError"); };
          if (refuse) Storage.prototype[refuse] = no;
          else Object.defineProperty(window, "sessionStorage", { get: no });
          const experiments = new Experiments();
          await experiments.recall(no);
          const [m, n] = [{ model: "m" }, { model: "n" }];
          experiments.accept([{ link: "a", name: "mine", state: m }, { link: "b", state: m }, { link: "c", state: n }]);
          experiments.accept([{ link: "b", gone: true }, { link: "d", state: m }]);
          return experiments.of("m").map(({ link }) => link);
        }""",
        refuse,
    )
    assert rows == ["a", "d"] and tab.said == []
