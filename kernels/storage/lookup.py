"""Palettes: a small table of values and, for every weight, the index of its entry.

Neighbouring output channels that share a table are a group. Where weights are pruned one entry of their table is
exactly zero and belongs to them alone; the rest is spent on the weights that stay. The entries may also be vectors of
neighbouring output channels, as in coremltools. Those are pruned element by element, so no entry is kept for zeros:
`kernels.storage.encoding` puts them in by the mask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from kernels.kmeans import vector_clustering
from kernels.kmeans.clustering import kmeans
from kernels.kmeans.line import Line
from kernels.storage import affine
from kernels.storage.floats import round16
from kernels.weight import Affine, Float, Palette


def encode(
    values: np.ndarray,
    *,
    bits: int,
    group_size: int,
    mask: np.ndarray | None = None,
    table_of: Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]] = kmeans,
) -> Palette:
    """A weight as indices into tables of at most ``2**bits`` numbers.

    Parameters
    ----------
    values : ndarray of float32, shape (C_out, C_in, *K), finite, not empty
    bits : int, 1 to 8, of an index
    group_size : int, output channels that share a table
    mask : ndarray of bool, shape of `values`, or None; where it is False the weight decodes to 0
    table_of : (values, n) -> at most n ascending entries and the index of every value: `kmeans` or `evenly_spaced`

    Returns
    -------
    Palette. Tables that need fewer entries than the largest one repeat their last entry.

    Notes
    -----
    Source: Han et al., Deep Compression, ICLR 2016 (arXiv 1510.00149), section 3.

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
        lut, indices[group] = _table(values[group], kept, 2**bits, table_of)
        luts.append(lut)
    return Palette(indices, _stacked(luts), bits, group_size)


def evenly_spaced(values: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """At most `n` ascending float32 numbers from the least value to the greatest, and the nearest of them for each.

    >>> entries, indices = evenly_spaced(np.array([9, 0, 1, 2], dtype=np.float32), 4)
    >>> entries.tolist(), indices.tolist()
    ([0.0, 3.0, 6.0, 9.0], [3, 0, 0, 1])
    """
    least, most = float(values.min()), float(values.max())
    spaced = np.linspace(least, most, n) if n > 1 else np.array([(least + most) / 2])
    entries = np.unique(spaced.astype(np.float32))
    return entries, Line.of(values).nearest(entries).reshape(values.shape)


def encode_vectors(
    values: np.ndarray, *, bits: int, group_size: int, cluster_dim: int, mask: np.ndarray | None = None, seed: int = 0
) -> Palette:
    """A weight as indices into tables of at most ``2**bits`` vectors.

    Parameters
    ----------
    values, bits, group_size, mask : as for `encode`
    cluster_dim : int, output channels in a vector; has to divide `group_size` if there are several groups
    seed : int, see `kernels.kmeans.vector_clustering`

    Returns
    -------
    Palette, to be decoded with the mask

    Raises
    ------
    ValueError
        If `cluster_dim` does not divide `group_size` and there are several groups.

    Notes
    -----
    Source: product quantization of Gong et al., arXiv 1412.6115, with neighbours along axis 0 as in coremltools.

    Examples
    --------
    >>> w = np.array([[1, 5, 1], [2, 6, 2], [1, 5, 5]], dtype=np.float32)
    >>> form = encode_vectors(w, bits=1, group_size=3, cluster_dim=2)
    >>> form.lut.tolist(), form.indices.tolist()
    ([[[1.0, 2.0], [5.0, 6.0]]], [[0, 1, 0], [0, 1, 1]])
    >>> decode(form, 3).tolist()
    [[1.0, 5.0, 1.0], [2.0, 6.0, 2.0], [1.0, 5.0, 5.0]]
    """
    channels, per_table = len(values), -(-group_size // cluster_dim)
    if group_size < channels and group_size % cluster_dim:
        raise ValueError(f"cluster_dim={cluster_dim} does not divide group_size={group_size}; choose one that does")
    vectors, there = _vectors(values, cluster_dim), None
    if mask is not None or channels % cluster_dim:
        there = _vectors(np.ones(values.shape, bool) if mask is None else mask, cluster_dim)
    luts, indices = [], []
    rounds = max(1, vector_clustering.ROUNDS * per_table // len(vectors))  # many tables take no longer than one
    for first in range(0, len(vectors), per_table):
        group = slice(first, first + per_table)
        kept = None if there is None or there[group].all() else there[group].reshape(-1, cluster_dim)
        flat = vectors[group].reshape(-1, cluster_dim)
        lut, found = vector_clustering.kmeans(flat, 2**bits, kept=kept, seed=seed, rounds=rounds)
        luts.append(lut)
        indices.append(found)
    indices = np.concatenate(indices).reshape(len(vectors), *values.shape[1:])
    return Palette(indices, _stacked(luts), bits, group_size)


def _vectors(array: np.ndarray, size: int) -> np.ndarray:
    """Vectors of `size` neighbouring channels, shape (ceil(C_out / size), P, size), filled up with 0."""
    rows = -(-len(array) // size)
    padded = np.zeros((rows * size, array[0].size), array.dtype)
    padded[: len(array)] = array.reshape(len(array), -1)
    return padded.reshape(rows, size, -1).swapaxes(1, 2)


def _stacked(luts: Sequence[np.ndarray]) -> np.ndarray:
    """Tables of several lengths as one array; short ones repeat their last entry."""
    rows = np.arange(max(map(len, luts)))
    return np.stack([lut[np.minimum(rows, len(lut) - 1)] for lut in luts])


def _table(
    values: np.ndarray,
    kept: np.ndarray | None,
    n: int,
    table_of: Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray]:
    """A table of at most `n` ascending entries and the index of every value; `kept` is None if nothing was pruned."""
    if kept is None:
        return table_of(values, n)
    entries, own = np.empty(0, dtype=np.float32), np.empty(0, dtype=np.uint8)
    if kept.any():
        entries, own = table_of(values[kept], n - 1)
    zero = np.searchsorted(entries, 0)
    if zero == len(entries) or entries[zero] != 0:
        own += own >= zero  # make room for the zero that comes in between
        entries = np.concatenate((entries[:zero], np.zeros(1, np.float32), entries[zero:]))
    indices = np.full(values.shape, zero, dtype=np.uint8)
    indices[kept] = own
    return entries, indices


def decode(form: Palette, n_channels: int | None = None) -> np.ndarray:
    """The values a `Palette` stands for.

    Parameters
    ----------
    n_channels : int, of the weight, if the last vector may stick out over them

    Returns
    -------
    ndarray of float32, shape (C_out, C_in, *K); of vectors still without the zeros of a mask
    """
    rest = form.indices.shape[1:]
    if form.lut.shape[0] == 1:
        values = form.lut[0][form.indices]
    else:
        tables = np.arange(len(form.indices)) * form.cluster_dim // form.group_size
        starts = (tables * form.lut.shape[1]).reshape(-1, *(1 for _ in rest))
        values = form.lut.reshape(-1, *form.lut.shape[2:])[form.indices + starts]
    if form.cluster_dim > 1:
        values = np.moveaxis(values, -1, 1).reshape(-1, *rest)[:n_channels]
    return values if form.scale is None else values * form.scale.reshape(-1, *(1 for _ in rest))


def without(form: Palette, mask: np.ndarray) -> Palette:
    """The same palette with zero wherever `mask` is False.

    Each table is made anew from the entries still in use, and zero. Entries that nobody uses any more make room for
    it; only when all of them are still in use are they clustered into one fewer. A table stored as integers keeps its
    scale, so that entries still in use keep their value. A table of vectors stays as it is.
    """
    if form.cluster_dim > 1:
        return form
    used = decode(replace(form, scale=None))
    fresh = encode(used, bits=form.bits, group_size=form.group_size, mask=mask)
    fresh = replace(fresh, scale=form.scale)
    if isinstance(form.lut_form, Affine):
        old = form.lut_form
        rule = {"bits": old.bits, "symmetric": old.symmetric, "block_shape": (1, fresh.lut.shape[1])}
        codes = affine.quantize(fresh.lut, old.scale, old.zero_point, **rule)
        return with_table(fresh, Affine(codes, old.scale, old.zero_point, **rule))
    return with_table(fresh, form.lut_form) if form.lut_form else fresh


def quantize_table(form: Palette, *, bits: int, symmetric: bool) -> Palette:
    """The palette with its entries on an integer grid, one scale per table.

    Raises ValueError if `bits` is none that `affine.grid` knows.
    """
    block_shape = (1, *form.lut.shape[1:])
    return with_table(form, affine.encode(form.lut, bits=bits, symmetric=symmetric, block_shape=block_shape))


def stored_like(model: Palette, form: Palette) -> Palette:
    """The palette `form` with its table stored as that of `model` is."""
    if isinstance(model.lut_form, Affine):
        return quantize_table(form, bits=model.lut_form.bits, symmetric=model.lut_form.symmetric)
    return with_table(form, model.lut_form) if model.lut_form else form


def with_table(form: Palette, lut_form: Float | Affine) -> Palette:
    """The palette with its table stored as `lut_form`: an `Affine` with codes of its shape, or a `Float` of 16 bits."""
    is_float = isinstance(lut_form, Float)
    lut = round16(form.lut, lut_form.kind) if is_float else affine.dequantize(lut_form)
    return replace(form, lut=lut, lut_form=lut_form)
