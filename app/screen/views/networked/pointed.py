"""What is under the pointer, in words: one weight before and after and how it is stored, or what a neuron says."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from app.results.followed import stored
from app.screen.views.followed import place_told
from app.screen.views.networked.parts import Part
from app.screen.views.networked.pictures import colours
from app.screen.views.networked.sheet import EDGE, Sheet, Spot, Strands
from kernels.weight import Float8, LowRank, Palette, Weight

LENS = 78  # pixels of what one neuron sees of the plane, under the lens
NEAR = 5.0  # pixels from a line that count as on it
ALONG = np.linspace(0.02, 0.98, 25)  # of a line, where it is looked for


def layer_at(sheet: Sheet, x: float, y: float) -> str:
    """The layer whose weights or words are there; "" for none."""
    spot = _spot(sheet, x, y)
    return spot.layer if spot else (_line(sheet, x, y) or ("",))[0]


def told(sheet: Sheet, parts: Mapping[str, Part], x: float, y: float) -> str:
    """What is there, in lines; "" for nothing."""
    spot = _spot(sheet, x, y)
    if spot is None:
        line = _line(sheet, x, y)
        return "" if line is None else weight_told(parts[line[0]], line[1])
    rows, columns = spot.places.shape
    row, column = int((y - spot.y) / spot.height * rows), int((x - spot.x) / spot.width * columns)
    place = int(spot.places[min(row, rows - 1), min(column, columns - 1)])
    if place < 0:
        return spot.layer
    part = parts[spot.layer]
    return weight_told(part, place) if spot.kind == "weights" else said_told(part, place, spot.kind == "neurons")


def seen(sheet: Sheet, parts: Mapping[str, Part], x: float, y: float) -> list[np.ndarray]:
    """What the neuron there sees of the plane: under the baseline, when compressed, and the difference; else none."""
    spot = _spot(sheet, x, y)
    said = None if spot is None or spot.kind != "neurons" else parts[spot.layer].said
    if said is None or said.plane is None:
        return []
    old, new = said.plane[:, int(spot.places[0, 0]), ::-1]
    limit = float(max(np.abs(old).max(), np.abs(new).max()))
    low = said.range_before[0]
    levels = (colours(old, low, limit), colours(new, low, limit), colours(new - old, -1.0, limit))
    framed = ((EDGE + 1, levels[0]), (EDGE + 2, levels[1]), (EDGE, levels[2]))
    return [np.pad(np.kron(each, np.ones((5, 5), np.uint8)), 2, constant_values=edge) for edge, each in framed]


def _spot(sheet: Sheet, x: float, y: float) -> Spot | None:
    return next((s for s in sheet.spots if 0 <= x - s.x < s.width and 0 <= y - s.y < s.height), None)


def _line(sheet: Sheet, x: float, y: float) -> tuple[str, int] | None:
    """The layer and the place of the weight whose line is nearest, if one is near."""
    best: tuple[float, Strands, int] | None = None
    for strands in sheet.strands:
        x0, y0, x1, y1, c0, c1 = strands.ends[:, :, None]
        if not strands.ends.size or not x0.min() - NEAR < x < x1.max() + NEAR:
            continue
        t, s = ALONG, 1 - ALONG
        across = s**3 * x0 + 3 * s * s * t * c0 + 3 * s * t * t * c1 + t**3 * x1
        down = (s**3 + 3 * s * s * t) * y0 + (3 * s * t * t + t**3) * y1
        far = np.hypot(across - x, down - y).min(axis=1)
        k = int(far.argmin())
        if far[k] < NEAR and (best is None or far[k] < best[0]):
            best = float(far[k]), strands, k
    if best is None:
        return None
    _, strands, k = best
    return strands.layer, int(strands.place[k])


def weight_told(part: Part, place: int) -> str:
    """One weight: between what, before and after, and what it is stored as."""
    at = np.unravel_index(place, part.before.shape)
    where = place_told(part.before.shape, at)
    if part.tile:
        row, column = divmod(int(at[1]), part.tile[1])
        where = f"neuron {at[0] + 1}, pixel {column + 1}, {row + 1}"
    before, after = float(part.before[at]), float(part.after[at])
    return f"{part.name}: {where}\n{before:.4g} → {after:.4g}\n{stored_told(part.weight, at)}"


def stored_told(weight: Weight, at: tuple) -> str:
    """How a weight is stored: its code with its scale, or its entry in the palette."""
    it, form = stored(weight, at), weight.form
    if it.fate:
        return "removed with its channel" if it.fate == "removed" else it.fate
    if isinstance(form, Palette):
        times = "" if it.scale is None else f", times {it.scale:.4g}"
        return f"entry {it.code + 1} of {it.entries} in the palette{times}"
    if it.code is not None:
        kind = "fp8 code" if isinstance(form, Float8) else "code"
        return f"{kind} {it.code}, scale {it.scale:.4g}" + (f", zero at {it.zero:.3g}" if it.zero else "")
    if isinstance(form, LowRank):
        return f"a product: {len(form.inner.values)} numbers each way"
    return f"{form.kind}{form.bits}"


def said_told(part: Part, place: int, neuron: bool) -> str:
    """What a neuron says of the chosen sample in both networks."""
    said = part.said
    if said is None:
        return f"{part.name}: neuron {place + 1}"
    if said.plane is not None and not neuron:
        place = place // said.plane[0, 0].size
    if said.before is None or said.after is None:
        return f"{part.name}: this sample does not get here in both"
    at = np.unravel_index(place, said.before.shape)
    where = ", ".join(str(each + 1) for each in at)
    what = "neuron" if len(at) == 1 else "token, channel" if len(at) == 2 else "channel, row, column"
    old, new = float(said.before[at]), float(said.after[at])
    low, high = said.range_before
    out = "\noutside of the range it had" if not low <= new <= high else ""
    return f"{part.name}: {what} {where}\nsays {old:.4g} → {new:.4g}{out}"
