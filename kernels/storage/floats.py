"""Floating point numbers shorter than float32: what each stands for, and the nearest one to a given number.

- fp16: IEEE 754 half precision, 5 bits of exponent. It ends at 65504.
- bf16: the upper half of a float32: its 8 bits of exponent, so its range, and 7 bits of mantissa.
- fp8 (e4m3fn): 4 bits of exponent, 3 of mantissa, no infinity. It ends at 448 and needs a scale beside it.

Rounding is to nearest, half to even. NumPy knows only the first, so the others are made from the bits of a float32:
cutting off low bits shortens the mantissa, and a carry out of it raises the exponent, which is just what rounding up
over a power of two has to do.
Source: Micikevicius et al., "FP8 formats for deep learning", arXiv 2209.05433; the ONNX operator Cast.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kernels.storage.granularity import reduce_blocks, spread_blocks
from kernels.storage.scales import StoredScale
from kernels.weight import Float8

LARGEST = {"fp16": 65_504.0, "bf16": 3.3895313892515355e38, "fp8": 448.0}


def to_bf16(values: np.ndarray) -> np.ndarray:
    """The bits of the nearest bf16 number: ndarray of uint16, shape of `values`.

    >>> [hex(bits) for bits in to_bf16(np.float32([1, -2, 1.00390625, 1.01171875]))]  # the last two lie half way
    ['0x3f80', '0xc000', '0x3f80', '0x3f82']
    """
    return _without_low_bits(values, 16).astype(np.uint16)


def from_bf16(bits: np.ndarray) -> np.ndarray:
    """The float32 values of bf16 numbers given by their bits.

    >>> from_bf16(np.uint16([0x3F80, 0xC000])).tolist()
    [1.0, -2.0]
    """
    return (bits.astype(np.uint32) << np.uint32(16)).view(np.float32)


def to_fp8(values: np.ndarray) -> np.ndarray:
    """The bits of the nearest fp8 number, or of the largest one: ndarray of uint8, shape of `values`, none of them NaN.

    >>> [hex(bits) for bits in to_fp8(np.float32([0, 1, -2, 1000, 2**-9]))]
    ['0x0', '0x38', '0xc0', '0x7e', '0x1']
    """
    size = np.minimum(np.abs(values), np.float32(LARGEST["fp8"]))
    normal = _without_low_bits(size, 20).astype(np.int32) - (127 - 7 << 3)  # the exponent counts from -7, not -127
    small = np.rint(size * np.float32(2**9))  # below 2**-6 the steps no longer shrink
    bits = np.where(size < 2**-6, small, normal).astype(np.uint8)
    return bits | np.signbit(values).astype(np.uint8) << np.uint8(7)


def from_fp8(bits: np.ndarray) -> np.ndarray:
    """The float32 values of fp8 numbers given by their bits.

    >>> from_fp8(np.uint8([0x38, 0xC0, 0x7E, 0x01])).tolist()
    [1.0, -2.0, 448.0, 0.001953125]
    """
    return _FP8[bits]


def round16(values: np.ndarray, kind: str) -> np.ndarray:
    """The nearest numbers of 16 bits, as float32; `kind` is that of a `Float`, and no value may lie beyond its end.

    >>> round16(np.float32([0.1]), "float").tolist(), round16(np.float32([0.1]), "bfloat").tolist()
    ([0.0999755859375], [0.10009765625])
    """
    return from_bf16(to_bf16(values)) if kind == "bfloat" else values.astype(np.float16).astype(np.float32)


def encode8(
    weight: np.ndarray, *, block_shape: tuple[int, ...], store_scale: Callable[[np.ndarray], StoredScale]
) -> Float8:
    """A weight as fp8 numbers, the largest of each block at the end of their range.

    Parameters
    ----------
    weight : ndarray of float32, finite, not empty
    block_shape : tuple of int, one per axis; see `kernels.storage.granularity`
    store_scale : see `kernels.storage.scales`

    Returns
    -------
    Float8

    Examples
    --------
    >>> from kernels.storage.scales import exact
    >>> form = encode8(np.float32([[896, -3.1, 0]]), block_shape=(1, 3), store_scale=exact)
    >>> form.scale.tolist(), decode8(form).tolist()
    ([[2.0]], [[896.0, -3.0, 0.0]])
    """
    largest = reduce_blocks(np.maximum, np.abs(weight), block_shape)
    step = np.maximum(largest / np.float32(LARGEST["fp8"]), np.finfo(np.float32).tiny)
    scale, scale_form = store_scale(np.where(largest > 0, step, np.float32(1)))
    codes = to_fp8(weight / spread_blocks(scale, block_shape, weight.shape))
    return Float8(codes, scale, block_shape, scale_form)


def decode8(form: Float8) -> np.ndarray:
    """The values a `Float8` form stands for: ndarray of float32, shape of its codes."""
    return from_fp8(form.codes) * spread_blocks(form.scale, form.block_shape, form.codes.shape)


def _without_low_bits(values: np.ndarray, n: int) -> np.ndarray:
    """The bits of float32 numbers without the last `n`, rounded half to even."""
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    odd = bits >> np.uint32(n) & np.uint32(1)
    return bits + (np.uint32(2 ** (n - 1) - 1) + odd) >> np.uint32(n)


def _fp8_values() -> np.ndarray:
    """All 256 fp8 numbers; the two codes that mean NaN are left at 480, which nothing rounds to."""
    exponent, mantissa = np.arange(128) // 8, np.arange(128) % 8
    size = np.where(exponent > 0, np.ldexp(8 + mantissa, exponent - 10), np.ldexp(mantissa, -9)).astype(np.float32)
    return np.concatenate([size, -size])


_FP8 = _fp8_values()
