"""A Golomb-Rice code: as short as it says, read back exactly, and taken only where it saves enough."""

from dataclasses import replace

import numpy as np
import pytest

from app.network.encodings import candidates
from app.network.encodings.rice import rice
from kernels.storage import affine, lookup
from kernels.storage.encoding import decode
from kernels.storage.entropy import entropy_bits
from kernels.weight import Float, Weight
from tests.made.encoded import assert_all_decode

SHAPE = (61, 151)


def geometric(n=6161, share=0.2):
    return np.random.default_rng(0).geometric(share, n)


def laplace(scale, n=6161):
    return np.rint(np.random.default_rng(1).laplace(0, scale, n)).astype(np.int64)


def read(spelling, codes):
    """The codes, one after the other from the bits."""
    ends = np.flatnonzero(spelling.unary(codes) == 0)
    ranks = np.diff(ends, prepend=-1) - 1
    return spelling.starts[ranks] + spelling.places(codes)


@pytest.mark.parametrize(
    ("codes", "bits", "bases", "times"),
    [(geometric(), 5, (1,), 1.04), (geometric(share=0.03), 8, (1,), 1.04), (laplace(1), 4, None, 1.06),
     (laplace(12), 8, None, 1.05)],
)  # fmt: skip
def test_it_takes_little_more_than_the_entropy_and_reads_back(codes, bits, bases, times):
    (spelling,) = rice(codes, bits, bases)
    stored = spelling.length + codes.size * spelling.low
    assert len(spelling.unary(codes)) == spelling.length
    assert codes.size * entropy_bits(codes) < stored < times * codes.size * entropy_bits(codes)
    assert stored / 8 <= spelling.size_bytes < stored / 8 + 8 + 2 * len(spelling.bins)
    assert (read(spelling, codes) == codes).all()


def test_codes_that_are_equally_frequent_and_few_codes_are_left_as_they_are():
    assert not list(rice(np.random.default_rng(2).integers(0, 16, 9000), 4))
    assert not list(rice(laplace(1, 300), 4))
    assert not list(rice(np.zeros(8000, np.int8), 1)), "a bit each is the least there is"


def weights():
    values = np.random.default_rng(3).laplace(0, 1, SHAPE).astype(np.float32)
    values[0, 0] = 40
    for form in (
        affine.encode(values, bits=8, symmetric=True, block_shape=SHAPE),
        affine.encode(values, bits=6, symmetric=False, block_shape=SHAPE),
        lookup.encode(values, bits=5, group_size=SHAPE[0]),
    ):
        weight = Weight("only", values, form)
        yield replace(weight, values=decode(weight))
    kept = np.random.default_rng(4).random(SHAPE) < 0.2
    yield Weight("only", np.where(kept, values, np.float32(0)), Float(32), kept)


@pytest.mark.parametrize("weight", [*weights()], ids=["int8", "uint6", "palette5", "steps"])
def test_every_layer_reads_it_back_exactly(weight, monkeypatch):
    assert any("Rice" in each.fragment.functions for each in candidates(weight, "only.weight"))
    assert_all_decode(weight, monkeypatch)
