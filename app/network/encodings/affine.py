"""Weights as integers with scales: Cast, Sub where there are zero points, and Mul.

They give the bits that DequantizeLinear gives. That is not used, because a session with default options does not fold
it: digits-resnet would take four times as long as in float32, and a single sample of digits-mlp thirty times.

There is one scale for all, one for each channel, along the first axis, or one for each block along the second. Blocks
along other axes have their scales repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from app.network.encodings.candidate import Candidate, grain, width_note
from app.network.encodings.positions import Positions
from app.network.encodings.tensors import bits_of, coded, numbers, spellings
from app.network.protobuf import FLOAT, Fragment
from kernels.storage.granularity import spread_blocks
from kernels.weight import Affine, Float, Float8, RealAffine, Weight

MANY = 160
"Numbers of four bits or less, from which on to store them so takes less than to give each a byte."


def integers(weight: Weight, positions: Positions, output: str) -> Iterator[Candidate]:
    """Integers, spread to their positions, less their zero point, times their scale."""
    form, shape, stem = weight.form, weight.values.shape, weight.name
    real = isinstance(form, RealAffine)
    if positions.dense:
        codes, bits, signed = form.codes, form.bits, form.symmetric
    elif real:
        return  # no code stands for the zeros between
    else:  # between the stored ones stands 0, so 0 has to mean zero whatever the zero point of a channel was
        codes = positions.pick(form.codes - spread_blocks(form.zero_point, form.block_shape, shape))
        bits, signed = bits_of(codes), True
    for width in spellings(codes, bits):
        fragment = Fragment()
        name = coded(fragment, f"{stem}.q", codes, width, signed=signed)
        name = positions.spread(fragment, weight, name, FLOAT, f"{stem}.a")
        if real:
            name = scaled(fragment, stem, name, form, shape, f"{stem}.r")
            offset = per_element(fragment, f"{stem}.z", form.scale * form.zero_point, None, form.block_shape, shape)
            fragment.node("Sub", name, offset, output=output)
        else:
            name = name if signed else centred(fragment, stem, name, form, shape, f"{stem}.r")
            scaled(fragment, stem, name, form, shape, output)
        yield Candidate(positions.label(label(form)), fragment, width_note(bits, width))


def scaled(
    fragment: Fragment, stem: str, plain: str, form: Affine | RealAffine | Float8, shape: tuple[int, ...], output: str
) -> str:
    """The tensor `plain`, floats of this `shape`, times the scales of `form`; the name of the result."""
    scale = per_element(fragment, f"{stem}.s", form.scale, form.scale_form, form.block_shape, shape)
    return fragment.node("Mul", plain, scale, output=output)


def centred(fragment: Fragment, stem: str, plain: str, form: Affine, shape: tuple[int, ...], output: str) -> str:
    """The tensor `plain`, floats of this `shape`, less the zero points of `form`; the name of the result."""
    if not form.zero_point.any():
        return plain
    zeros = _arranged(form.zero_point, form.block_shape, shape)
    width = 4 if form.bits <= 4 and zeros.size >= MANY else 8
    stored = coded(fragment, f"{stem}.z", zeros, width, part="scales")
    zeros = _spread(fragment, stored, form.block_shape, shape)
    return fragment.node("Sub", plain, zeros, output=output)


def per_element(
    fragment: Fragment,
    name: str,
    array: np.ndarray,
    array_form: Float | Affine | None,
    block_shape: tuple[int, ...],
    shape: tuple[int, ...],
) -> str:
    """Store one number per block, as `array_form` says; the name of a tensor that broadcasts to `shape`."""
    stored = _scales(fragment, name, array, array_form, lambda each: _arranged(each, block_shape, shape))
    return _spread(fragment, stored, block_shape, shape)


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
    """One number per block, in the rank of the weight: a scalar, one a channel, or one for each block of columns."""
    everything, per_row = _spans(block_shape, shape)
    if everything:
        return array.reshape(())
    for axis, size in enumerate(block_shape):
        if axis == 0 or axis > 1 and not per_row:
            array = np.repeat(array, size, axis=axis).take(np.arange(shape[axis]), axis=axis)
    return array


def _spread(fragment: Fragment, stored: str, block_shape: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """The tensor `stored`, in the order of `_arranged`, as one that broadcasts to `shape`."""
    if _spans(block_shape, shape)[1]:
        return stored
    return fragment.call("Repeat", stored, output=f"{stored}.r", columns=shape[1], block=block_shape[1])


def _spans(block_shape: tuple[int, ...], shape: tuple[int, ...]) -> tuple[bool, bool]:
    """Whether a block is the whole weight; whether it has whole rows."""
    whole = [size >= n for size, n in zip(block_shape, shape, strict=True)]
    return all(whole), all(whole[1:])
