"""Moments that ask for their large products are those that NumPy finds, and never beyond float32."""

import numpy as np
import pytest

from kernels.asking import Product
from kernels.calibrated import moments
from kernels.calibrated.hessian import cross, gram
from kernels.calibrated.moments import cross_of, gram_of, product_of
from tests.techniques import driven

RNG = np.random.default_rng(3)
X = RNG.standard_normal((2, 37, 5)).astype(np.float32)
A = RNG.standard_normal((2, 37, 3)).astype(np.float32)
W = RNG.standard_normal((2, 5, 4)).astype(np.float32)
CASES = {
    "gram": (gram_of, gram, (X,)), "cross": (cross_of, cross, (A, X)), "product": (product_of, np.matmul, (X, W)),
}  # fmt: skip


def products(work):
    """What a generator asks for, and what it returns."""
    asked, reply = [], None
    try:
        while True:
            asked.append(work.send(reply))
            reply = asked[-1].left @ asked[-1].right
    except StopIteration as end:
        return asked, end.value


@pytest.mark.parametrize(("finds", "numpys", "given"), CASES.values(), ids=CASES)
def test_large_products_are_asked_for(finds, numpys, given, monkeypatch):
    nothing, small = products(finds(*given))
    assert nothing == [] and (small == numpys(*given)).all()
    monkeypatch.setattr(moments, "LARGE", 0)
    asked, found = products(finds(*given))
    assert [type(each) for each in asked] == [Product]
    np.testing.assert_allclose(found, numpys(*given), rtol=1e-4, atol=1e-5)
    assert found.dtype == numpys(*given).dtype


def test_a_gram_matrix_is_symmetric_to_the_bit(monkeypatch):
    """Fails where the answer is taken as it is: rounding of sums need not be the same on both sides."""
    monkeypatch.setattr(moments, "LARGE", 0)
    work = gram_of(X)
    asked = next(work)
    with pytest.raises(StopIteration) as end:
        work.send(asked.left @ asked.right + np.float32([[0, 1, 2, 3, 4]]))
    assert (end.value.value == end.value.value.swapaxes(1, 2)).all()


def test_what_is_beyond_float32_is_left_to_float64(monkeypatch):
    monkeypatch.setattr(moments, "LARGE", 0)
    large = A * np.float32(1e30), X * np.float32(1e12)
    found = driven(cross_of(*large), None)
    np.testing.assert_allclose(found, 1e42 * cross(A, X), rtol=1e-4, atol=1e36)
