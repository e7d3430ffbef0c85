"""All the ways in which a weight can stand in an ONNX file, and what each costs.

A `Candidate` is a run of initializers and nodes whose last output is the decoded weight, bit for bit `Weight.values`.
Two questions make one: which elements are stored (all; those marked in a bit mask; those reached by steps from one to
the next), and how the stored ones are written (floats, integers of an affine grid, indices into a table; integers as
bytes, as the four-bit types of ONNX, or as bit planes). `graph.write` keeps the smallest.

Choices a newcomer would question: the two-bit types of ONNX are not used, because onnxruntime up to 1.31 computes
garbage with them in some shapes, and bit planes are as small. `sparse_initializer` is not used, because it spends eight
bytes on a place where a mask or a step spends at most one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from app.wire import FLOAT, FLOAT16, INT4, INT8, INT16, INT64, UINT4, UINT8, Fragment, attribute
from kernels.granularity import spread_blocks
from kernels.packing import pack
from kernels.technique import Affine, Float, Palette, Weight

WORDS = ("q", "s", "z", "t", "kept", "mask", "gaps", "all")
"What the tensors on the way to a weight are called, behind the name of the layer and a point."


@dataclass(frozen=True, eq=False)
class Candidate:
    """One way to write one weight. `label` is its name for the page, `note` a sentence or ""."""

    label: str
    fragment: Fragment
    note: str = ""


def candidates(weight: Weight, output: str) -> Iterator[Candidate]:
    """Every valid way to write `weight` so that the tensor `output` holds its values, the plainest first.

    Tensors on the way are called after the layer and the usual letters: q codes, s scale, z zero point, t table.
    """
    write = {Float: _float, Affine: _affine, Palette: _palette}[type(weight.form)]
    zeros = weight.mask is not None and not weight.mask.all()
    for place in _places(weight):
        for candidate in write(weight, place, output):
            yield replace(candidate, note=f"{_ZEROS} {candidate.note}".strip()) if zeros and place.dense else candidate


# ---- which elements are stored ---------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Place:
    """Where the stored elements stand in the weight; all others are zero.

    positions : flat indices of the stored elements, ascending; None if all are stored
    marks : what tells their positions: a mask of the weight's shape, or steps, one row each
    bits : of one mark; 1 is a mask
    """

    positions: np.ndarray | None = None
    marks: np.ndarray | None = None
    bits: int = 0

    @property
    def dense(self) -> bool:
        return self.positions is None

    def label(self, form: str) -> str:
        return form if self.dense else f"{'mask' if self.bits == 1 else 'gaps'} + {form}"

    def pick(self, array):
        """The elements to store: all of `array`, or a vector; with a mask the zero that goes between comes first."""
        if self.dense:
            return array
        picked = array.reshape(-1)[self.positions]
        return np.concatenate((np.zeros(1, array.dtype), picked)) if self.bits == 1 else picked

    def spread(self, fragment, weight, stored, kind, output) -> str:
        """Bring the tensor of stored elements, of the type `kind`, to the weight's shape, zeros between; its name."""
        if self.dense:
            return stored
        shape = weight.values.shape
        if self.bits == 1:
            mask = _bits(fragment, f"{weight.name}.mask", self.marks, 1)
            return _whole_bytes(fragment, "Fill", mask, stored, output=output, shape=shape)
        gaps = _integers(fragment, f"{weight.name}.gaps", self.marks, self.bits, kind=INT64)
        return fragment.call("Jump", gaps, stored, output=output, shape=shape, kind=kind)


def _places(weight: Weight) -> list[_Place]:
    """All elements; for a pruned weight also only those that are not zero, found by a mask or by steps."""
    if weight.mask is None:
        return [_Place()]
    mask = weight.values.view(np.uint32) != 0  # by bits: where nothing is stored comes +0, not -0
    mask.reshape(-1)[0] |= not mask.any()  # one zero, so that no tensor is empty
    kept = np.flatnonzero(mask)
    steps = np.diff(kept, prepend=0)
    counts = np.bincount(steps)

    def cost(bits):
        stops = np.maximum(np.arange(len(counts)) - 1, 0) // (2**bits - 1)
        return (len(kept) + int(stops @ counts)) * (bits + weight.form.bits)

    bits = min(range(2, 9), key=cost)
    walk = _with_stops(steps, 2**bits - 1)
    walk = np.pad(walk, (0, -len(walk) % 8))  # to whole bytes of bit planes: the last element is stored again
    return [_Place(), _Place(kept, mask, 1), _Place(np.cumsum(walk), walk[:, None], bits)]


def _with_stops(steps, reach):
    """The same way in steps of at most `reach`: where one is longer, steps of full reach come before it."""
    stops = np.maximum(steps - 1, 0) // reach
    walk = np.full(len(steps) + int(stops.sum()), reach)
    walk[np.cumsum(stops + 1) - 1] = steps - stops * reach
    return walk


# ---- how they are written --------------------------------------------------------------------------------------------


def _float(weight, place, output):
    bits, fragment = weight.form.bits, Fragment()
    name = _floats(fragment, output if place.dense else f"{weight.name}.kept", place.pick(weight.values), bits)
    place.spread(fragment, weight, name, FLOAT, output)
    yield Candidate(place.label(f"float{bits}"), fragment)


def _affine(weight, place, output):
    """Integers, brought to their places, then DequantizeLinear."""
    form, shape = weight.form, weight.values.shape
    if place.dense:
        codes, bits, signed = form.codes, form.bits, form.symmetric
        zero_point = None if signed else form.zero_point
    else:  # between the stored ones stands 0, so 0 has to mean zero whatever the zero point of a channel was
        codes = place.pick(form.codes - spread_blocks(form.zero_point, form.block_shape, shape))
        bits = 1 + max(int(codes.max()).bit_length(), int(~codes.min()).bit_length())
        signed, zero_point = True, None
    for width in _widths(bits):
        kind = _NATIVE.get((width, signed)) or _NATIVE[8, signed]
        if not place.dense and width == 4:
            kind = INT8  # the nodes that spread know no type smaller than a byte
        fragment = Fragment()
        name = _integers(fragment, f"{weight.name}.q", codes, width, kind=kind, signed=signed)
        name = place.spread(fragment, weight, name, kind, f"{weight.name}.all")
        _dequantize(fragment, weight.name, name, kind, form, shape, zero_point, output)
        yield Candidate(place.label(_affine_label(form)), fragment, _width_note(bits, width))


def _palette(weight, place, output):
    """Indices, brought to their places, then a look-up."""
    form, stem = weight.form if place.dense else _zero_first(weight.form), weight.name
    tables, entries = form.lut.shape
    if entries > 256:
        return  # a full table of eight bits without a zero has no room for one
    bits = max(1, (entries - 1).bit_length())
    for width in _widths(bits):
        fragment = Fragment()
        name = _integers(fragment, f"{stem}.q", place.pick(form.indices), width, kind=INT64)
        name = place.spread(fragment, weight, name, INT64, f"{stem}.all")
        table = _table(fragment, f"{stem}.t", form)
        if tables == 1:
            fragment.node("Gather", table, name, output=output)
        else:
            fragment.call("Lookup", name, table, output=output, repeat=(1, form.group_size), rows=(-1, entries))
        yield Candidate(place.label(f"palette {weight.form.bits} bit"), fragment, _width_note(bits, width))


def _zero_first(form: Palette) -> Palette:
    """The same palette with 0 as the first entry of every table, where the elements that are not stored find it."""
    zero = form.lut.view(np.uint32) == 0  # +0 only
    lut, tables = form.lut, form.lut_form
    if not zero.any(axis=1).all():
        lut = np.hstack([np.zeros((len(lut), 1), np.float32), lut])
        if isinstance(tables, Affine):
            codes = np.hstack([tables.zero_point, tables.codes])
            tables = replace(tables, codes=codes, block_shape=(1, codes.shape[1]))
        return replace(form, indices=form.indices.astype(np.int16) + 1, lut=lut, lut_form=tables)
    rows, first = np.arange(len(lut)), zero.argmax(axis=1)
    order = np.tile(np.arange(lut.shape[1]), (len(lut), 1))
    order[rows, first], order[:, 0] = 0, first  # an exchange, so `order` also says where an entry went
    if isinstance(tables, Affine):
        tables = replace(tables, codes=np.take_along_axis(tables.codes, order, axis=1))
    starts = np.arange(len(form.indices)) // form.group_size * lut.shape[1]  # of the table of each channel
    indices = order.reshape(-1)[form.indices + starts.reshape(-1, *(1 for _ in form.indices.shape[1:]))]
    return replace(form, indices=indices, lut=np.take_along_axis(lut, order, axis=1), lut_form=tables)


# ---- tensors, and the nodes right behind them ------------------------------------------------------------------------

_NATIVE = {(4, True): INT4, (4, False): UINT4, (8, True): INT8, (8, False): UINT8, (16, True): INT16}
"Types of ONNX by bits and sign; other widths stand as bit planes."


def _widths(bits):
    """Bits in which codes of `bits` bits may be stored, without those that never win."""
    return [16] if bits > 8 else sorted({bits, 4 if bits < 4 else 8})


def _integers(fragment, name, codes, width, *, kind=None, signed=False):
    """Store `codes` in `width` bits each and bring them to the type `kind` (None: any); the name of the result.

    A vector may come out longer, by up to seven more codes.
    """
    native = _NATIVE.get((width, signed))
    if not native:
        powers = (*(1 << p for p in range(width - 1)), (-1 if signed else 1) << width - 1)
        planes, shape = _bits(fragment, name, codes, width), codes.shape
        stored = _whole_bytes(fragment, "Unpack", planes, output=f"{name}.i", shape=shape, powers=powers)
        native = INT64
    else:
        stored = _native(fragment, name, codes, width, native)
        if width == 4 and kind not in (None, native):
            stored, native = fragment.call("Widen", stored, output=f"{name}.i"), INT64
    if kind in (None, native):
        return stored
    return fragment.node("Cast", stored, output=f"{name}.c", attributes=attribute("to", kind))


def _bits(fragment, name, codes, width):
    """Store `codes` as bit planes; each takes whole bytes."""
    size = -(-codes.size // 8)
    return fragment.tensor(name, UINT8, (width, size), width * size, lambda: _planes(codes, width))


def _whole_bytes(fragment, function, *inputs, output, shape, **attributes):
    """Call a function that gives a multiple of eight elements; unless a vector is wanted, the rest is cut off."""
    size = prod(shape)
    if size % 8 == 0:
        return fragment.call(function, *inputs, output=output, shape=shape, **attributes)
    trim = len(shape) > 1
    longer = f"{output}.8" if trim else output
    fragment.call(function, *inputs, output=longer, shape=(size + 8 - size % 8,), **attributes)
    return fragment.call("Trim", longer, output=output, shape=shape) if trim else longer


def _native(fragment, name, codes, width, kind):
    """Store `codes` in a type of ONNX."""
    if width == 4:
        return fragment.tensor(name, kind, codes.shape, -(-codes.size // 2), lambda: pack(codes, 4).tobytes())
    return fragment.tensor(name, kind, codes.shape, codes.size * width // 8, lambda: _whole(codes, width))


def _whole(codes, width):
    return codes.astype("<i2" if width == 16 else np.uint8).tobytes()  # the same bytes, signed or not


def _planes(codes, width):
    """Plane p holds bit p of every code; bit j of byte k is that of code j m + k, see `unpackers`."""
    padded = np.zeros(-(-codes.size // 8) * 8, np.uint8)
    padded[: codes.size] = codes.reshape(-1)  # the same bits, signed or not
    bits = padded.reshape(8, -1) & (1 << np.arange(width, dtype=np.uint8))[:, None, None]
    return np.packbits(bits, axis=1, bitorder="little").tobytes()


def _floats(fragment, name, values, bits):
    """Store `values` as 32 or 16 bit numbers; `name` is the float32 result."""
    if bits == 32:
        return fragment.tensor(name, FLOAT, values.shape, values.size * 4, lambda: values.astype("<f4").tobytes())
    half = f"{name}.h"
    fragment.tensor(half, FLOAT16, values.shape, values.size * 2, lambda: values.astype("<f2").tobytes())
    return fragment.node("Cast", half, output=name, attributes=attribute("to", FLOAT))


def _table(fragment, name, form):
    """The tables of a palette: a vector if there is one, else (tables, entries)."""
    lut, tables = form.lut, form.lut_form
    shape = lut.shape if len(lut) > 1 else lut.shape[1:]
    if not isinstance(tables, Affine):
        return _floats(fragment, name, lut.reshape(shape), tables.bits if tables else 32)
    width, zero_point = 4 if tables.bits <= 4 else 8, None if tables.symmetric else tables.zero_point
    kind = _NATIVE[width, tables.symmetric]
    codes = _native(fragment, f"{name}.q", tables.codes.reshape(shape), width, kind)
    return _dequantize(fragment, name, codes, kind, tables, lut.shape, zero_point, name)


def _dequantize(fragment, stem, codes, kind, form, shape, zero_point, output):
    """DequantizeLinear of `codes`, of type `kind`, with the scales of `form`, whose codes have this `shape`.

    ONNX knows one scale for all, one along an axis, or one for each block along an axis; this takes the first axis for
    channels and the second for blocks. Blocks along other axes have their scales repeated.
    """
    whole = [block >= n for block, n in zip(form.block_shape, shape, strict=True)]
    per_row = all(whole[1:])

    def arrange(array):
        if all(whole):
            return array.reshape(())
        for axis, block in enumerate(form.block_shape):
            if axis == 0 or axis > 1 and not per_row:
                array = np.repeat(array, block, axis=axis).take(np.arange(shape[axis]), axis=axis)
        return array.reshape(-1) if per_row else array

    along = attribute("axis", 0) if per_row else attribute("block_size", form.block_shape[1])
    inputs = [codes, _floats(fragment, f"{stem}.s", arrange(form.scale), 32)]
    if zero_point is not None:
        inputs.append(_native(fragment, f"{stem}.z", arrange(zero_point), 4 if kind in (INT4, UINT4) else 8, kind))
    return fragment.node("DequantizeLinear", *inputs, output=output, attributes=b"" if all(whole) else along)


# ---- words for the page ----------------------------------------------------------------------------------------------


_ZEROS = "Its zeros are stored like any other weight: to say where they are would take more room."


def _affine_label(form):
    shape, block = form.codes.shape, form.block_shape
    grain = "per-tensor" if block == shape else "per-channel" if block == (1, *shape[1:]) else f"per-block {block[1]}"
    return f"{'int' if form.symmetric else 'uint'}{form.bits} {grain}"


def _width_note(bits, width):
    if width <= bits:
        return ""
    return f"Each {bits}-bit code takes {width} bits: in a layer this small, unpacking would cost more than it saves."
