"""After the correction the mean answers are the original ones."""

import numpy as np
import pytest

from kernels.calibrated.bias_correction import bias_correction

RNG = np.random.default_rng(2)


@pytest.mark.parametrize("groups", [1, 3])
def test_mean_answers_are_restored(groups):
    old, new = RNG.normal(size=(2, 6, 5, 3)).astype(np.float32)  # a convolution over one axis
    before, now = RNG.normal(size=(2, groups, 50, 15)).astype(np.float32)
    bias = RNG.normal(size=6).astype(np.float32)

    def mean(W, X, bias):
        answers = X @ W.reshape(groups, 6 // groups, 15).swapaxes(1, 2)  # (groups, n, channels of the group)
        return answers.mean(axis=1).reshape(-1) + bias

    corrected = bias_correction(new, old, now, before, bias)
    np.testing.assert_allclose(mean(new, now, corrected), mean(old, before, bias), atol=1e-5)
    assert corrected.dtype == np.float32
    np.testing.assert_allclose(bias_correction(new, old, now, before), corrected - bias, atol=1e-5)


def test_nothing_changes_where_nothing_changed():
    W, X, bias = RNG.normal(size=(4, 3)), RNG.normal(size=(1, 9, 3)), np.float32([1, 2, 3, 4])
    assert (bias_correction(W, W, X, X, bias) == bias).all()
    assert (bias_correction(W, W * 2, X[:, :0], X[:, :0], bias) == bias).all()  # no samples, no opinion
