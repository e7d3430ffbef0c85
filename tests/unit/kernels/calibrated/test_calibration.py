"""Ranges of activations on small arrays, checked by hand."""

import numpy as np
import pytest

from kernels.calibrated.calibration import METHODS, calibrate, entropy_range, reach

OUTLIER = np.float32([*np.linspace(-1, 1, 10_001), 50])


def test_min_max_covers_all_samples_and_zero():
    assert calibrate(np.float32([[1, 2], [3, 5.1]]), method="minmax", bits=8) == (np.float32(5.1) / np.float32(255), 0)
    assert calibrate(np.float32([-3, -1.5]), method="minmax", bits=4) == (np.float32(0.2), 15)
    assert calibrate(np.float32([-1, 2]), method="minmax", bits=2) == (1, 1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bits", [4, 8])
def test_the_grid_holds_zero_whatever_the_samples(method, bits):
    for samples in ([0.0], [0.0, 0.0], [3.0], [-3.0], [1e-45], [1e30, -1e-30], OUTLIER, OUTLIER.reshape(-1, 2) - 2):
        scale, zero_point = calibrate(np.float32(samples), method=method, bits=bits)
        assert scale.dtype == np.float32 and scale > 0 and np.isfinite(scale)
        assert isinstance(zero_point, int) and 0 <= zero_point < 2**bits


def test_a_percentile_leaves_the_outermost_out():
    least, most = reach(OUTLIER, method="percentile", bits=8, share=0.999)
    assert -1 <= least[0] < -0.99 and 0.99 < most[0] <= 1
    assert reach(OUTLIER, method="percentile", bits=8, share=1.0)[1] == 50


def test_squared_error_prefers_many_good_values_to_one():
    def error(scale, zero_point):
        codes = np.clip(np.rint(OUTLIER / scale) + zero_point, 0, 15)
        return ((scale * (codes - zero_point) - OUTLIER) ** 2).sum()

    searched = calibrate(OUTLIER, method="mse", bits=4)
    assert error(*searched) < 0.8 * error(*calibrate(OUTLIER, method="minmax", bits=4))


def test_entropy_clips_what_hardly_occurs():
    for bits in (4, 8):
        least, most = reach(OUTLIER, method="entropy", bits=bits)
        assert least[0] == -1 and 1 <= most[0] < 25


def test_entropy_with_as_many_bins_as_levels_is_min_max():
    assert entropy_range(OUTLIER, levels=128, bins=128) == (-1, 50)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="choose minmax, percentile, entropy, mse"):
        calibrate(OUTLIER, method="median", bits=8)
