"""Weights of which only some elements are stored find the others again; or it is said that all are stored."""

from functools import partial

import numpy as np
import pytest

from app.network.encodings import candidates
from kernels.storage import affine, lookup
from kernels.weight import Float, Weight
from tests.made.encoded import assert_all_decode, masked, single


@pytest.mark.parametrize("density", [0.0, 1.0])
@pytest.mark.parametrize("bits", [1, 4, 8])
def test_nothing_pruned_and_everything_pruned_decode_exactly(bits, density, monkeypatch):
    shape = (10, 64)  # more values than a table of eight bits holds
    affine_of = partial(affine.encode, bits=bits, symmetric=False, block_shape=(1, 64))
    palette_of = partial(lookup.encode, bits=bits, group_size=10)
    for form_of in (lambda values: Float(32), affine_of, palette_of):
        assert_all_decode(masked(shape, form_of, density), monkeypatch)


def test_steps_longer_than_their_bits_reach_stop_on_the_way(monkeypatch):
    values = np.zeros((7, 130), np.float32)
    values[[0, 0, 0, 6], [0, 1, 2, 129]] = 1, 2, 3, 4  # the last step is 907 long
    weight = Weight("only", values, Float(32), values != 0)
    assert any(candidate.label.startswith("gaps") for candidate in candidates(weight, "only.weight"))
    assert_all_decode(weight, monkeypatch)


def test_zeros_that_are_not_left_out_are_explained():
    weight = masked((7, 13), partial(lookup.encode, bits=2, group_size=7), 0.9)
    stored = single((7, 13))[0].write([weight]).stored["only"]
    assert stored.label == "palette 2 bit" and stored.weights[0].zeros_are_stored
