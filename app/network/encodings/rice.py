"""Codes that are not equally frequent in fewer bits than all of one width: a Golomb-Rice code with ranks.

The codes are cut into bins of ``2**low`` neighbours. Where a code stands in its bin takes `low` bits; its bin is
spelled in unary by its rank, the most frequent bin first: as many ones as there are bins before it, and a zero. Where
weights are quantized that takes 1.02 to 1.15 times the entropy of the codes (planes of bits: 1.1 to 1.4), and steps
between the weights that are kept, whose lengths fall off geometrically, come as close.

Choices a newcomer would question. All codes are read at once (`functions`: Rice), not one after the other: a decoder in
a Loop or a Scan, as arithmetic coding or Huffman's need one, is not computed when a session is made, for onnxruntime
does not fold operators that hold graphs, so it would run again with each sample. And the bins are of one size: a tree
of Huffman's is 1 to 3 % shorter, and takes a call for each of its inner nodes.

Source: Golomb, "Run-length encodings", 1966; Rice and Plaunt, "Adaptive variable-length coding for efficient
compression of spacecraft television data", 1971.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from kernels.storage.entropy import word

LEAST, SHARE = 250, 0.95
"""Bytes to be saved, for a call, a table and a share of the function; and the share of planes that it may take at most,
for a session takes half a millisecond to read it."""


class Rice(NamedTuple):
    """How codes are spelled.

    low : bits that say where in its bin a code stands
    base : where some bin starts; all others start multiples of ``2**low`` from there
    bins : numbers of the bins, ``(code - base) >> low``, the most frequent first
    length : bits of all ranks
    size_bytes : of all spelled codes, and the table of the bins
    """

    low: int
    base: int
    bins: tuple[int, ...]
    length: int = 0
    size_bytes: int = 0

    @property
    def starts(self) -> np.ndarray:
        """The first code of each bin."""
        return (np.array(self.bins) << self.low) + self.base

    def places(self, codes: np.ndarray) -> np.ndarray:
        """Where in its bin each code stands."""
        return (codes.astype(np.int64) - self.base) & (2**self.low - 1)

    def unary(self, codes: np.ndarray) -> np.ndarray:
        """The bits of all ranks.

        Examples
        --------
        >>> codes = np.array([0, 0, 1, -1])
        >>> Rice(0, 0, (0, 1, -1)).unary(codes).tolist()
        [0, 0, 1, 0, 1, 1, 0]
        """
        least = min(self.bins)
        ranks = np.zeros(max(self.bins) - least + 1, np.int64)
        ranks[np.array(self.bins) - least] = np.arange(len(self.bins))
        ends = np.cumsum(ranks[((codes.reshape(-1).astype(np.int64) - self.base) >> self.low) - least] + 1)
        bits = np.ones(ends[-1], np.uint8)
        bits[ends - 1] = 0
        return bits


def rice(codes: np.ndarray, bits: float, bases: tuple[int, ...] | None = None) -> Iterator[Rice]:
    """The shortest Golomb-Rice code, if it is by enough shorter than `bits` bits for each code.

    Parameters
    ----------
    codes : ndarray of int, any shape
    bases : where a bin may start; else at 0, or so that one lies around 0
    """
    plain = codes.size * bits / 8
    room = min(plain - LEAST, SHARE * plain)
    if room <= codes.size / 8:  # one bit is the least of a code
        return
    flat = codes.reshape(-1).astype(np.int64)
    least = int(flat.min())
    counts = np.bincount(flat - least)
    if 1.02 * word(counts) * codes.size / 8 >= room:  # what it takes more than that
        return
    best = min(_tried(counts, least, bases), key=lambda each: each.size_bytes)
    if best.size_bytes < room and abs(best.starts).max() < 2**15:
        yield best


def _tried(counts: np.ndarray, least: int, bases: tuple[int, ...] | None) -> Iterator[Rice]:
    """Codes with bins about as large as the codes spread: the shortest has one of three sizes."""
    n, at = int(counts.sum()), np.arange(len(counts), dtype=float)
    mean = counts @ at / n
    spread = int(((counts @ (at - mean) ** 2) / n) ** 0.5).bit_length()
    for low in range(max(0, spread - 2), spread + 1):
        for base in bases or {0, -(1 << low >> 1)}:
            first = (least - base) >> low
            edges = np.arange((first << low) + base - least, len(counts), 1 << low)
            edges[0] = 0
            bins = np.add.reduceat(counts, edges)
            order = (-bins).argsort(kind="stable")[: np.count_nonzero(bins)]
            unary = int(bins[order] @ np.arange(1, len(order) + 1, dtype=np.int64))  # the page's integers have 32 bits
            size = -(-n // 8) * low + -(-unary // 8) + 2 * len(order)
            yield Rice(low, base, tuple((order + first).tolist()), unary, size)
