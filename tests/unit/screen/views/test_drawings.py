"""What holds for every view: its colours, its robustness, and what a drag may touch."""

import re
from importlib import import_module

import pytest
from bokeh.document import Document
from bokeh.document.events import ColumnDataChangedEvent, ModelChangedEvent
from bokeh.models import ColumnDataSource, Range1d

from app.screen import theme
from app.state.views import VIEWS
from tests.made.results import scene

COLOR = re.compile(r"#[0-9a-fA-F]{3,8}")


@pytest.fixture(params=VIEWS)
def view(request):
    return import_module(f"app.screen.views.{request.param}").VIEW


def in_document(view):
    drawing, document = view.build(lambda change: None), Document()
    document.add_root(drawing.root)
    return drawing, document


def test_each_view_says_who_it_is(view):
    assert view.id in VIEWS and view.question.endswith("?")


def test_any_model_can_follow_any_other(view):
    drawing, document = in_document(view)
    for model in ("digits-mlp", "spirals", "digits-cnn", "digits-mlp"):
        for broken in (0, 60):
            shown = scene(model, tried=3, broken=broken, fixed=0, other=0)
            drawing.draw(shown)
            columns = view.table(shown).columns
            assert view.text(shown)
            assert all(len(row) == len(columns) for row in view.table(shown).rows)
    for source in document.select({"type": ColumnDataSource}):
        assert len({len(column) for column in source.data.values()}) <= 1


def test_every_colour_is_one_of_the_page(view):
    drawing, document = in_document(view)
    drawing.draw(scene(tried=3))
    for model in document.models:
        for name, value in model.properties_with_values(include_defaults=False).items():
            if name == "data":
                assert not any(isinstance(v, str) and COLOR.fullmatch(v) for column in value.values() for v in column)
            elif name not in ("code", "stylesheets"):
                assert set(COLOR.findall(str(value))) <= {*theme.SWAP, *theme.GREYS}, (model, name)


def test_a_drag_only_sends_data(view):
    """A property that may hold a model makes Bokeh walk the whole document; a drag sets none, for a text holds none."""
    drawing, document = in_document(view)
    drawing.draw(scene(broken=3))
    events = []
    document.on_change(events.append)
    drawing.draw(scene(broken=9, ratio=7, tried=1))
    assert events
    for event in events:
        assert isinstance(event, ColumnDataChangedEvent | ModelChangedEvent)
        assert isinstance(event.model, ColumnDataSource | Range1d) or event.attr == "text"
