"""Composition only: the controls, figures, views and words of one document, tied to one store.

`compose` is the same for the page (`app.site`) and for ``python -m panel serve app/main.py`` (`app.main`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module

from bokeh.models import Column as LayoutColumn
from bokeh.models import Div, InlineStyleSheet, UIElement
from panel.viewable import Viewable

from app.results.samples import next_changed, step
from app.results.scene import Scene
from app.screen import styles
from app.screen.captions import notes_html, question_html, table_html
from app.screen.controls.controls import Controls
from app.screen.controls.widgets import Button, Column, Toggle, put
from app.screen.figures import figures_html
from app.screen.sample import answers_html, picture_html
from app.screen.views.view import Drawing
from app.state.state import State
from app.state.views import VIEWS
from app.store import Store

FADED, CLEAR = {"opacity": "0.3"}, {"opacity": "1"}


def compose(
    store: Store, later: Callable[[Callable[[], None]], object] = lambda draw: draw()
) -> dict[str, Viewable | UIElement]:
    """The roots of one document, by the names of their places in `static/layout.html`.

    Parameters
    ----------
    store : its State and Scene are shown at once, and whenever they change
    later : runs what draws; natively a document may be touched only when its server says so
    """
    views = {id: import_module(f"app.screen.views.{id}").VIEW for id in VIEWS}
    places = {id: LayoutColumn(sizing_mode="stretch_both", visible=False) for id in VIEWS}
    drawings: dict[str, Drawing] = {}
    controls = Controls(store.change, InlineStyleSheet(css=styles.CONTROLS))
    words = InlineStyleSheet(css=styles.WORDS)
    figures, of_sample = _pane(InlineStyleSheet(css=styles.FIGURES)), InlineStyleSheet(css=styles.SAMPLE)
    picture, answers = _pane(of_sample), _pane(of_sample)
    question, table, notes = _pane(words, "question"), _pane(words, "table"), _pane(words)
    more = Toggle(label="data as a table", sheet=controls.sheet, css_classes=["more"])
    turns, changed = _turns(store)
    drawn = None

    def draw_view() -> None:
        """Only the view in sight is drawn, and only if it shows something else than before: not for better times."""
        nonlocal drawn
        active, scene = store.state.view, store.scene
        # Equal States give equal pictures, whatever layer the controls speak for.
        wanted = active, scene.held, scene.coming, scene.waited, replace(scene.result.state, view=active, layer="")
        if wanted == drawn:
            return
        drawn = wanted
        for id, place in places.items():
            place.visible = id == active
        put(controls.roots["compare"], visible=views[active].early)
        late = scene.coming is not None and not (views[active].early and scene.waited)
        styles = FADED if late else CLEAR  # what still shows the model before steps back
        if places[active].styles != styles:
            places[active].styles = styles
        put(question, text=question_html(views[active], scene))
        if late:
            return
        if active not in drawings:  # built when it is first looked at, so that the page is up sooner
            drawings[active] = views[active].build(store.change)
            drawings[active].draw(scene)
            places[active].children = [drawings[active].root]
        else:
            drawings[active].draw(scene)
        draw_table()

    def draw_table(*_) -> None:
        html = table_html(views[store.state.view].table(store.scene)) if more.value else ""
        put(table, visible=more.value, text=html)

    def draw(scene: Scene) -> None:
        controls.draw(scene)
        put(figures, text=figures_html(scene))
        put(picture, text=picture_html(scene))
        put(answers, text=answers_html(scene))
        if scene.coming is None:
            put(notes, text=notes_html(scene.result.notes))
            put(changed, disabled=next_changed(scene.result) is None)
        draw_view()

    def show(state: State) -> None:
        controls.show(state)
        draw_view()

    show(store.state)
    draw(store.scene)
    more.param.watch(draw_table, "value")
    store.on_state(lambda state, transient: later(lambda: show(state)))
    store.on_scene(lambda scene: later(lambda: draw(scene)))
    return {
        **controls.roots,
        "figures": figures, "view-text": question, "table-toggle": more, "view-table": table, "notes": notes,
        "picture": picture, "answers": answers, "turns": turns,
        **{f"view-{id}": place for id, place in places.items()},
    }  # fmt: skip


def _pane(sheet: InlineStyleSheet, *classes: str) -> Div:
    """A place for HTML, whose text is escaped: Bokeh's own, because Panel takes four times as long to change one."""
    return Div(stylesheets=[sheet], css_classes=list(classes), sizing_mode="stretch_width", margin=0)


def _turns(store: Store) -> tuple[Column, Button]:
    """The buttons that turn to another sample, and the one that needs an answer to have changed."""
    sheet = InlineStyleSheet(css=styles.BUTTONS)

    def button(label: str, target: Callable[[], int | None]) -> Button:
        def turn(event) -> None:
            sample = target()
            if sample is not None:
                store.change({"sample": sample})

        return Button(label=label, on_click=turn, sheet=sheet, sizing_mode="stretch_width")

    changed = button("next changed", lambda: next_changed(store.scene.result))
    row = Column(
        button("‹", lambda: step(store.scene.result, -1)),
        button("›", lambda: step(store.scene.result, 1)),
        changed,
        sheet=sheet, css_classes=["turn"], sizing_mode="stretch_width",
    )  # fmt: skip
    return row, changed
