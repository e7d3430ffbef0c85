"""Errors after decoding, and where they are no number."""

import numpy as np

from kernels.storage.distortion import in_place, max_abs_error, mse, sqnr_db
from kernels.weight import Weight

EMPTY = np.empty((0, 3), dtype=np.float32)


def test_no_error_and_no_signal_have_no_ratio():
    ones = np.ones((2, 2), dtype=np.float32)
    assert sqnr_db(ones, ones) is None and sqnr_db(ones * 0, ones) is None and sqnr_db(EMPTY, EMPTY) is None
    assert mse(EMPTY, EMPTY) == max_abs_error(EMPTY, EMPTY) == 0


def test_huge_weights_do_not_overflow():
    huge = np.array([3e38, -3e38], dtype=np.float32)
    assert max_abs_error(huge, -huge) > 5e38 and np.isfinite(sqnr_db(huge, huge / 2))


def test_removed_channels_count_as_zero():
    original = np.arange(24, dtype=np.float32).reshape(3, 4, 2)
    rows, columns = np.array([0, 2]), np.array([1, 3])
    smaller = Weight("conv", original[rows][:, columns], kept_out=rows, kept_in=columns)
    restored = in_place(smaller, original.shape)
    assert (restored[np.ix_(rows, columns)] == smaller.values).all()
    assert not restored[1].any() and not restored[:, [0, 2]].any()
    assert in_place(Weight("conv", original), original.shape) is original
