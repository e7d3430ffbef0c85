"""Words that both models make up with the same random numbers, side by side; letters that differ are underlined."""

from __future__ import annotations

from bokeh.core.properties import value
from bokeh.models import Range1d

from app.results.scene import Scene
from app.screen import theme
from app.screen.views.arranged import arrange
from app.screen.views.changed.pictured import ChangedAnswers, Drawing, Pictured
from app.screen.views.view import Act, empty, headed, legend

LEGEND = """<ul><li><i style="color: var(--baseline); --opacity: 100%"></i>baseline</li>
<li><i style="color: var(--compressed); --opacity: 100%"></i>compressed, with the same random numbers</li>
<li>letters that differ are underlined</li></ul>"""

MONOSPACE = value("ui-monospace, Menlo, Consolas, monospace")  # so that the underlines stand under their letters
# A line is 26 pixels high; words that do not fit go on in another pair of columns.
ARRANGE = """
    const lines = Math.max(1, Math.floor(h / 26))
    const {left, right, y} = source.data, across = Math.max(1, Math.floor(w / 300)), pair = w / across
    for (let k = 0; k < y.length; k++) {
        left[k] = 4 + pair * Math.floor(k / lines)
        right[k] = left[k] + Math.min(pair / 2, 150)
        y[k] = 26 * (k % lines) + 18
    }
    plot.x_range.setv({start: 0, end: w}); plot.y_range.setv({start: h, end: 0})
    source.change.emit()  // redraws here; unlike a new `data` it is not sent back to Python
"""


def data(scene: Scene) -> dict[str, list[str]]:
    """The words of both models, and underscores for the letters of the compressed one that differ."""
    classes = scene.result.model.classes
    old, new = (["".join(classes[k] for k in word if k) for word in words] for words in scene.result.probed)
    return {"old": old, "new": new, "underlines": [underlines(*pair) for pair in zip(old, new, strict=True)]}


def underlines(old: str, new: str) -> str:
    """Underscores under the letters of `new` that are not those of `old`.

    >>> underlines("raym", "rayid")
    '   __'
    """
    return "".join(" " if old[k : k + 1] == letter else "_" for k, letter in enumerate(new)).rstrip()


def build(act: Act) -> Drawing:
    plot = theme.plot(x_range=Range1d(0, 600), y_range=Range1d(400, 0), min_border=2)
    plot.axis.visible = False
    source = empty("old new underlines left right y")
    for words, x, lower, color in (
        ("old", "left", 0, theme.BASELINE),
        ("new", "right", 0, theme.COMPRESSED),
        ("underlines", "right", 2, theme.INK),
    ):
        look = theme.text_style(color, "16px", text_font=MONOSPACE, y_offset=lower)
        plot.text(x, "y", words, source=source, **look)
    arrange(plot, ARRANGE, source, source=source)

    def draw(scene: Scene, changed: ChangedAnswers) -> None:
        it = data(scene)
        source.data = it | {name: [0.0] * len(it["old"]) for name in ("left", "right", "y")}  # filled in by ARRANGE

    return Drawing(headed(legend(LEGEND), plot), draw)


def said(scene: Scene, changed: ChangedAnswers) -> str:
    """How many of the words came out otherwise, and the first of them."""
    it = data(scene)
    others = [pair for pair in zip(it["old"], it["new"], strict=True) if pair[0] != pair[1]]
    words = f"Of {len(it['old'])} words made up, {len(others)} came out otherwise"
    return words + (f": “{others[0][0]}” became “{others[0][1]}”." if others else ".")


PICTURED = Pictured(build, said, sifts=False)
