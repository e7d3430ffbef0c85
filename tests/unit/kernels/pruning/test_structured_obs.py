"""Channels by the loss of those that read them, against the definition."""

import numpy as np
import pytest

from kernels.calibrated.hessian import damped, gram, output_error
from kernels.calibrated.least_squares import refit
from kernels.pruning.structured_obs import structured_obs
from tests.made.odd_layers import every_layer, finished, layer


def test_every_step_removes_the_channel_that_costs_least():
    readers = [(W, damped(gram(X))) for W, X in (layer(3, 10, 80), layer(4, 5, 80, seed=1))]
    order = finished(structured_obs(readers, 5, 5))
    gone = np.zeros(5, dtype=bool)
    for channel in order:
        losses = np.full(5, np.inf)
        for c in np.flatnonzero(~gone):
            kept = ~gone & (np.arange(5) != c)
            losses[c] = sum(relative_loss(W, H, np.repeat(kept, W.shape[1] // 5)) for W, H in readers)
        assert losses.argmin() == channel
        gone[channel] = True


def relative_loss(W, H, kept):
    refitted = refit(W, np.broadcast_to(kept, W.shape), H, share=1e-12)
    return output_error(W, refitted, H).sum() / output_error(W, 0, H).sum()


@every_layer
@pytest.mark.parametrize("part", [0, 0.5, 1])
def test_odd_layers(odd, part):
    W, X = odd
    n = W.shape[1]
    order = finished(structured_obs([(W, damped(gram(X)))], n, int(part * n)))
    assert len(order) == int(part * n) == len(set(order.tolist())) and set(order.tolist()) <= set(range(n))


def test_of_two_equal_channels_only_one_goes():
    W, X = layer(6, 8, 200)
    X[:, 3] = X[:, 5]
    order = finished(structured_obs([(W, damped(gram(X), 1e-6))], 8, 2)).tolist()
    assert len({3, 5} & set(order)) == 1 and order[0] in (3, 5)


def test_wrong_calls_are_named():
    W, X = layer(3, 10, 50)
    with pytest.raises(ValueError, match="cannot remove 11 of 10 channels"):
        next(structured_obs([(W, damped(gram(X)))], 10, 11))
    with pytest.raises(ValueError, match="no multiple of 4"):
        next(structured_obs([(W, damped(gram(X)))], 4, 1))
    with pytest.raises(ValueError, match="2 runs cannot share 10 channels and lose 3"):
        next(structured_obs([(W, damped(gram(X)))], 10, 3, 2))


def test_runs_lose_as_many():
    W, X = layer(3, 10, 80)
    W[:, :5] *= 0.01  # all of these would go first
    readers = [(W, damped(gram(X)))]
    assert set(finished(structured_obs(readers, 10, 4))) <= set(range(5))
    assert sum(channel < 5 for channel in finished(structured_obs(readers, 10, 4, 2))) == 2
