"""Ranges of activations against the calibrators of onnxruntime.quantization."""

import numpy as np
import pytest
from onnxruntime.quantization.calibrate import HistogramCollector
from onnxruntime.quantization.quant_utils import compute_scale_zp

from kernels.calibrated.calibration import entropy_range, reach
from kernels.storage.affine import qparams_of

RNG = np.random.default_rng(5)
SAMPLES = {
    "relu": np.maximum(RNG.normal(size=8000), 0),
    "normal": RNG.normal(size=8000),
    "heavy tails": RNG.laplace(size=8000),
    "skewed": RNG.exponential(size=5000) - 0.3,
    "outlier": np.append(RNG.normal(size=5000), 40),
}
every_sample = pytest.mark.parametrize("samples", [s.astype(np.float32) for s in SAMPLES.values()], ids=SAMPLES)


def theirs(samples, method, *, bins, levels=128, percentile=99.999):
    collector = HistogramCollector(method, False, bins, levels, percentile, "same")
    collector.collect({"x": samples})
    return collector.compute_collection_result()["x"][:2]


@every_sample
@pytest.mark.parametrize(("levels", "bins"), [(128, 128), (128, 512), (32, 256), (8, 512)])
def test_entropy_finds_the_same_range(samples, levels, bins):
    assert entropy_range(samples, levels=levels, bins=bins) == theirs(samples, "entropy", bins=bins, levels=levels)


@every_sample
@pytest.mark.parametrize("percent", [99.9, 99.0, 95.0])
def test_percentiles_leave_out_the_same_samples(samples, percent):
    least, most = reach(samples, method="percentile", bits=8, share=percent / 100)
    low, high = theirs(samples, "percentile", bins=65_536, percentile=percent)
    # They end at the edge of a bin, which a few samples share, and we between two samples.
    assert abs(np.count_nonzero(samples < least) - np.count_nonzero(samples < min(low, 0))) <= 3
    assert abs(np.count_nonzero(samples > most) - np.count_nonzero(samples > high)) <= 3


@every_sample
@pytest.mark.parametrize("bits", [4, 8])
def test_scale_and_zero_point_follow_from_the_range_in_the_same_way(samples, bits):
    least, most = reach(samples, method="minmax", bits=bits)
    scale, zero_point = qparams_of(least, most, bits=bits, symmetric=False)
    other, scale_of_theirs = compute_scale_zp(least[0], most[0], np.uint8(0), np.uint8(2**bits - 1))
    assert zero_point[0] == other
    np.testing.assert_allclose(scale[0], scale_of_theirs, rtol=1e-7)  # they divide in float64
