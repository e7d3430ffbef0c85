"""Palettes, written to a file and decoded by onnxruntime, give back the weight bit for bit."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from kernels.storage import lookup
from kernels.storage.encoding import pruned
from kernels.weight import Float, Palette, Weight
from tests.made.encoded import DENSITIES, SHAPES, VECTORS, assert_all_decode, channel_scales, masked

BITS = range(1, 9)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("group_size", [2, 4, 100])
def test_palettes_decode_exactly(shape, group_size, density, monkeypatch):
    for bits in BITS:
        encode = partial(lookup.encode, bits=bits, group_size=min(group_size, shape[0]))
        assert_all_decode(masked(shape, encode, density), monkeypatch)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("group_size", [3, 7])
@pytest.mark.parametrize("table", ["float16", "int8", "uint3"])
def test_tables_of_smaller_numbers_decode_exactly(group_size, table, density, monkeypatch):
    def form_of(values):
        form = lookup.encode(values, bits=3, group_size=group_size)
        if table == "float16":
            return lookup.with_table(form, Float(16))
        return lookup.quantize_table(form, bits=int(table[-1]), symmetric=table == "int8")

    assert_all_decode(masked((7, 13), form_of, density), monkeypatch)


@pytest.mark.parametrize("density", [None, 0.6, 0.0, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("cluster_dim, group_size, table", VECTORS)
def test_palettes_of_vectors_decode_exactly(shape, cluster_dim, group_size, table, density, monkeypatch):
    def form_of(values, bits):
        rule = {"bits": bits, "group_size": min(group_size, shape[0]), "cluster_dim": cluster_dim}
        form = lookup.encode_vectors(values, **rule)
        if table == "fp32":
            return form
        if table == "fp16":
            return lookup.with_table(replace(form, scale=channel_scales(shape)), Float(16))
        return lookup.quantize_table(form, bits=8, symmetric=True)

    for bits in (1, 4, 6):
        assert_all_decode(masked(shape, partial(form_of, bits=bits), density), monkeypatch)


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("group_size", [2, 100])
def test_channel_scales_decode_exactly(shape, group_size, density, monkeypatch):
    def form_of(values):
        return replace(lookup.encode(values, bits=3, group_size=min(group_size, shape[0])), scale=channel_scales(shape))

    assert_all_decode(masked(shape, form_of, density), monkeypatch)


def test_a_vector_palette_of_which_everything_was_pruned_later(monkeypatch):
    values = np.array([[1, 5], [2, 6], [1, 5]], np.float32)
    form = lookup.encode_vectors(values, bits=1, group_size=3, cluster_dim=2)
    assert_all_decode(pruned(Weight("only", values, form), np.zeros((3, 2), bool)), monkeypatch)


def test_a_palette_without_zero_can_be_stored_sparsely(monkeypatch):
    indices = np.array([[0, 1, 2, 3], [3, 2, 1, 0]], np.uint8)
    form = Palette(indices, np.array([[1, 2, 3, 4]], np.float32), bits=2, group_size=2)
    assert_all_decode(Weight("only", lookup.decode(form), form, np.ones((2, 4), bool)), monkeypatch)
