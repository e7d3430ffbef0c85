"""Multiply-accumulates and pixels, counted from shapes: once for the cards of models and the layers in the app.

A layer multiplies each number of its weight, zeros included, once for every pixel or token that it makes. Shapes are
all that is needed, so this module names no library.
"""

from math import prod


def pixels(op, shape):
    """How many pixels, or tokens, one sample has in a tensor that an operator reads or makes; 1 if it is a single row.

    Parameters
    ----------
    op : str: "Conv", whose tensors are (N, C, *K), or "Gemm" or "MatMul", whose tensors are (N, ..., C)
    shape : the size of each axis; one that is open is no int

    Returns
    -------
    int, or None if one of the sizes that count is open

    Examples
    --------
    >>> pixels("Conv", ("N", 16, 8, 8)), pixels("MatMul", ("N", 17, 32)), pixels("Gemm", ("N", 10))
    (64, 17, 1)
    >>> pixels("Conv", ("N", 16, "height", 8)) is None
    True
    """
    along = shape[2:] if op == "Conv" else shape[1:-1]
    return prod(along) if all(isinstance(size, int) for size in along) else None


def macs(weight, pixels):
    """Multiply-accumulates that a weight of this shape takes for one sample; None if `pixels` is.

    Parameters
    ----------
    weight : sequence of int, such as (C_out, C_in / groups, *K)
    pixels : int, that the operator makes of one sample; or None

    Examples
    --------
    >>> macs((16, 8, 3, 3), 64)  # each of the 16 * 64 numbers is a sum of 8 * 9 terms
    73728
    """
    return None if pixels is None else pixels * prod(weight)
