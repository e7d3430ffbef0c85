"""What must agree between Python and the static files: colours, tabs, places; and words that are never markup."""

import re
from dataclasses import replace
from importlib import import_module

import pytest
from bokeh.core.json_encoder import serialize_json
from bokeh.document import Document
from bokeh.models import InlineStyleSheet, Spacer
from panel.io.state import set_curdoc
from panel.viewable import Viewable

from app.results.scene import Scene
from app.screen import theme
from app.screen.captions import answer_html, notes_html, question_html, table_html
from app.screen.compose import compose
from app.screen.layout import PLACE, STATIC, layout
from app.screen.views.view import Drawing, Table, View
from app.state.state import State
from app.state.views import VIEWS
from app.store import Store
from kernels import TECHNIQUES
from tests.made.results import result, scene

STYLE = (STATIC / "style.css").read_text(encoding="utf-8")


def store():
    return Store(result(), lambda state: "tried")


def shown(store):
    """A document, and its root models by name."""
    document = Document()
    with set_curdoc(document):
        roots = {name: root.get_root(document) if isinstance(root, Viewable) else root
                 for name, root in compose(store).items()}  # fmt: skip
    for root in roots.values():
        document.add_root(root)
    return document, roots


def counting(id, drawn):
    """A view that only notes that it is drawn."""
    view = import_module(f"app.screen.views.{id}").VIEW
    return replace(view, build=lambda act: Drawing(Spacer(), lambda scene: drawn.append(id)))


def test_the_colours_of_the_page_are_those_of_the_figures():
    pairs = re.findall(r"^  --([\w-]+): light-dark\((#\w+), (#\w+)\);$", STYLE, re.MULTILINE)
    assert {name: (light, dark) for name, light, dark in pairs} == {
        name.replace("_", "-"): pair for name, pair in theme.TOKENS.items()
    }


def test_no_colour_is_light_for_one_name_and_dark_for_another():
    assert not set(theme.SWAP) & set(theme.SWAP.values())


def test_the_page_and_its_figures_have_one_typeface():
    page = re.search(r"--font: ([^;]+);", STYLE)[1]
    assert page.replace('"Inter fallback", ', "") == theme.FONT
    assert "@font-face { font-family: Inter;" in STYLE


def test_the_sizes_that_a_large_screen_changes_are_those_of_the_figures():
    known = re.search(r"const SIZES = \[\s*\[(.*?)\]", (STATIC / "theme.js").read_text(encoding="utf-8"))[1]
    assert re.findall(r'"(\w+)"', known) == [theme.SMALL, theme.NORMAL, theme.LARGE]


def test_every_root_has_its_place_and_every_place_its_root():
    places = [name for _, name in PLACE.findall(layout())]
    assert sorted(places) == sorted(compose(store()))


def test_every_view_has_its_tab():
    assert re.findall(r'data-view="([\w-]+)"', layout()) == list(VIEWS)
    assert len(re.findall('aria-selected="true"', layout())) == 1


def test_only_the_chosen_view_is_in_sight():
    changes = store()
    roots = compose(changes)
    changes.change({"view": VIEWS[1]})
    assert [roots[f"view-{id}"].visible for id in VIEWS] == [id == VIEWS[1] for id in VIEWS]


def test_the_readme_lists_every_technique_with_its_parameters():
    readme = (STATIC.parent / "README.md").read_text(encoding="utf-8")
    rows = {line.split("`")[1]: re.findall("`([a-z_]+)`", line)[1:] for line in readme.splitlines() if "| `" in line}
    for id, technique in TECHNIQUES.items():
        assert rows[id] == [parameter.name for parameter in technique.parameters]


def test_the_document_is_small_and_asks_no_other_host():
    document, roots = shown(store())
    pictures = {f"view-{id}" for id in VIEWS}
    models = {model for name, root in roots.items() if name not in pictures for model in root.references()}
    assert len(models) < 18 * len(TECHNIQUES)
    said = serialize_json(document.to_json())
    assert "http" not in said and ".css" not in said


def test_a_style_is_sent_once():
    document, _ = shown(store())
    sheets = [model.css for model in document.models if isinstance(model, InlineStyleSheet)]
    assert len(sheets) == len(set(sheets)) >= 5


def test_the_page_needs_no_models_but_those_of_bokeh():
    document, _ = shown(store())
    assert {type(model).__module__.split(".")[0] for model in document.models} == {"bokeh"}


def test_switching_a_view_draws_it_once(monkeypatch):
    drawn = []
    for id in VIEWS:
        monkeypatch.setattr(import_module(f"app.screen.views.{id}"), "VIEW", counting(id, drawn))
    changes = store()
    compose(changes)
    assert drawn == [VIEWS[0]]
    changes.change({"view": VIEWS[1]})
    assert drawn == [VIEWS[0], VIEWS[1]]
    changes._show(replace(changes.scene, result=replace(changes.scene.result, state=changes.state)))
    changes._show(replace(changes.scene, result=replace(changes.scene.result)))  # as with steadier times
    assert drawn == [VIEWS[0], VIEWS[1]]
    changes._show(replace(changes.scene, held=True))
    changes._show(replace(changes.scene, result=replace(changes.scene.result, state=State(sample=3, view=VIEWS[1]))))
    assert drawn == [VIEWS[0], VIEWS[1], VIEWS[1], VIEWS[1]]


def test_a_table_is_drawn_only_when_it_is_asked_for():
    roots = compose(store())
    table = roots["view-table"]
    assert (table.visible, table.text) == (False, "")
    roots["table-toggle"].value = True
    assert table.visible and "<table>" in table.text


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "a & b < c"])
def test_words_are_never_markup(hostile):
    view = View("x", hostile, hostile, lambda s: {}, None, lambda s: hostile, None)
    made = [
        question_html(view),
        answer_html(view, scene()),
        notes_html([hostile]),
        table_html(Table((hostile,), ((hostile, 1), (None, 2.5)))),
    ]
    assert all("<script" not in html and "b < c" not in html for html in made)


def test_a_table_of_numbers_and_of_nothing():
    html = table_html(Table(("layer", "dB"), (("fc1", 17.5), ("fc2", None))))
    assert '<td class="number">17.5</td>' in html and "<td>none</td>" in html


def test_no_notes_are_no_list():
    assert notes_html(()) == ""


def test_the_question_says_when_the_baseline_is_held():
    view = View("x", "X", "What?", lambda s: {}, None, lambda s: "That.", None)
    assert question_html(view) == "<h2>What?</h2>"
    assert answer_html(view, Scene(result(), (), True)) == '<p tabindex="0">Baseline held. That.</p>'
