"""Weights as floating point numbers: of 32 or 16 bits, or of 8 with scales."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.network.encodings.affine import scale_label
from app.network.encodings.affine import scaled as with_scales
from app.network.encodings.candidate import Candidate, grain
from app.network.encodings.positions import Positions
from app.network.encodings.tensors import coded, floats
from app.network.protobuf import FLOAT, FLOAT8, INT64, UINT8, UINT16, Fragment, attribute
from kernels.storage import low_rank
from kernels.weight import Weight

FEW = 256
"Weights that are left; with more, positions never take less than a mask or steps do."
SOME, LOTS = 400, 4000
"Numbers on a grid, from which on to store them as such may take less; and to store lower bits as planes is worth it."


def plain(weight: Weight, positions: Positions, output: str) -> Iterator[Candidate]:
    """Numbers of 32 or 16 bits, spread to their positions."""
    form, fragment = weight.form, Fragment()
    name = floats(fragment, output if positions.dense else f"{weight.name}.k", positions.pick(weight.values), form)
    positions.spread(fragment, weight, name, FLOAT, output)
    yield Candidate(positions.label(f"{form.kind}{form.bits}"), fragment)
    if form.bits == 32:
        yield from _on_a_grid(weight, positions, output)
    if positions.bits == 1 and len(positions.indices) <= FEW and max(weight.values.shape) <= 2**16:
        yield _coordinates(weight, positions.indices, output)


def _on_a_grid(weight: Weight, positions: Positions, output: str) -> Iterator[Candidate]:
    """The factors of a weight, which stand on a grid of 21 bits: the higher ones and the lower ones as integers."""
    values, stem = positions.pick(weight.values), weight.name
    step = low_rank.step_of(values)
    few = values.reshape(-1)[:8] / step
    if values.size < SOME or (few != np.rint(few)).any():  # other numbers are told from a few
        return
    steps = values / step
    codes = steps.astype(np.int32)
    if (steps != codes).any():
        return
    low = low_rank.BITS + 1 - 16 if positions.dense and values.size >= LOTS else 8
    if codes.max() >> low >= 2**15:
        return
    fragment = Fragment()
    fine = coded(fragment, f"{stem}.l", codes & 2**low - 1, low)
    coarse = coded(fragment, f"{stem}.q", codes >> low, 16, signed=True)
    large = floats(fragment, f"{stem}.b", np.array(2**low, np.float32), part="scales")
    small = floats(fragment, f"{stem}.s", np.array(step, np.float32), part="scales")
    coarse = fragment.node("Mul", coarse, large, output=f"{stem}.d")
    both = fragment.node("Add", coarse, fine, output=f"{stem}.r")
    name = fragment.node("Mul", both, small, output=output if positions.dense else f"{stem}.k")
    positions.spread(fragment, weight, name, FLOAT, output)
    note = f"Its numbers stand on a grid, so {16 + low} bits are enough for each."
    yield Candidate(positions.label("float32"), fragment, note)


def _coordinates(weight: Weight, indices: np.ndarray, output: str) -> Candidate:
    """Numbers, and row and column of each: long, but it needs no function, so it wins where next to nothing is left.

    `sparse_initializer` would say the same, but the checker of onnx takes it for no tensor when it infers shapes.
    """
    shape, stem, fragment = weight.values.shape, weight.name, Fragment()
    width, kind = (1, UINT8) if max(shape) <= 256 else (2, UINT16)
    where = np.stack(np.unravel_index(indices, shape), axis=1).astype(f"<u{width}")
    name = floats(fragment, f"{stem}.k", weight.values.reshape(-1)[indices], weight.form)
    fragment.tensor(f"{stem}.g", kind, where.shape, where.nbytes, where.tobytes, part="places")
    size = np.array(shape, "<i8")
    fragment.tensor(f"{stem}.a", INT64, size.shape, size.nbytes, size.tobytes, part="graph")
    zeros = fragment.node("ConstantOfShape", f"{stem}.a", output=f"{stem}.z")
    where = fragment.node("Cast", f"{stem}.g", output=f"{stem}.q", attributes=attribute("to", INT64))
    fragment.node("ScatterND", zeros, where, name, output=output)
    return Candidate(f"COO + {weight.form.kind}{weight.form.bits}", fragment)


def scaled(weight: Weight, positions: Positions, output: str) -> Iterator[Candidate]:
    """Numbers of 8 bits, spread to their positions, then times the scale."""
    form, stem, shape = weight.form, weight.name, weight.values.shape
    fragment, codes = Fragment(), positions.pick(form.codes)
    fragment.tensor(f"{stem}.q", FLOAT8, codes.shape, codes.size, codes.tobytes)
    name = fragment.node("Cast", f"{stem}.q", output=f"{stem}.k", attributes=attribute("to", FLOAT))
    name = positions.spread(fragment, weight, name, FLOAT, f"{stem}.a")
    with_scales(fragment, stem, name, form, shape, output)
    yield Candidate(positions.label(f"fp8 {grain(shape, form.block_shape)}{scale_label(form)}"), fragment)
