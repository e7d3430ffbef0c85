"""All the ways in which a weight can stand in an ONNX file, and what each costs.

A `Candidate` is a run of initializers and nodes whose last output is the decoded weight, bit for bit `Weight.values`.
Two questions make one: which elements are stored (`positions`: all; those marked in a bit mask; those reached by steps
from one to the next), and how the stored ones are written (`floats`, `affine`, `palette`; their integers as bytes, as
bit planes, or in a Golomb-Rice code: `tensors`, `rice`). Which candidate is taken is decided in `app.network.choice`.

Choices a newcomer would question. No DequantizeLinear: a session with default options does not fold it, and computes it
anew at every run. So none of the four-bit types of ONNX either, for up to 1.22 onnxruntime has no other operator that
reads them, nor the two-bit types, with which up to 1.31 it computes garbage in some shapes; bit planes are as small. Of
all other types and operators only those appear that onnxruntime has had since 1.20;
`tests/unit/network/encodings/test_encodings_in_the_oldest.py` names what it lacks.

Entropy coding: a Golomb-Rice code makes files of large layers 4 to 14 % smaller at 3, 4 and 8 bits (digits-resnet int3
46.2 to 40.6 kB, words int4 23.6 to 20.2 kB), nothing at 2 bits and 0 to 3 % where floats were pruned; a session takes
half a millisecond more for each such layer, and no run takes longer. Huffman's or an arithmetic code would save some
3 % more of the codes, but wants a decoder that goes step by step (`rice`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from app.network.encodings import affine, floats, palette
from app.network.encodings.candidate import Candidate
from app.network.encodings.positions import Positions, is_pruned, positions_of
from kernels.weight import Affine, Float, Float8, Palette, RealAffine, Weight

__all__ = ["Candidate", "candidates"]

WORTH = 1500
"Bytes, more than all functions that unpack sparse elements: if writing all elements takes so many more, it never wins."

SHARE = 0.6
"Of their plain size that all elements take at least, in a Golomb-Rice code or on a grid."

_WRITE = {
    Float: floats.plain, Float8: floats.scaled, Affine: affine.integers, RealAffine: affine.integers,
    Palette: palette.indices,
}  # fmt: skip


def candidates(weight: Weight, output: str) -> Iterator[Candidate]:
    """Every valid way to write `weight` so that the tensor `output` holds its values, the plainest first.

    Tensors on the way have the name of the weight and the usual letters: q codes, s scale, z zero point, t table; and k
    for the elements kept, h for the mask with its holes, g for the gaps between them, a for all of them.
    """
    dense, *sparse = positions_of(weight)
    small = [candidate for positions in sparse for candidate in _written(weight, positions, output)]
    if not small or SHARE * weight.values.size * weight.form.bits / 8 < min(c.fragment.size for c in small) + WORTH:
        zeros = is_pruned(weight)
        for candidate in _written(weight, dense, output):
            yield replace(candidate, zeros_are_stored=zeros)
    yield from small


def _written(weight: Weight, positions: Positions, output: str) -> Iterator[Candidate]:
    return _WRITE[type(weight.form)](weight, positions, output)
