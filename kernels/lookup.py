"""Palettes: a small table of values and, for every weight, the index of its entry.

Neighbouring output channels that share a table are a group. Where weights are pruned one entry of their table is
exactly zero and belongs to them alone; the rest is spent on the weights that stay.
"""

from dataclasses import replace

import numpy as np

from kernels import affine
from kernels.clustering import assign, kmeans
from kernels.technique import Affine, Float, Palette


def encode(values, *, bits, group_size, mask=None):
    """Cluster a weight into tables of at most ``2**bits`` entries.

    Parameters
    ----------
    values : ndarray of float32, shape (C_out, C_in, *K), finite, not empty
    bits : int, 1 to 8, of an index
    group_size : int, output channels that share a table
    mask : ndarray of bool, shape of `values`, or None; where it is False the weight decodes to 0

    Returns
    -------
    Palette. Tables that need fewer entries than the largest one repeat their last entry.

    Examples
    --------
    >>> w = np.array([[1, 2, 9, 8]], dtype=np.float32)
    >>> encode(w, bits=1, group_size=1).lut.tolist()
    [[1.5, 8.5]]
    >>> pruned = encode(w, bits=1, group_size=1, mask=w > 2)
    >>> pruned.lut.tolist(), pruned.indices.tolist()
    ([[0.0, 8.5]], [[0, 0, 1, 1]])
    """
    luts, indices = [], np.empty(values.shape, dtype=np.uint8)
    for first in range(0, len(values), group_size):
        group = slice(first, first + group_size)
        kept = None if mask is None or mask[group].all() else mask[group]
        lut, indices[group] = _table(values[group], kept, 2**bits)
        luts.append(lut)
    width = max(map(len, luts))
    lut = np.stack([np.pad(lut, (0, width - len(lut)), mode="edge") for lut in luts])
    return Palette(indices, lut, bits, group_size)


def _table(values, kept, n):
    """A table of at most `n` ascending entries and the index of every value; `kept` is None if nothing was pruned."""
    if kept is None:
        lut = kmeans(values, n)
        return lut, assign(values, lut)
    centroids = kmeans(values[kept], n - 1) if kept.any() else np.empty(0, dtype=np.float32)
    lut = np.unique(np.append(centroids, np.float32(0)))
    zero = np.searchsorted(lut, 0)
    own = assign(values, centroids) if len(centroids) else np.zeros(values.shape, dtype=np.uint8)
    if len(lut) > len(centroids):
        own += own >= zero  # make room for the zero that has come in between
    return lut, np.where(kept, own, np.uint8(zero))


def decode(form):
    """The values a `Palette` stands for: ndarray of float32, shape of its indices."""
    if len(form.lut) == 1:
        return form.lut[0][form.indices]
    starts = np.arange(len(form.indices)) // form.group_size * form.lut.shape[1]  # of the table of each channel
    return form.lut.reshape(-1)[form.indices + starts.reshape(-1, *(1 for _ in form.indices.shape[1:]))]


def without(form, mask):
    """The same palette with zero wherever `mask` is False.

    Each table is made anew from the entries still in use, and zero. Entries that nobody uses any more make room for
    it; only when all of them are still in use are they clustered into one fewer. A table stored as integers keeps its
    scale, so that entries still in use keep their value.
    """
    fresh = encode(decode(form), bits=form.bits, group_size=form.group_size, mask=mask)
    if isinstance(form.lut_form, Affine):
        old = form.lut_form
        rule = {"bits": old.bits, "symmetric": old.symmetric, "block_shape": (1, fresh.lut.shape[1])}
        codes = affine.quantize(fresh.lut, old.scale, old.zero_point, **rule)
        return with_table(fresh, Affine(codes, old.scale, old.zero_point, **rule))
    return with_table(fresh, form.lut_form) if form.lut_form else fresh


def quantize_table(form, *, bits, symmetric):
    """The palette with its entries on an integer grid, one scale per table."""
    block_shape = (1, form.lut.shape[1])
    return with_table(form, affine.encode(form.lut, bits=bits, symmetric=symmetric, block_shape=block_shape))


def with_table(form, lut_form):
    """The palette with its table stored as `lut_form`: an `Affine` of the shape of the table, or ``Float(16)``."""
    is_float = isinstance(lut_form, Float)
    lut = form.lut.astype(np.float16).astype(np.float32) if is_float else affine.dequantize(lut_form)
    return replace(form, lut=lut, lut_form=lut_form)
