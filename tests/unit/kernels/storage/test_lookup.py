"""Palettes: groups of channels, tables with a zero, tables stored as numbers of fewer bits."""

from dataclasses import replace

import numpy as np
import pytest

from kernels.storage import lookup
from kernels.weight import Affine, Float

WEIGHT = np.random.default_rng(3).normal(size=(7, 5, 3)).astype(np.float32)
MASK = np.abs(WEIGHT) > 0.6


def test_one_table_for_the_tensor():
    form = lookup.encode(WEIGHT, bits=3, group_size=7)
    assert form.lut.shape == (1, 8) and form.lut.dtype == np.float32 and (np.diff(form.lut) > 0).all()
    assert form.indices.shape == WEIGHT.shape and form.indices.dtype == np.uint8
    assert (lookup.decode(form) == form.lut[0][form.indices]).all()


def test_a_table_for_every_group_the_last_one_smaller():
    form = lookup.encode(WEIGHT, bits=2, group_size=3)
    assert form.lut.shape == (3, 4)
    for channel in range(7):
        alone = lookup.encode(WEIGHT[channel // 3 * 3 :][:3], bits=2, group_size=3)
        assert (lookup.decode(form)[channel] == lookup.decode(alone)[channel % 3]).all()


def test_small_tables_repeat_their_last_entry():
    form = lookup.encode(np.array([[1, 1, 1], [4, 5, 6]], dtype=np.float32), bits=2, group_size=1)
    assert form.lut.tolist() == [[1, 1, 1], [4, 5, 6]] and form.indices.tolist() == [[0, 0, 0], [0, 1, 2]]


def test_pruned_weights_have_an_entry_to_themselves():
    form = lookup.encode(WEIGHT, bits=2, group_size=7, mask=MASK)
    decoded = lookup.decode(form)
    assert form.lut.shape == (1, 4) and (form.lut == 0).sum() == 1
    assert ((decoded == 0) == ~MASK).all()


def test_one_bit_after_pruning_is_zero_and_one_value():
    form = lookup.encode(WEIGHT, bits=1, group_size=7, mask=MASK)
    assert sorted(form.lut[0]) == sorted([0, WEIGHT[MASK].mean(dtype=np.float64).astype(np.float32)])


def test_nothing_pruned_leaves_the_whole_table_to_the_weights():
    full = lookup.encode(WEIGHT, bits=2, group_size=7, mask=np.ones_like(MASK))
    assert (full.lut == lookup.encode(WEIGHT, bits=2, group_size=7).lut).all() and (full.lut != 0).all()


def test_everything_pruned():
    form = lookup.encode(WEIGHT, bits=3, group_size=7, mask=np.zeros_like(MASK))
    assert form.lut.tolist() == [[0]] and not lookup.decode(form).any()


def test_zero_moves_into_an_entry_that_is_no_longer_used():
    weight = np.array([[-2, -1, 1, 2]], dtype=np.float32)
    form = lookup.without(lookup.encode(weight, bits=2, group_size=1), np.abs(weight) > 1)
    assert form.lut.tolist() == [[-2, 0, 2]] and lookup.decode(form).tolist() == [[-2, 0, 0, 2]]


def test_zero_takes_an_entry_when_all_are_used():
    weight = np.array([[-2, -1, 1, 1.5, 1.5]], dtype=np.float32)
    form = lookup.encode(weight, bits=2, group_size=1)
    form = lookup.without(form, np.array([[True, True, True, True, False]]))
    assert lookup.decode(form).tolist() == [[-2, -1, 1.25, 1.25, 0]]


@pytest.mark.parametrize("symmetric", [True, False])
def test_a_table_of_integers_keeps_its_scale_and_its_entries(symmetric):
    form = lookup.quantize_table(lookup.encode(WEIGHT, bits=4, group_size=3), bits=6, symmetric=symmetric)
    assert isinstance(form.lut_form, Affine) and form.lut_form.codes.shape == form.lut.shape == (3, 16)
    assert form.lut_form.scale.shape == (3, 1) and (np.diff(form.lut) >= 0).all()
    before, after = lookup.decode(form), lookup.without(form, MASK)
    assert (after.lut_form.scale == form.lut_form.scale).all()
    assert not lookup.decode(after)[~MASK].any()
    unchanged = lookup.decode(after) == before
    assert unchanged[MASK].mean() > 0.9  # at most the two entries that were merged to make room have moved


def test_a_table_of_fp16():
    form = lookup.with_table(lookup.encode(WEIGHT, bits=4, group_size=7), Float(16))
    assert (form.lut == form.lut.astype(np.float16)).all() and form.lut_form.bits == 16
    assert lookup.without(form, MASK).lut_form.bits == 16


def test_evenly_spaced_entries():
    form = lookup.encode(WEIGHT, bits=2, group_size=7, table_of=lookup.evenly_spaced)
    assert form.lut[0, 0] == WEIGHT.min() and form.lut[0, -1] == WEIGHT.max()
    np.testing.assert_allclose(np.diff(form.lut), np.ptp(WEIGHT) / 3, rtol=1e-6)
    assert np.abs(lookup.decode(form) - WEIGHT).max() <= 1.000001 * np.ptp(WEIGHT) / 6
    assert lookup.evenly_spaced(np.float32([1, 4]), 1)[0].tolist() == [2.5]
    assert lookup.evenly_spaced(np.float32([3, 3]), 16)[0].tolist() == [3]


def test_evenly_spaced_entries_and_a_zero():
    form = lookup.encode(WEIGHT, bits=2, group_size=7, mask=MASK, table_of=lookup.evenly_spaced)
    assert form.lut.shape == (1, 4) and ((lookup.decode(form) == 0) == ~MASK).all()


def test_vectors_of_neighbouring_channels():
    form = lookup.encode_vectors(WEIGHT[:6], bits=3, group_size=6, cluster_dim=2)
    assert form.lut.shape == (1, 8, 2) and form.indices.shape == (3, 5, 3) and form.cluster_dim == 2
    decoded = lookup.decode(form)
    for pair, j, k in np.ndindex(3, 5, 3):
        assert (decoded[2 * pair : 2 * pair + 2, j, k] == form.lut[0, form.indices[pair, j, k]]).all()


def test_vectors_that_stick_out_and_a_table_for_every_group():
    form = lookup.encode_vectors(WEIGHT, bits=2, group_size=4, cluster_dim=2)
    assert form.lut.shape == (2, 4, 2) and form.indices.shape == (4, 5, 3)
    decoded = lookup.decode(form, 7)
    assert decoded.shape == WEIGHT.shape and lookup.decode(form).shape == (8, 5, 3)
    alone = lookup.encode_vectors(WEIGHT[4:], bits=2, group_size=3, cluster_dim=2)
    assert ((decoded[4:] - WEIGHT[4:]) ** 2).sum() <= 1.2 * ((lookup.decode(alone, 3) - WEIGHT[4:]) ** 2).sum()
    with pytest.raises(ValueError, match="cluster_dim=2 does not divide group_size=3"):
        lookup.encode_vectors(WEIGHT, bits=2, group_size=3, cluster_dim=2)


def test_vectors_are_chosen_for_the_weights_that_stay():
    kept = lookup.decode(lookup.encode_vectors(WEIGHT, bits=2, group_size=7, cluster_dim=2, mask=MASK), 7)
    blind = lookup.decode(lookup.encode_vectors(WEIGHT, bits=2, group_size=7, cluster_dim=2), 7)
    assert ((kept - WEIGHT)[MASK] ** 2).sum() < ((blind - WEIGHT)[MASK] ** 2).sum()
    assert lookup.without(form := lookup.encode_vectors(WEIGHT, bits=2, group_size=7, cluster_dim=2), MASK) is form


def test_a_table_of_vectors_of_integers_has_one_scale():
    form = lookup.encode_vectors(WEIGHT, bits=3, group_size=4, cluster_dim=4)
    form = lookup.quantize_table(form, bits=8, symmetric=True)
    assert form.lut_form.codes.shape == (2, 8, 4) and form.lut_form.scale.shape == (2, 1, 1)


def test_channel_scales_multiply_and_zeros_stay():
    scale = np.arange(1, 8, dtype=np.float32)
    form = replace(lookup.encode(WEIGHT, bits=4, group_size=7), scale=scale)
    plain = lookup.decode(replace(form, scale=None))
    assert (lookup.decode(form) == plain * scale[:, None, None]).all()
    cut = lookup.without(form, MASK)
    assert (cut.scale == scale).all() and not lookup.decode(cut)[~MASK].any()
    assert (lookup.decode(cut) == lookup.decode(form))[MASK].mean() > 0.8
