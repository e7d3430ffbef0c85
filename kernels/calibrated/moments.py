"""Moments of many rows: generators that ask for their large products and find small ones themselves.

They give what `hessian.gram` and `hessian.cross` give, up to the rounding of float32 sums over all rows.
"""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from kernels.asking import Product
from kernels.calibrated.hessian import cross, gram, mirrored

LARGE = 4_000_000
"Multiplications from which on a product is asked for: to hand over a small one takes longer than to find it."
BEYOND = 1e37
"A bound for sums of products from which on they are left to float64: float32 ends at 3e38."


def product_of(left: np.ndarray, right: np.ndarray) -> Generator[Product, np.ndarray, np.ndarray]:
    """``left @ right``: float32, shape (groups, n, m), of such of shapes (groups, n, k) and (groups, k, m)."""
    if left.size * right.shape[-1] < LARGE:
        return left @ right
    return (yield Product(left, right))


def gram_of(X: np.ndarray) -> Generator[Product, np.ndarray, np.ndarray]:
    """Second moments of float32 inputs, shape (groups, n, P), none beyond 1e15: float64, (groups, P, P), symmetric."""
    if X.size * X.shape[-1] < LARGE:
        return gram(X)
    return mirrored((yield Product(X.swapaxes(1, 2), X)).astype(np.float64)) / X.shape[1]


def cross_of(A: np.ndarray, B: np.ndarray) -> Generator[Product, np.ndarray, np.ndarray]:
    """Moments of two float32 quantities, shapes (groups, n, P) and (groups, n, Q): float64, (groups, P, Q)."""
    if A.size * B.shape[-1] < LARGE or not _largest(A) * _largest(B) * B.shape[1] < BEYOND:
        return cross(A, B)
    return (yield Product(A.swapaxes(1, 2), B)).astype(np.float64) / B.shape[1]


def _largest(array: np.ndarray) -> float:
    return max(float(array.max()), -float(array.min()))
