"""Weights as integers with scales: DequantizeLinear.

ONNX knows one scale for all, one along an axis, or one for each block along an axis; here channels are along the first
axis and blocks along the second. Blocks along other axes have their scales repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from app.network.encodings.candidate import Candidate, grain, width_note
from app.network.encodings.positions import Positions
from app.network.encodings.tensors import ONNX_TYPES, coded, numbers, typed, widths
from app.network.protobuf import INT4, INT8, INT64, UINT4, Fragment, attribute, block, whole
from kernels.storage.granularity import spread_blocks
from kernels.weight import Affine, Float, Float8, RealAffine, Weight

_ONE = block(5, whole(1, 1) + whole(2, INT8) + block(9, b"\x01"))
"The value of an attribute that is a tensor of one integer, 1."


def integers(weight: Weight, positions: Positions, output: str) -> Iterator[Candidate]:
    """Integers, spread to their positions, then DequantizeLinear."""
    form, shape, stem = weight.form, weight.values.shape, weight.name
    real = isinstance(form, RealAffine)
    if positions.dense:
        codes, bits, signed = form.codes, form.bits, form.symmetric
    elif real:
        return  # no code stands for the zeros between
    else:  # between the stored ones stands 0, so 0 has to mean zero whatever the zero point of a channel was
        codes = positions.pick(form.codes - spread_blocks(form.zero_point, form.block_shape, shape))
        bits = 1 + max(int(codes.max()).bit_length(), int(~codes.min()).bit_length())
        signed = True
    for width in widths(bits, codes.size):
        kind = ONNX_TYPES.get((width, signed)) or ONNX_TYPES[8, signed]
        if not positions.dense and width == 4:
            kind = INT8  # the nodes that spread know no type smaller than a byte
        fragment = Fragment()
        name = coded(fragment, f"{stem}.q", codes, width, kind=kind, signed=signed)
        name = positions.spread(fragment, weight, name, kind, f"{stem}.all")
        if real:
            name = dequantize(fragment, stem, name, form, shape, f"{stem}.r")
            offset = per_element(fragment, f"{stem}.z", form.scale * form.zero_point, None, form.block_shape, shape)
            fragment.node("Sub", name, offset, output=output)
        else:
            dequantize(fragment, stem, name, form, shape, output, zero_kind=None if signed else kind)
        yield Candidate(positions.label(label(form)), fragment, width_note(bits, width))


def dequantize(
    fragment: Fragment,
    stem: str,
    codes: str,
    form: Affine | RealAffine | Float8,
    shape: tuple[int, ...],
    output: str,
    zero_kind: int | None = None,
) -> str:
    """DequantizeLinear of the tensor `codes` with the scales of `form`, whose codes have this `shape`.

    zero_kind : the type of its zero points; None to leave them out
    """

    def arrange(array):
        return _arranged(array, form.block_shape, shape)

    inputs = [codes, _scales(fragment, f"{stem}.s", form.scale, form.scale_form, arrange)]
    if zero_kind is not None:
        width = 4 if zero_kind in (INT4, UINT4) else 8
        inputs.append(typed(fragment, f"{stem}.z", arrange(form.zero_point), width, zero_kind, part="scales"))
    along = _along(form.block_shape, shape)
    return fragment.node("DequantizeLinear", *inputs, output=output, attributes=along)


def per_element(
    fragment: Fragment,
    name: str,
    array: np.ndarray,
    array_form: Float | Affine | None,
    block_shape: tuple[int, ...],
    shape: tuple[int, ...],
) -> str:
    """Store one number per block, as `array_form` says; the name of a tensor that broadcasts to `shape`."""
    if _spans(block_shape, shape)[1]:
        rank = len(shape)
        return _scales(fragment, name, array, array_form, lambda each: each.reshape(-1, *(1,) * (rank - 1)))
    stored = _scales(fragment, name, array, array_form, lambda each: _arranged(each, block_shape, shape))
    # To repeat each number along its block, a tensor full of ones is dequantized with these numbers as scales.
    size = np.array(shape, "<i8")
    fragment.tensor(f"{name}.n", INT64, size.shape, size.nbytes, size.tobytes, part="graph")
    ones = fragment.node("ConstantOfShape", f"{name}.n", output=f"{name}.1", attributes=attribute("value", _ONE))
    along = _along(block_shape, shape)
    return fragment.node("DequantizeLinear", ones, stored, output=f"{name}.r", attributes=along)


def scale_label(form: Affine | RealAffine | Float8) -> str:
    """What there is to say about the form of the scales."""
    kind = {type(None): "", Float: ", fp16 scales", Affine: ", int8 scales"}
    return kind[type(form.scale_form)]


def label(form: Affine | RealAffine) -> str:
    """The name of the form for the page."""
    real = ", real zero point" if isinstance(form, RealAffine) else ""
    sign = "int" if form.symmetric else "uint"
    return f"{sign}{form.bits} {grain(form.codes.shape, form.block_shape)}{scale_label(form)}{real}"


def _scales(
    fragment: Fragment, name: str, array: np.ndarray, array_form: Float | Affine | None, arrange: Callable
) -> str:
    """Store one number per block in the order `arrange` gives them."""
    if isinstance(array_form, Affine):
        array_form = replace(array_form, codes=arrange(array_form.codes))
    return numbers(fragment, name, arrange(array), array_form, part="scales")


def _arranged(array: np.ndarray, block_shape: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
    """One number per block, as DequantizeLinear wants them: a scalar, a vector, or of the rank of the weight."""
    everything, per_row = _spans(block_shape, shape)
    if everything:
        return array.reshape(())
    for axis, size in enumerate(block_shape):
        if axis == 0 or axis > 1 and not per_row:
            array = np.repeat(array, size, axis=axis).take(np.arange(shape[axis]), axis=axis)
    return array.reshape(-1) if per_row else array


def _along(block_shape: tuple[int, ...], shape: tuple[int, ...]) -> bytes:
    """The attribute that says what a scale is for."""
    everything, per_row = _spans(block_shape, shape)
    if everything:
        return b""
    return attribute("axis", 0) if per_row else attribute("block_size", block_shape[1])


def _spans(block_shape: tuple[int, ...], shape: tuple[int, ...]) -> tuple[bool, bool]:
    """Whether a block is the whole weight; whether it has whole rows."""
    whole = [size >= n for size, n in zip(block_shape, shape, strict=True)]
    return all(whole), all(whole[1:])
