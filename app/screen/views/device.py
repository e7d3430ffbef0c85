"""What would it cost? The files on a device that is not here: an estimate by a roofline for each layer, beside the time
that was measured here.

What is assumed is in `app.results.device`, the numbers of the devices in `app.state.devices`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from math import inf
from typing import Any

from bokeh.models import Column, InlineStyleSheet, Toggle

from app.results.device import Estimate, estimate, ridge
from app.results.result import Result
from app.results.scene import Scene
from app.screen.controls.widgets import put
from app.screen.format import count, kilobytes, si
from app.screen.views.few import CSS
from app.screen.views.menus import Menus
from app.screen.views.priced.numbers import Numbers
from app.screen.views.priced.rows import columns, rows_of, why
from app.screen.views.view import Act, Drawing, Table, View, legend
from app.state.devices import DEVICES, RATES, Device, Rate, device_of

BACKEND = "onnxruntime-web in WebAssembly" if sys.platform == "emscripten" else "onnxruntime"
LEGEND = (
    "<ul><li>upper bar: moving its bytes</li><li>lower bar: computing</li><li>the longer, full one is the time</li>"
    "<li><i class='baseline'></i>baseline</li></ul>"
)


def data(scene: Scene) -> Mapping[str, Any]:
    """Both files on the chosen device, at the chosen rate."""
    state, layers = scene.result.state, scene.result.layers
    device, rate = device_of(state.device), RATES[state.rate]
    return {
        "device": device,
        "rate": rate,
        "old": estimate({layer.name: layer.load_before for layer in layers}, device, rate),
        "new": estimate({layer.name: layer.load for layer in layers}, device, rate),
        "unknown": sum(layer.load.intensity is None for layer in layers),
    }


def build(act: Act) -> Drawing:
    picture = _Picture(act)
    return Drawing(picture.root, picture.draw)


class _Picture:
    """The choice of a device and of a rate, and the rows, of one document."""

    def __init__(self, act: Act):
        css = InlineStyleSheet(css=CSS)
        self._numbers = Numbers(lambda device: act({"device": device}))
        self._open = Toggle(label="numbers", stylesheets=[css], css_classes=["act"], margin=0)
        self._open.on_change("active", lambda attr, old, on: put(self._numbers.root, visible=on))
        self._menus = Menus(act, {"device": "on", "rate": "how often"}, self._open)
        plot, self._draw_rows = rows_of()
        self.root = Column(
            children=[self._menus.root, self._numbers.root, legend(LEGEND), plot],
            sizing_mode="stretch_both", spacing=0,
        )  # fmt: skip

    def draw(self, scene: Scene) -> None:
        it = data(scene)
        self._menus.show("device", {id: each.label for id, each in DEVICES.items()}, it["device"].id)
        self._menus.show("rate", {id: each.label for id, each in RATES.items()}, scene.result.state.rate)
        self._numbers.show(it["device"])
        self._draw_rows(columns(it["old"].layers, it["new"].layers, it["new"].cached))


def share(battery: float) -> str:
    """Of a battery, in percent.

    >>> [share(each) for each in (0, 2e-6, 0.0123, 3.4)]
    ['0 %', 'less than 0.001 %', '1.2 %', '340 %']
    """
    if 0 < battery < 1e-5:
        return "less than 0.001 %"
    return f"{100 * battery:.2g} %" if battery < 0.995 else f"{100 * battery:.0f} %"


def text(scene: Scene) -> str:
    it = data(scene)
    old, new, device = it["old"], it["new"], it["device"]
    words = [_cost(old, new, device, it["rate"])]
    if not new.fits(device):
        words.append(f"It does not fit: it takes {kilobytes(new.memory_bytes)} of {device['room']:g} MB.")
    words.append(_held_up(new))
    if it["unknown"]:
        words.append(f"{count(it['unknown'], 'layer')} whose work depends on the input could not be counted.")
    words.append(_unpacked(scene.result, old, new))
    words.append(measured(scene.result))
    return " ".join(filter(None, words))


def _cost(old: Estimate, new: Estimate, device: Device, rate: Rate) -> str:
    """The answer in one sentence."""
    if new.seconds == inf:
        return f"Estimate: {device.named} never finishes, for one of its numbers is 0."

    def beside(now: str, was: str) -> str:
        return now if now == was else f"{now} instead of {was}"

    run = beside(si(new.seconds, "s"), si(old.seconds, "s"))
    spent = beside(si(new.joules, "J"), si(old.joules, "J"))
    words = f"Estimate: on {device.named} a run takes {run} and {spent}; {rate.said}, "
    if not new.keeps_up(rate):
        return f"{words}that is more than it can do."
    battery = new.battery(device, rate)
    if battery == inf:
        return f"{words}{si(rate.a_day * new.joules, 'J')} a day, and there is no battery."
    return f"{words}{beside(share(battery), share(old.battery(device, rate)))} of the battery a day."


def _held_up(new: Estimate) -> str:
    """How many layers wait for memory."""
    n, waiting = len(new.layers), sum(cost.by_memory for cost in new.layers.values())
    if not n:
        return ""
    place = "the cache" if new.cached else "memory"
    if waiting == 0:
        return f"No layer waits for bytes from {place}: arithmetic is what takes time."
    layers = f"All {count(n, 'layer')}" if waiting == n else f"{waiting} of {count(n, 'layer')}"
    return f"{layers} wait for bytes from {place}."


def _unpacked(result: Result, old: Estimate, new: Estimate) -> str:
    """What of the smaller file is left in memory, for what is stored in fewer bits is not run in fewer."""
    size, memory = result.compressed.size_bytes, kilobytes(new.memory_bytes)
    words = f"Unpacked in memory, the {kilobytes(size)} become {memory}"
    if size < result.baseline.size_bytes and new.memory_bytes == old.memory_bytes:
        words += ": zeros, palettes and few bits save storage, and no time"
    return f"{words}."


def measured(result: Result) -> str:
    """The time of a run here, with its spread and what ran it."""
    new = result.compressed
    ms, spread, how = new.single_ms, new.single_spread, "a sample alone"
    if ms is None:
        ms, spread, how = new.latency_ms, new.latency_spread, "a sample, run with all others"
    if ms is None or spread is None:
        return f"Measured here by {BACKEND}: not yet."
    low, high = (si(each / 1000, "s") for each in spread)
    return f"Measured here by {BACKEND}: {si(ms / 1000, 's')} for {how}, half of the time {low} to {high}."


def table(scene: Scene) -> Table:
    it = data(scene)
    old, new, device = it["old"], it["new"], it["device"]
    rows: list[tuple] = []
    for layer in scene.result.layers:
        load, cost, was = layer.load, new.layers.get(layer.name), old.layers.get(layer.name)
        estimated = (None,) * 4
        if cost:
            estimated = si(cost.moving, "s"), si(cost.computing, "s"), why(cost, new.cached), si(cost.joules, "J")
        rows.append((
            layer.name, load.macs, load.moved, None if load.intensity is None else round(load.intensity, 2),
            "integers" if load.integers else "floats",
            round(ridge(device, integers=load.integers, cached=new.cached), 2),
            *estimated, si(was.seconds, "s") if was else None,
        ))  # fmt: skip
    rows.append(
        ("all", sum(layer.load.macs or 0 for layer in scene.result.layers), None, None, "", None, "", "",
         f"{si(new.seconds, 's')} a run", si(new.joules, "J"), si(old.seconds, "s"))
    )  # fmt: skip
    heads = (
        "layer", "MACs", "bytes moved", "operations per byte", "multiplies", "as many balance the device",
        "moving its bytes", "computing", "waits for", "energy", "baseline's time",
    )  # fmt: skip
    return Table(heads, tuple(rows), f"All estimated, but for what is counted. {device.what}.")


VIEW = View("device", "Device", "What would it cost?", data, build, text, table, timed=True)
