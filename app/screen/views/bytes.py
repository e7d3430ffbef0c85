"""Where do the bytes go? One bar a layer, and one for the rest of the file, each split into what it is spent on.

The bars are drawn to a scale of their own, a round number that the longest one nearly fills: beside a baseline twenty
times as long nothing could be told apart. The outline of a baseline that is longer than the scale ends in an arrow.
What the codes take, payload and places, stands first, so that the bound of their entropy can be compared with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import fill
from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Range1d

from app.results.result import ZEROS_ARE_STORED
from app.results.scene import Scene
from app.results.untouched import in_words
from app.screen import theme
from app.screen.format import end_of, kilobytes, percent
from app.screen.views.arranged import arrange
from app.screen.views.view import Act, Drawing, Table, View, empty, headed, legend

DATA = ("payload", "places", "tables", "scales")  # of the compressed weights: in the colour of all that is compressed
LOOKS = {  # part -> opacity, hatching, and how far apart its lines are
    "payload": (0.95, " ", 0), "places": (0.5, " ", 0), "tables": (0.14, "/", 5), "scales": (0.14, ".", 5),
    "bias": (0.85, " ", 0), "graph": (0.5, " ", 0), "functions": (0.14, "/", 5), "metadata": (0.14, ".", 5),
    "constants": (0.5, ".", 5), "rest": (0.22, " ", 0),
}  # fmt: skip
PARTS = tuple(LOOKS)
OF_LAYERS = PARTS[:6]  # the others are the rest of the file
HELP = {
    "payload": "payload: the codes, indices or numbers that stand for the weights",
    "places": "places: masks or steps that say which weights are stored at all",
    "tables": "tables: the values that indices point to",
    "scales": "scales: scales and zero points",
    "bias": "bias",
    "graph": "graph: operators, names and shapes",
    "functions": "functions: turn packed codes back into weights, shared by all layers",
    "metadata": "metadata: the recipe, so that the file can be opened as what it is",
    "constants": "constants: other numbers that operators read; no technique compresses them",
    "rest": "rest: inputs, outputs, shapes, versions",
}
REST = "the rest"
BAR = (0.22, 0.79)  # where the bars stand, as shares of the width; then come the bytes, right-aligned at 1

# Rows of 16 to 110 pixels under a head of 24; y counts them downwards from 0. Words are shown where there is room.
ROWS = """
    const n = Math.max(rows.data.y.length, 1)
    const row = Math.min(Math.max((h - 24) / n, 16), 110)
    plot.y_range.setv({start: (h - 24) / row, end: -24 / row})
    const wide = w >= 560
    old.visible = row >= 44
    stored.visible = row >= 44 && wide
    why.visible = row >= 64 && wide
    const left = wide ? 0 : -0.18  // a phone keeps as many pixels for the names
    plot.x_range.start = left
    names.glyph.x = {value: left}
"""


def data(scene: Scene) -> Mapping[str, Any]:
    """One row a layer in the order of the network, then one for the rest of the file.

    why : why zeros do not make a layer smaller, or ""
    bytes : int, shape (rows, len(PARTS)), adding up to the length of the file
    before : what each row takes in the baseline
    entropy : the least that the codes of each layer could take; NaN for the rest
    scale : what the full width stands for, in bytes
    """
    result, layers = scene.result, scene.result.layers
    bytes_ = np.array([[cost.get(part, 0) for part in PARTS] for cost in (*(x.cost for x in layers), result.overhead)])
    before = np.array([layer.bytes_before for layer in layers])
    return {
        "name": [*(layer.name for layer in layers), REST],
        "stored": [*(layer.stored for layer in layers), ""],
        "why": [*(ZEROS_ARE_STORED if layer.zeros_are_stored else "" for layer in layers), ""],
        "bytes": bytes_,
        "before": np.append(before, max(result.baseline.size_bytes - before.sum(), 0)),
        "entropy": np.array([*(layer.entropy_bytes for layer in layers), np.nan]),
        "scale": round_up(bytes_.sum(axis=1).max()),
    }


def round_up(size: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50 and so on.

    Examples
    --------
    >>> [round_up(size) for size in (0, 1, 230, 9_246)]
    [1, 1, 500, 10000]
    """
    power = 10 ** (len(str(int(size))) - 1)
    return next(digit * power for digit in (1, 2, 5, 10) if size <= digit * power)


def columns(it: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    """The columns of the rows, of their parts in colour and of their parts in grey, made from `data`."""
    wide = (BAR[1] - BAR[0]) / it["scale"]
    y, after = np.arange(len(it["name"])) + 0.5, it["bytes"].sum(axis=1)
    over = it["before"] > it["scale"]
    rows = {
        "y": y,
        "foot": y + 0.25,
        "name": [*map(end_of, it["name"])],
        "stored": it["stored"],
        "why": [fill(why, 76, max_lines=2, placeholder=" …") for why in it["why"]],
        "after": [kilobytes(size) for size in after],
        "old": [f"of {kilobytes(size)}" for size in it["before"]],
        "before": BAR[0] + wide * np.where(over, it["scale"], it["before"]),
        "over": ["›" if each else "" for each in over],
        "entropy": BAR[0] + wide * it["entropy"],
    }
    ends = BAR[0] + wide * it["bytes"].cumsum(axis=1)
    return rows, *(_parts(it, y, ends, wide, colour) for colour in (True, False))


def _parts(it: Mapping[str, Any], y: np.ndarray, ends: np.ndarray, wide: float, colour: bool) -> dict[str, Any]:
    """The parts that are not empty, row by row."""
    row, part = np.nonzero(it["bytes"] * [(name in DATA) == colour for name in PARTS])
    size = it["bytes"][row, part]
    opacity, hatch, spacing = zip(*(LOOKS[PARTS[i]] for i in part), strict=True) if len(part) else ((), (), ())
    return {
        "y": y[row],
        "left": ends[row, part] - wide * size,
        "right": ends[row, part],
        "opacity": list(opacity),
        "hatch": list(hatch),
        "spacing": list(spacing),
        "tip": [f"{it['name'][i]}: {kilobytes(n)} · {HELP[PARTS[k]]}" for i, k, n in zip(row, part, size, strict=True)],
    }


def build(act: Act) -> Drawing:
    plot = theme.plot(x_range=Range1d(0, 1), y_range=Range1d(4, -0.3), min_border=2, tools="")
    plot.axis.visible = False
    rows = empty("y foot name stored why after old before over entropy")
    parts = [empty("y left right opacity hatch spacing tip") for _ in range(2)]
    head = ColumnDataSource({"x": [*BAR], "text": ["0", ""], "align": ["left", "right"], "end": [0, 0]})

    plot.segment("x", 0, "x", "end", source=head, line_color=theme.LINE)
    plot.text("x", 0, "text", source=head, text_align="align", text_baseline="alphabetic", y_offset=-7,
              **theme.text_style(theme.MUTED))  # fmt: skip
    bars = [
        plot.hbar(
            "y", 0.36, "right", "left", source=source, fill_color=colour, fill_alpha="opacity", line_color=None,
            hatch_pattern="hatch", hatch_color=colour, hatch_scale="spacing", hatch_weight=1.2,
        )
        for source, colour in zip(parts, (theme.COMPRESSED, theme.MUTED), strict=True)
    ]  # fmt: skip
    plot.hbar("y", 0.5, "before", BAR[0], source=rows, fill_color=None, line_color=theme.BASELINE)
    plot.rect("entropy", "y", 2, 0.62, source=rows, width_units="screen", fill_color=theme.INK, line_color=None)
    texts = {}
    for x, column, align, style in (
        (0, "name", "left", theme.text_style(theme.INK, theme.NORMAL, text_font_style="bold")),
        (BAR[1], "over", "left", theme.text_style(theme.BASELINE, theme.LARGE, x_offset=3)),
        (1, "after", "right", theme.text_style(theme.COMPRESSED, theme.NORMAL, text_font_style="bold")),
    ):
        texts[column] = plot.text(x, "y", column, source=rows, text_align=align, text_baseline="middle", **style)
    under = {"source": rows, "y_offset": 16, "text_baseline": "middle"}
    stored = plot.text(0, "y", "stored", **under, **theme.text_style(theme.MUTED))
    old = plot.text(1, "y", "old", text_align="right", **under, **theme.text_style(theme.BASELINE))
    why = plot.text(
        BAR[0], "foot", "why", source=rows, text_baseline="top", y_offset=4, **theme.text_style(theme.MUTED)
    )
    plot.add_tools(HoverTool(renderers=bars, tooltips="@tip"))
    words = {"names": texts["name"], "stored": stored, "old": old, "why": why}
    arrange(plot, ROWS, rows, rows=rows, **words)

    def draw(scene: Scene) -> None:
        it = data(scene)
        rows.data, parts[0].data, parts[1].data = columns(it)
        frame = {"text": ["0", f"{it['scale'] / 1000:g} kB"], "end": [len(it["name"])] * 2}
        if any(head.data[name] != value for name, value in frame.items()):
            head.data = {**head.data, **frame}

    return Drawing(headed(legend(legend_html()), plot), draw)


def legend_html() -> str:
    """What the looks of the parts mean, and the two marks; drawn with the variables of the page."""
    parts = "".join(f"<li>{_swatch(name)}{name}</li>" for name in PARTS)
    return (
        f'<ul>{parts}<li><i class="entropy"></i>entropy of the codes</li><li><i class="baseline"></i>baseline</li></ul>'
    )


def _swatch(name: str) -> str:
    opacity, hatch, _ = LOOKS[name]
    kind = {"/": "lines", ".": "dots", " ": ""}[hatch]
    colour = "compressed" if name in DATA else "muted"
    return f'<i class="{kind}" style="color: var(--{colour}); --opacity: {100 * opacity:.0f}%"></i>'


def text(scene: Scene) -> str:
    result, it = scene.result, data(scene)
    sizes = dict(zip(PARTS, it["bytes"].sum(axis=0).tolist(), strict=True))
    codes, total = sizes["payload"] + sizes["places"], sum(sizes.values())
    constants = sizes["constants"]
    sizes = {part: sizes[part] for part in (*OF_LAYERS, "constants")}
    sizes["rest"] = total - sum(sizes.values())
    parts = ", ".join(f"{percent(size / total, 0)} {part}" for part, size in sizes.items() if size >= total / 200)
    zipped = result.compressed.zipped_bytes
    also = "" if zipped is None else f", zipped {zipped:,}"
    words = (
        f"{parts} add up to the file: {total:,} bytes{also}. The codes take "
        f"{kilobytes(codes)}; one by one, no entropy coder can store them in less than "
        f"{kilobytes(np.nansum(it['entropy']))}."
    )
    reasons: dict[str, list[str]] = {}
    for name, why in zip(it["name"], it["why"], strict=True):
        if why:
            reasons.setdefault(why, []).append(name)
    words += in_words(result.untouched, constants, total)
    return " ".join((words, *(f"{', '.join(names)}: {why}" for why, names in reasons.items())))


def table(scene: Scene) -> Table:
    result, it = scene.result, data(scene)
    rows = [
        (layer.name, layer.bytes_before, layer.bytes_after, *(layer.cost.get(part, 0) for part in OF_LAYERS),
         round(layer.entropy_bytes), layer.stored, layer.note)
        for layer in result.layers
    ]  # fmt: skip
    blank = ("",) * (len(OF_LAYERS) + 3)
    rows += [(part, "", size, *blank) for part, size in result.overhead.items()]
    total = it["bytes"].sum(axis=0).tolist()
    rows += [
        (
            "the file",
            result.baseline.size_bytes,
            sum(total),
            *total[: len(OF_LAYERS)],
            round(np.nansum(it["entropy"])),
            "",
            "",
        ),
        ("the file, zipped", result.baseline.zipped_bytes, result.compressed.zipped_bytes, *blank),
    ]
    return Table(
        ("part", "bytes before", "bytes after", *OF_LAYERS, "entropy of the codes", "stored as", "note"), tuple(rows)
    )


VIEW = View("bytes", "Bytes", "Where do the bytes go?", data, build, text, table)
