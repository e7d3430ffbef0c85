"""Weights as indices into tables, of numbers or of vectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np

from app.network.encodings.affine import MANY, centred, scaled
from app.network.encodings.candidate import Candidate, width_note
from app.network.encodings.positions import Positions, is_pruned, most_common
from app.network.encodings.tensors import FLOAT32, coded, floats, spellings
from app.network.protobuf import BOOL, INT64, Fragment
from kernels.storage import lookup
from kernels.weight import Affine, Palette, Weight


def indices(weight: Weight, positions: Positions, output: str) -> Iterator[Candidate]:
    """Indices, spread to their positions, then a look-up."""
    if weight.form.cluster_dim > 1:
        yield from _of_vectors(weight, positions, output)
        return
    form, stem = weight.form if positions.dense else _common_first(weight.form), weight.name
    entries = form.lut.shape[1]
    bits, picked = max(1, (entries - 1).bit_length()), positions.pick(form.indices)
    for width in spellings(picked, bits):
        fragment = Fragment()
        name = coded(fragment, f"{stem}.q", picked, width, kind=INT64)
        name = positions.spread(fragment, weight, name, INT64, f"{stem}.a")
        _look_up(fragment, stem, name, form, output)
        yield Candidate(positions.label(_label(form)), fragment, width_note(bits, width))


def _of_vectors(weight: Weight, positions: Positions, output: str) -> Iterator[Candidate]:
    """Indices of vectors turned into those of their elements, a look-up, and the zeros that a mask cuts out.

    The elements of entry i of a table of n vectors stand at i, i + n, i + 2 n, ... of a table of numbers.
    """
    form, stem, shape = weight.form, weight.name, weight.values.shape
    pruned = is_pruned(weight)
    if not (positions.bits == 1 if pruned else positions.dense):
        return  # where some elements of a vector are pruned its index is stored all the same
    (_, entries, size), rows, flat = form.lut.shape, len(form.indices), _by_element(form)
    bits, steps = max(1, (entries - 1).bit_length()), tuple(range(0, entries * size, entries))
    for width in spellings(form.indices, bits):
        fragment = Fragment()
        name = coded(fragment, f"{stem}.q", form.indices.reshape(rows, 1, -1), width, kind=INT64)
        if rows * size == len(weight.values):
            name = fragment.call("Elements", name, output=f"{stem}.a", steps=steps, shape=shape)
        else:
            name = fragment.call("Elements", name, output=f"{stem}.k", steps=steps, shape=(-1,))
            name = fragment.call("Trim", name, output=f"{stem}.a", shape=shape)
        if pruned:
            values = _look_up(fragment, stem, name, flat, f"{stem}.v")
            mask = coded(fragment, f"{stem}.h", weight.mask, 1, kind=BOOL, part="places")
            zero = floats(fragment, f"{stem}.z", np.zeros((), np.float32), part="places")
            fragment.node("Where", mask, values, zero, output=output)
        else:
            _look_up(fragment, stem, name, flat, output)
        yield Candidate(positions.label(_label(form)), fragment, width_note(bits, width))


def _by_element(form: Palette) -> Palette:
    """The same entries in tables of numbers: all first elements of the vectors, then all second ones, and so on."""

    def flat(array):
        return array.swapaxes(1, 2).reshape(len(array), -1)

    lut, tables = flat(form.lut), form.lut_form
    if isinstance(tables, Affine):
        codes, scale, zero_point = map(flat, (tables.codes, tables.scale, tables.zero_point))
        tables = replace(tables, codes=codes, scale=scale, zero_point=zero_point, block_shape=(1, lut.shape[1]))
    return replace(form, lut=lut, lut_form=tables)


def _look_up(fragment: Fragment, stem: str, indices: str, form: Palette, output: str) -> str:
    """The values at the tensor `indices` of the tables, times the scales of their channels."""
    tables, entries = form.lut.shape
    table, values = _table(fragment, f"{stem}.t", form), output if form.scale is None else f"{stem}.r"
    if tables == 1:
        fragment.node("Gather", table, indices, output=values)
    else:
        fragment.call("Lookup", indices, table, output=values, repeat=(1, form.group_size), rows=(-1, entries))
    if form.scale is not None:
        by_channel = form.scale.reshape(-1, *(1 for _ in form.indices.shape[1:]))
        fragment.node("Mul", values, floats(fragment, f"{stem}.s", by_channel, part="scales"), output=output)
    return output


def _label(form: Palette) -> str:
    """The name of the form for the page."""
    vectors = f", vectors of {form.cluster_dim}" if form.cluster_dim > 1 else ""
    return f"palette {form.bits} bit{vectors}{'' if form.scale is None else ', channel scales'}"


@lru_cache(maxsize=4)  # one weight is written in several ways, one after the other
def _common_first(form: Palette) -> Palette:
    """The same palette with the most common entry of every table first, where elements that are not stored find it."""
    first, lut, tables = most_common(form), form.lut, form.lut_form
    order = np.tile(np.arange(lut.shape[1]), (len(lut), 1))
    order[np.arange(len(lut)), first], order[:, 0] = 0, first  # an exchange, so it also says where an entry went
    if isinstance(tables, Affine):
        tables = replace(tables, codes=np.take_along_axis(tables.codes, order, axis=1))
    indices = lookup.decode(Palette(form.indices, order.astype(np.uint8), form.bits, form.group_size))
    return replace(form, indices=indices, lut=np.take_along_axis(lut, order, axis=1), lut_form=tables)


def _table(fragment: Fragment, name: str, form: Palette) -> str:
    """The tables of a palette: a vector if there is one, else (tables, entries)."""
    lut, tables = form.lut, form.lut_form
    shape = lut.shape if len(lut) > 1 else lut.shape[1:]
    if not isinstance(tables, Affine):
        return floats(fragment, name, lut.reshape(shape), tables or FLOAT32, part="tables")
    width = 4 if tables.bits <= 4 and tables.codes.size >= MANY else 8
    codes = tables.codes.reshape(shape)
    codes = coded(fragment, f"{name}.q", codes, width, signed=tables.symmetric, part="tables")
    codes = centred(fragment, name, codes, tables, lut.shape, f"{name}.r")
    return scaled(fragment, name, codes, tables, lut.shape, name)
