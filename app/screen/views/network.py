"""What is left of the network? The network itself, drawn as data flows through it, and the error as it travels.

A small one neuron by neuron, others as pictures of their weights; between them what each layer says of the chosen
sample. The picture is laid out in pixels for the room there is, which the page tells in `tags` of the plot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bokeh.models import CustomJS, Range1d

from app.results.scene import Scene
from app.screen import theme
from app.screen.format import count, percent
from app.screen.views.arranged import arrange
from app.screen.views.networked import cards, depth, neurons, pointed
from app.screen.views.networked.parts import EXACT, fall, parts
from app.screen.views.networked.sheet import MUTED, Sheet, colour, glyphs
from app.screen.views.view import Act, Drawing, Table, View, empty

APART = 48  # pixels between what is said of two layers
ROOM = (640, 430)  # pixels, until the page has told
TOLD = """
    if (plot.tags[0] !== w || plot.tags[1] !== h) plot.tags = [w, h]
"""
# Where the pointer rests for a moment: Python says what is there, so that weights need not travel for it.
MOVED = """
    const {x, y} = cb_obj
    clearTimeout(window.networkPointer)
    window.networkPointer = setTimeout(() => { note.tags = [x, y, 0] }, 50)
"""
TAPPED = """
    clearTimeout(window.networkPointer)
    note.tags = [cb_obj.x, cb_obj.y, performance.now()]
"""
LEFT = """
    clearTimeout(window.networkPointer)
    note.tags = []
"""


def data(scene: Scene) -> Mapping[str, Any]:
    """What is drawn: the wiring, the layers in the order of the network, and the first where the error falls."""
    flow = scene.result.flow
    if flow is None:
        return {"wiring": (), "parts": [], "fall": None}
    shown = parts(scene.result)
    return {"wiring": flow.wiring, "parts": shown, "fall": fall(flow.wiring, shown)}


def sheet_of(scene: Scene, it: Mapping[str, Any], width: float, height: float) -> Sheet:
    """The picture in so many pixels, made from `data`."""
    sheet, shown = Sheet(width, height), it["parts"]
    if not shown:
        sheet.words(width / 2, height / 2, "The network is drawn as soon as it has been run.", MUTED, align="center")
        return sheet
    above = height - depth.HEIGHT - 6
    fallen = it["fall"] and it["fall"][0]
    if neurons.fits(it["wiring"], shown):
        at = neurons.draw(sheet, scene.result, shown, above)
        pitch = min((b - a for a, b in zip(at, at[1:], strict=False)), default=APART)
    else:
        at = [box.x + box.width / 2 for _, box in cards.draw(sheet, scene.result, shown, above)]
        pitch = min((b - a for a, b in zip(at, at[1:], strict=False)), default=APART)
        if pitch < APART:  # in several rows, or one above the other: these would be told apart no longer
            pitch = width / len(shown)
            at = [pitch * (i + 0.5) for i in range(len(shown))]
    depth.draw(sheet, shown, at, pitch, fallen)
    return sheet


def build(act: Act) -> Drawing:
    plot = theme.plot(x_range=Range1d(0, ROOM[0]), y_range=Range1d(ROOM[1], 0), min_border=2, tools="")
    plot.axis.visible = False
    plot.tags = list(ROOM)
    sources = glyphs(plot)
    note = empty("x y text align side")
    plot.text("x", "y", "text", source=note, text_align="align", text_baseline="side", padding=6, border_radius=4,
              background_fill_color=theme.RAISED, border_line_color=theme.LINE,
              **theme.text_style(theme.INK, theme.NORMAL))  # fmt: skip
    lens = empty("image x y")
    plot.image("image", "x", "y", pointed.LENS, pointed.LENS, source=lens, origin="top_left", color_mapper=colour())
    drawn: Scene | None = None
    sheet, shown = Sheet(*ROOM), {}

    def draw(scene: Scene) -> None:
        nonlocal drawn, sheet, shown
        drawn, (width, height), it = scene, plot.tags, data(scene)
        sheet, shown = sheet_of(scene, it, width, height), {part.name: part for part in it["parts"]}
        plot.x_range.update(start=0, end=width)
        plot.y_range.update(start=height, end=0)
        for kind, columns in sheet.columns().items():
            if any(len(next(iter(each.values()))) for each in (columns, sources[kind].data)):  # else nothing is new
                sources[kind].data = columns
        say("", 0, 0)

    def say(words: str, x: float, y: float) -> None:
        if words == (note.data["text"] or [""])[0]:
            return
        left, high = x < 0.6 * sheet.width, y < 70
        note.data = {name: [] for name in note.data} if not words else {
            "x": [x + (14 if left else -14)], "y": [y + (14 if high else -10)], "text": [words],
            "align": ["left" if left else "right"], "side": ["top" if high else "bottom"],
        }  # fmt: skip
        seen = pointed.seen(sheet, shown, x, y) if words else []
        wide = pointed.LENS + 6
        start = x + 14 if left else x - 14 - wide * len(seen)
        below = y + 64 if high else y + 10
        if seen or lens.data["x"]:
            lens.data = {"image": seen, "x": [start + wide * i for i in range(len(seen))], "y": [below] * len(seen)}

    def point(attr, old, new) -> None:
        if not new:
            say("", 0, 0)
        elif drawn is not None:
            x, y, tapped = new
            say(pointed.told(sheet, shown, x, y), x, y)
            layer = pointed.layer_at(sheet, x, y) if tapped else ""
            if layer:
                act({"layer": "" if layer == drawn.result.state.layer else layer})

    arrange(plot, TOLD)
    plot.on_change("tags", lambda attr, old, new: drawn is not None and draw(drawn))
    for event, code in (("mousemove", MOVED), ("tap", TAPPED), ("mouseleave", LEFT)):
        plot.js_on_event(event, CustomJS(args={"note": note}, code=code))
    note.on_change("tags", point)
    return Drawing(plot, draw)


def text(scene: Scene) -> str:
    it, result = data(scene), scene.result
    shown = it["parts"]
    if not shown:
        return "It is drawn as soon as it has been run."
    all_weights, names = sum(part.before.size for part in shown), {part.name for part in shown}
    gone = sum(round(layer.sparsity * layer.before.size) for layer in result.layers if layer.name in names)
    removed = sum(len(p.before) - len(p.weight.kept_out) for p in shown if p.weight.kept_out is not None)
    words = f"{percent(gone / all_weights, 0)} of {all_weights:,} weights are gone" if gone else "Every weight is there"
    words += f", with {count(removed, 'neuron')} or channels." if removed else "."
    if result.compressed.route is not None:
        words += f" {percent(result.compressed.route.share, 0)} of the samples go all the way."
    known = [part for part in shown if part.db is not None]
    if it["fall"]:
        part, before = it["fall"]
        was = "no error" if before >= EXACT else f"{before:.1f} dB"
        words += f" The error first grows by more than one bit (6 dB) in {part.name}: from {was} to {part.db:.1f} dB."
    elif known and all(part.db >= EXACT for part in known):
        words += " Each layer says what it said before."
    elif known:
        words += f" No layer adds more than 6 dB of error; {known[-1].name} ends at {known[-1].db:.1f} dB."
    return words


def table(scene: Scene) -> Table:
    rows = []
    for part in data(scene)["parts"]:
        said, layer = part.said, next(each for each in scene.result.layers if each.name == part.name)
        spans = [part.range_before, part.range_after]
        spans += [said.range_before, said.range_after] if said else []
        said_db = "unknown" if said is None else "no error" if said.sqnr_db is None else round(said.sqnr_db, 1)
        rows.append(
            (part.name, "×".join(map(str, part.before.shape)), percent(layer.sparsity, 0), said_db,
             *(f"{low:.3g} to {high:.3g}" for low, high in spans), *[None] * (4 - len(spans)),
             None if said is None else percent(said.beyond))
        )  # fmt: skip
    heads = ("layer", "shape", "gone", "error of what it says, dB", "weights before", "weights after", "says, before",
             "says, after", "out of range")  # fmt: skip
    return Table(heads, tuple(rows))


VIEW = View("network", "Network", "What is left of the network?", data, build, text, table, layered=True)
