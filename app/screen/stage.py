"""The view in sight: its question with the answer, its picture, its data as a table."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

from bokeh.models import Column as LayoutColumn
from bokeh.models import Div, InlineStyleSheet

from app.results.scene import Scene
from app.screen.captions import answer_html, question_html, table_html
from app.screen.controls.widgets import Toggle, put
from app.screen.views.view import Act, Drawing
from app.state.views import VIEWS

FADED, CLEAR = {"opacity": "0.3"}, {"opacity": "1"}


def pane(sheet: InlineStyleSheet, *classes: str) -> Div:
    """A place for HTML, whose text is escaped: Bokeh's own, because Panel takes four times as long to change one.

    A name between dollars is no formula: BokehJS would fetch from elsewhere what draws one.
    """
    return Div(stylesheets=[sheet], css_classes=list(classes), sizing_mode="stretch_width", margin=0, disable_math=True)


class Stage:
    """One column for each view, of which one is seen, and the words around it.

    Parameters
    ----------
    act : given to each view, for what a person does to its picture
    words : the style of the words
    sheet : the style of the button for the table
    """

    def __init__(self, act: Act, words: InlineStyleSheet, sheet: InlineStyleSheet):
        self._act = act
        self._views = {id: import_module(f"app.screen.views.{id}").VIEW for id in VIEWS}
        self._columns = {id: LayoutColumn(sizing_mode="stretch_both", visible=False) for id in VIEWS}
        self._drawings: dict[str, Drawing] = {}
        self._question, self._answer, self._table = (pane(words, name) for name in ("question", "answer", "table"))
        self._more = Toggle(label="data as a table", sheet=sheet, css_classes=["more"])
        self._drawn: tuple | None = None  # what is seen
        self._shown: tuple[str, Scene] | None = None  # the view in sight, and what it is of
        self._more.param.watch(lambda event: self._draw_table(), "value")
        self.roots = {"view-question": self._question, "view-text": self._answer}
        self.roots |= {"table-toggle": self._more, "view-table": self._table}
        self.roots |= {f"view-{id}": column for id, column in self._columns.items()}

    def is_early(self, active: str) -> bool:
        """Whether a view has something to show of a model of which only the baseline is known."""
        return self._views[active].early

    def draw(self, active: str, scene: Scene) -> None:
        """Only the view in sight is drawn, and only if it shows something else than before: not for better times."""
        self._shown = active, scene
        # Equal States give equal pictures, in most views whatever layer the controls speak for, in a lesson or not.
        view, result = self._views[active], scene.result
        layer = result.state.layer if view.layered else ""
        state = replace(result.state.unguided, view=active, layer=layer)
        wanted = (
            active,
            scene.held,
            scene.pin,
            scene.coming,
            scene.waited,
            scene.curve,
            scene.sensitivity,
            scene.protected,
            state,
            result.flow,
            result.times if view.timed else None,
            scene.history,
        )
        if wanted == self._drawn:
            return
        self._drawn = wanted
        for id, column in self._columns.items():
            column.visible = id == active
        late = scene.coming is not None and not (view.early and scene.waited)
        style = FADED if late else CLEAR  # what still shows the model before steps back
        if self._columns[active].styles != style:
            self._columns[active].styles = style
        put(self._question, text=question_html(view))
        put(self._answer, text=answer_html(view, scene))
        if not late:
            self._draw_picture(active, scene)
            self._draw_table()

    def _draw_picture(self, active: str, scene: Scene) -> None:
        if active in self._drawings:
            self._drawings[active].draw(scene)
        else:  # built when it is first looked at, so that the page is up sooner
            self._drawings[active] = self._views[active].build(self._act)
            self._drawings[active].draw(scene)
            self._columns[active].children = [self._drawings[active].root]

    def _draw_table(self) -> None:
        active, scene = self._shown
        html = table_html(self._views[active].table(scene)) if self._more.value else ""
        put(self._table, visible=self._more.value, text=html)
