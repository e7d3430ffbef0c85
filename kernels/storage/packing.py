"""Integers of 1 to 8 bits as bytes, and back; a mask is integers of 1 bit.

Two layouts, because bits that do not divide a byte would straddle two of them:

- 1, 2, 4 and 8 bits: codes side by side, the first in the lowest bits of the first byte, as in ONNX INT4 and UINT4.
- 3, 5, 6 and 7 bits: one plane after the other. Plane p holds bit p of every code, the first code in the lowest bit.

Either way the last byte, of the whole or of each plane, is filled up with zeros. Negative codes are stored in two's
complement of the same number of bits.
"""

from __future__ import annotations

import numpy as np

SIDE_BY_SIDE = (1, 2, 4, 8)


def packed_size(count: int, bits: int) -> int:
    """Bytes that `count` codes take.

    >>> packed_size(9, 4), packed_size(9, 3)
    (5, 6)
    """
    return -(-count * bits // 8) if bits in SIDE_BY_SIDE else bits * -(-count // 8)


def pack(codes: np.ndarray, bits: int) -> np.ndarray:
    """Codes as bytes.

    Parameters
    ----------
    codes : ndarray of int or bool, any shape, from -2**(bits-1) to 2**bits - 1
    bits : int, 1 to 8

    Returns
    -------
    ndarray of uint8, shape (packed_size,)

    Raises
    ------
    ValueError
        If a code does not fit.

    Examples
    --------
    >>> pack(np.array([1, 2, -1]), 4).tolist()  # 0x21, 0x0f
    [33, 15]
    >>> pack(np.array([1, 2, 5]), 3).tolist()  # bits 0, 1 and 2 of each
    [5, 2, 4]
    """
    codes = np.asarray(codes).reshape(-1)
    low, high = -(2 ** (bits - 1)), 2**bits - 1
    if codes.size and not (low <= codes.min() and codes.max() <= high):
        raise ValueError(f"codes run from {codes.min()} to {codes.max()}; {bits} bits hold {low} to {high}")
    codes = (codes.astype(np.int16) & (2**bits - 1)).astype(np.uint8)
    if bits not in SIDE_BY_SIDE:
        planes = codes >> np.arange(bits, dtype=np.uint8)[:, None] & np.uint8(1)
        return np.packbits(planes, axis=1, bitorder="little").reshape(-1)
    per_byte = 8 // bits
    filled = np.zeros(packed_size(codes.size, bits) * per_byte, dtype=np.uint8)
    filled[: codes.size] = codes
    packed = filled[::per_byte].copy()
    for place in range(1, per_byte):
        packed |= filled[place::per_byte] << np.uint8(place * bits)
    return packed


def unpack(packed: np.ndarray, bits: int, count: int, *, signed: bool = False) -> np.ndarray:
    """The codes that `pack` was given: ndarray of int16, shape (count,).

    Parameters
    ----------
    packed : ndarray of uint8, shape (packed_size(count, bits),)
    bits : int, 1 to 8
    count : int
    signed : bool, whether codes are in two's complement

    Raises
    ------
    ValueError
        If `packed` has another size.

    Examples
    --------
    >>> unpack(pack(np.array([1, 2, -1]), 4), 4, 3, signed=True).tolist()
    [1, 2, -1]
    >>> unpack(pack(np.array([1, 2, 5]), 3), 3, 3).tolist()
    [1, 2, 5]
    """
    if packed.size != packed_size(count, bits):
        raise ValueError(f"{count} codes of {bits} bits take {packed_size(count, bits)} bytes, not {packed.size}")
    if bits in SIDE_BY_SIDE:
        shifts = np.arange(0, 8, bits, dtype=np.uint8)
        codes = (packed[:, None] >> shifts & np.uint8(2**bits - 1)).reshape(-1)[:count].astype(np.int16)
    else:
        planes = np.unpackbits(packed.reshape(bits, -1), axis=1, count=count, bitorder="little")
        codes = (planes.astype(np.int16) << np.arange(bits, dtype=np.int16)[:, None]).sum(axis=0, dtype=np.int16)
    return np.where(codes >= 2 ** (bits - 1), codes - 2**bits, codes).astype(np.int16) if signed else codes
