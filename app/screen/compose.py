"""Composition only: the controls, figures, views and words of one document, tied to one store.

`compose` is the same for the page (`app.site`) and for ``python -m panel serve app/main.py`` (`app.main`).
"""

from __future__ import annotations

from collections.abc import Callable

from bokeh.models import InlineStyleSheet, UIElement
from panel.viewable import Viewable

from app.results.samples import next_changed, step
from app.results.scene import Scene
from app.screen import styles
from app.screen.captions import notes_html
from app.screen.controls.controls import Controls
from app.screen.controls.widgets import Button, Column, put
from app.screen.figures import figures_html
from app.screen.lesson import LessonPanel
from app.screen.own import OwnInput
from app.screen.sample import answers_html, picture_html
from app.screen.stage import Stage, pane
from app.screen.takeover import Takeover
from app.state.state import State
from app.store import Store


def compose(
    store: Store, later: Callable[[Callable[[], None]], object] = lambda draw: draw()
) -> dict[str, Viewable | UIElement]:
    """The roots of one document, by the names of their places in `static/layout.html`.

    Parameters
    ----------
    store : its State and Scene are shown at once, and whenever they change
    later : runs what draws; natively a document may be touched only when its server says so
    """
    controls = Controls(store.go, InlineStyleSheet(css=styles.CONTROLS))
    words = InlineStyleSheet(css=styles.WORDS)
    stage = Stage(store.change, words, controls.sheet)
    figures, of_sample = pane(InlineStyleSheet(css=styles.FIGURES)), InlineStyleSheet(css=styles.SAMPLE)
    picture, answers, notes = pane(of_sample), pane(of_sample), pane(words)
    turns, changed = _turns(store)
    lesson, takeover, own = LessonPanel(), Takeover(), OwnInput(store, of_sample)

    def draw_view() -> None:
        put(controls.roots["compare"], visible=stage.is_early(store.state.view))
        stage.draw(store.state.view, store.scene)

    def draw(scene: Scene) -> None:
        controls.draw(scene)
        put(figures, text=figures_html(scene))
        put(picture, text=picture_html(scene))
        put(answers, text=answers_html(scene))
        if scene.coming is None:
            put(notes, text=takeover.html(scene) + notes_html(scene.result.notes))
            put(changed, disabled=next_changed(scene.result) is None)
        lesson.draw(store.state, scene)
        own.draw(scene)
        draw_view()

    def show(state: State) -> None:
        controls.show(state)
        lesson.show(state, store.scene)
        draw_view()

    show(store.state)
    draw(store.scene)
    store.on_state(lambda state, transient: later(lambda: show(state)))
    store.on_scene(lambda scene: later(lambda: draw(scene)))
    return {
        **controls.roots, **stage.roots, **lesson.roots, **own.roots,
        "figures": figures, "notes": notes, "picture": picture, "answers": answers, "turns": turns,
    }  # fmt: skip


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
