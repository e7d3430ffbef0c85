"""The colours of the page, light and dark, and how every Bokeh figure looks.

Python always draws in the light colours. In the page, `static/theme.js` walks the Bokeh document and swaps each light
colour for its dark partner (`SWAP`), so two rules hold for whoever draws: a colour in a Bokeh model is one of these
names, never a value of its own and never a column of a data source; and each light value belongs to one name only.
Transparency is a property apart.

"baseline" and "compressed" have one colour each, used for nothing else, and so have better and worse; numbers with a
sign, and differences among them, go from plum to lime; what is chosen, on, or about both models is in ink. Every text
colour has a contrast of at least
4.5 : 1 on SURFACE and RAISED, in both themes; no meaning rests on hue alone.
"""

from __future__ import annotations

from bokeh.core.properties import value
from bokeh.models import Plot
from bokeh.plotting import figure

FONT = "Inter, sans-serif"
SMALL, NORMAL, LARGE = "11px", "12px", "14px"


def _mix(one: str, other: str, share: float) -> str:
    """The colour that lies `share` of the way from one to the other."""
    parts = (int(one[i : i + 2], 16) * (1 - share) + int(other[i : i + 2], 16) * share for i in (1, 3, 5))
    return "#" + "".join(f"{round(part):02x}" for part in parts)


TOKENS: dict[str, tuple[str, str]] = {
    "surface": ("#ffffff", "#14171c"),  # the page
    "raised": ("#f6f6f3", "#1d2128"),  # panels, the paper that pictures lie on
    "line": ("#dcdfe5", "#343a45"),  # axes, borders, empty bars
    "grid": ("#edeff2", "#242932"),  # grid lines, meant to be overlooked
    "ink": ("#1c2027", "#eceef2"),
    "muted": ("#636b78", "#9aa3b2"),  # second voice: axes, hints, what was tried before
    "baseline": ("#50658c", "#9bb2dc"),
    "compressed": ("#b15505", "#f29a43"),
    "bad": ("#b3204d", "#ff7f9c"),  # broken answers, over budget, errors
    "good": ("#0a766c", "#4cc9b8"),  # fixed answers, within budget
    "class_a": ("#7c62b8", "#a58fe0"),
    "class_b": ("#2f8f83", "#56b5a8"),
    "class_c": ("#a9861a", "#d0ae48"),
} | {f"ink_{i}": (_mix("#f1f1ed", "#181b21", i / 16), _mix("#252a33", "#f4f5f7", i / 16)) for i in range(17)}
SIGNS = {"minus": ("#98208b", "#f08fe4"), "plus": ("#4c7a00", "#a9d93f")}  # bluish and yellowish to all eyes
PAPER = TOKENS["ink_0"]
TOKENS |= {
    f"{name}_{i}": (_mix(PAPER[0], light, 0.1 + 0.9 * i / 8), _mix(PAPER[1], dark, 0.1 + 0.9 * i / 8))
    for name, (light, dark) in SIGNS.items()
    for i in range(1, 9)
}
"""Name -> (light, dark). `ink_0` to `ink_16` is the scale of a picture, from no ink to full ink; `minus_8` to
`minus_1`, `ink_0` and `plus_1` to `plus_8` is that of numbers with a sign."""

SWAP = {light: dark for light, dark in TOKENS.values()}
"Light -> dark: what `static/theme.js` swaps, which reads the same pairs from `static/style.css`."

SURFACE, RAISED, LINE, GRID, INK, MUTED, BASELINE, COMPRESSED, BAD, GOOD = (
    TOKENS[name][0]
    for name in ("surface", "raised", "line", "grid", "ink", "muted", "baseline", "compressed", "bad", "good")
)
CLASSES = tuple(TOKENS[f"class_{letter}"][0] for letter in "abc")
GREYS = tuple(f"#{i:02x}{i:02x}{i:02x}" for i in range(255))  # of photographs, the same in the dark; white is SURFACE
INKS = tuple(TOKENS[f"ink_{i}"][0] for i in range(17))
MINUS, PLUS = (tuple(TOKENS[f"{name}_{i}"][0] for i in range(1, 9)) for name in SIGNS)
SIGNED = (*MINUS[::-1], INKS[0], *PLUS)


def plot(**options) -> figure:
    """A figure that fills its place: transparent, no toolbar, no frame, no grid, nothing that follows the wheel."""
    tools = options.pop("tools", "tap")
    made = figure(sizing_mode="stretch_both", toolbar_location=None, tools=tools, **options)
    return calm(made)


def calm(made: Plot) -> Plot:
    """Give a figure, whoever made it, the looks of the page."""
    made.background_fill_alpha = 0
    made.border_fill_alpha = 0
    made.outline_line_color = None
    made.toolbar.logo = None
    made.toolbar.active_drag = made.toolbar.active_scroll = None
    made.grid.grid_line_color = None
    for axis in made.axis:
        axis.axis_line_color = LINE
        axis.major_tick_line_color = LINE
        axis.minor_tick_line_color = None
        axis.major_tick_in, axis.major_tick_out = 0, 4
        axis.major_label_text_color = axis.axis_label_text_color = MUTED
        axis.major_label_text_font = axis.axis_label_text_font = FONT
        axis.major_label_text_font_size = axis.axis_label_text_font_size = SMALL
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_standoff = 8
    return made


def text_style(color: str = INK, size: str = SMALL, **options) -> dict:
    """Text properties of a glyph in the page's type."""
    return {"text_color": color, "text_font": value(FONT), "text_font_size": size} | options
