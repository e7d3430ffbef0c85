"""Composition only: the controls, figures, views and words of one document, tied to one store.

`compose` is the same for the page (`app.page`) and for ``python -m panel serve app/main.py`` (`app.native`).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from bokeh.models import Button, Column, Div, InlineStyleSheet, Toggle, UIElement

from app import styles
from app.captions import notes_html, question_html, table_html
from app.controls import Controls
from app.figures import figures_html
from app.result import Scene
from app.sample import next_changed, sample_html, step
from app.state import State
from app.store import Store
from app.views import VIEWS


def compose(store: Store, later: Callable[[Callable[[], None]], object] = lambda draw: draw()) -> dict[str, UIElement]:
    """The roots of one document, by the names of their places in `static/layout.html`.

    Parameters
    ----------
    store : its State and Scene are shown at once, and whenever they change
    later : runs what draws; natively a document may be touched only when its server says so
    """
    views = {id: import_module(f"app.views.{id}").VIEW for id in VIEWS}
    drawings = {id: view.build(store.change) for id, view in views.items()}
    controls = Controls(store.change, InlineStyleSheet(css=styles.CONTROLS))
    words = InlineStyleSheet(css=styles.WORDS)
    figures, sample = _pane(styles.FIGURES), _pane(styles.SAMPLE)
    question, table, notes = _pane(words, "question"), _pane(words, "table"), _pane(words)
    more = Toggle(label="data as a table", stylesheets=[controls.sheet], margin=0, css_classes=["more"])
    turns, changed = _turns(store)

    def draw_view(scene: Scene) -> None:
        """Only the view in sight is drawn; another is when it comes into sight."""
        active = store.state.view
        for id, drawing in drawings.items():
            drawing.root.visible = id == active
        drawings[active].draw(scene)
        question.text = question_html(views[active], scene)
        table.update(visible=more.active, text=table_html(views[active].table(scene)) if more.active else "")

    def draw(scene: Scene) -> None:
        controls.draw(scene)
        figures.text = figures_html(scene)
        sample.text = sample_html(scene)
        notes.text = notes_html(scene.result.notes)
        changed.disabled = next_changed(scene.result) is None
        draw_view(scene)

    shown = store.state

    def show(state: State) -> None:
        nonlocal shown
        controls.show(state)
        if state.view != shown.view:
            draw_view(store.scene)
        shown = state

    show(store.state)
    draw(store.scene)
    more.on_change("active", lambda attr, old, new: draw_view(store.scene))
    store.on_state(lambda state, transient: later(lambda: show(state)))
    store.on_scene(lambda scene: later(lambda: draw(scene)))
    return {
        **controls.roots,
        "figures": figures, "view-text": question, "table-toggle": more, "view-table": table, "notes": notes,
        "sample": Column(children=[sample, turns], sizing_mode="stretch_width", spacing=0),
        **{f"view-{id}": drawing.root for id, drawing in drawings.items()},
    }  # fmt: skip


def _pane(css: str | InlineStyleSheet, *classes: str) -> Div:
    """A place for HTML; what goes in has its text escaped."""
    return Div(disable_math=True, stylesheets=[css], margin=0, css_classes=list(classes), sizing_mode="stretch_width")


def _turns(store: Store) -> tuple[Column, Button]:
    """The buttons that turn to another sample, and the one that needs an answer to have changed."""
    sheet = InlineStyleSheet(css=styles.BUTTONS)

    def button(label: str, target: Callable[[], int | None]) -> Button:
        made = Button(label=label, stylesheets=[sheet], margin=0, sizing_mode="stretch_width")

        def turn() -> None:
            sample = target()
            if sample is not None:
                store.change({"sample": sample})

        made.on_click(turn)
        return made

    changed = button("next changed", lambda: next_changed(store.scene.result))
    buttons = [
        button("‹", lambda: step(store.scene.result, -1)),
        button("›", lambda: step(store.scene.result, 1)),
        changed,
    ]
    row = Column(children=buttons, stylesheets=[sheet], margin=0, css_classes=["turn"], sizing_mode="stretch_width")
    return row, changed


if __name__.startswith("bokeh_app"):
    from app.native import serve

    serve()
