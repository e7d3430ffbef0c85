"""How the scales of a quantized weight are stored themselves: exactly, as fp16, or as integers of their own.

One scale for every 32 weights of 4 bits is a fifth of what is stored, so scales are worth shortening too ("double
quantization"). They are rounded up, never down: a step that is too wide costs a little everywhere, one that is too
narrow clips the largest weight of its block. Codes are chosen after that, for the scales that will really be used.
Source: Dettmers et al., QLoRA, NeurIPS 2023 (arXiv 2305.14314), section 3.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kernels.weight import Affine, Float

StoredScale = tuple[np.ndarray, Float | Affine | None]
"Scales as they decode, float32, and the form in which they are stored."
LARGEST_FP16, SMALLEST_FP16 = np.float16(65_504), np.float16(2**-24)


def exact(scale: np.ndarray) -> StoredScale:
    """Scales as they are, in float32: themselves and no other form."""
    return scale, None


def halves(scale: np.ndarray) -> StoredScale:
    """Scales as fp16 numbers.

    Parameters
    ----------
    scale : ndarray of float32, positive; beyond 65504 the largest fp16 number is all there is

    Returns
    -------
    scale : ndarray of float32, the smallest fp16 numbers that are not below the given ones
    form : Float(16)

    Examples
    --------
    >>> halves(np.float32([0.1, 0.25, 1e-12]))[0].tolist()
    [0.10003662109375, 0.25, 5.960464477539063e-08]
    """
    half = np.clip(scale, SMALLEST_FP16, LARGEST_FP16).astype(np.float16)
    return np.where(half < scale, np.nextafter(half, LARGEST_FP16), half).astype(np.float32), Float(16)


def doubled(scale: np.ndarray) -> StoredScale:
    """Scales as integers of 8 bits with one scale for all of them.

    Parameters
    ----------
    scale : ndarray of float32, positive

    Returns
    -------
    scale : ndarray of float32, what the integers decode to; none below the given ones by more than rounding
    form : Affine, codes of the shape of `scale`, 1 to 255

    Examples
    --------
    >>> fresh, form = doubled(np.float32([[127.5, 1, 0.4]]))
    >>> form.codes.tolist(), form.scale.tolist(), fresh.tolist()
    ([[255, 2, 1]], [[0.5]], [[127.5, 1.0, 0.5]])
    """
    one = np.maximum(scale.max(keepdims=True) / np.float32(255), np.finfo(np.float32).tiny)
    codes = np.clip(np.ceil(scale / one), 1, 255).astype(np.int16)
    return codes * one, Affine(codes, one, np.zeros(one.shape, np.int16), 8, False, scale.shape)


STORE = {"fp32": exact, "fp16": halves, "int8": doubled}


def like(form: Float | Affine | None) -> Callable[[np.ndarray], StoredScale]:
    """How scales are stored that have the form `form`."""
    return {type(None): exact, Float: halves, Affine: doubled}[type(form)]
