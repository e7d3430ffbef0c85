"""A weight as it stands in a recipe, and the forms in which weights can be stored.

What an encoding costs in a file is not known here: that is for `app.network` to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np


@dataclass(frozen=True, eq=False)
class Float:
    """Stored as floating point numbers.

    bits : 32 or 16
    kind : "float" as in IEEE 754, or "bfloat": 16 bits with the exponent of 32
    """

    bits: int = 32
    kind: str = "float"


@dataclass(frozen=True, eq=False)
class Affine:
    """Stored as integers: ``value = scale * (code - zero_point)``.

    codes : int16, shape of the weight; symmetric: -(2**(bits-1) - 1) to 2**(bits-1) - 1, else 0 to 2**bits - 1
    scale : float32, positive, one number per block: shape of the weight divided by `block_shape`, axis by axis
    zero_point : int16, shape of `scale`: the code of the value 0; all zeros when `symmetric`
    bits : 1 to 8, or 16 when `symmetric`
    block_shape : one int per axis of the weight
    scale_form : None for float32 scales, `Float(16)`, or `Affine` with codes of the shape of `scale`
    """

    codes: np.ndarray
    scale: np.ndarray
    zero_point: np.ndarray
    bits: int
    symmetric: bool
    block_shape: tuple[int, ...]
    scale_form: Float | Affine | None = None


@dataclass(frozen=True, eq=False)
class RealAffine:
    """Stored as integers with a real zero point: ``value = scale * code - scale * zero_point``.

    Each product is rounded to float32. The value 0 need not be a point of the grid, so no pruned weight has this form.

    codes : int16, shape of the weight, 0 to 2**bits - 1
    scale, block_shape, scale_form : as those of `Affine`
    zero_point : float32, shape of `scale`
    bits : 1 to 8
    symmetric : never: the codes of both classes then have one rule for their range
    """

    codes: np.ndarray
    scale: np.ndarray
    zero_point: np.ndarray
    bits: int
    block_shape: tuple[int, ...]
    scale_form: Float | Affine | None = None
    symmetric: ClassVar[bool] = False


@dataclass(frozen=True, eq=False)
class Float8:
    """Stored as floating point numbers of 8 bits (fp8 e4m3fn) with scales: ``value = scale * number``.

    codes : uint8, shape of the weight: the bits of the numbers, see `kernels.storage.floats`
    scale, block_shape, scale_form : as those of `Affine`
    """

    codes: np.ndarray
    scale: np.ndarray
    block_shape: tuple[int, ...]
    scale_form: Float | Affine | None = None
    bits: int = 8


@dataclass(frozen=True, eq=False)
class Palette:
    """Stored as indices into a look-up table: ``value[o, ...] = lut[o // group_size, indices[o, ...]]``.

    The entries may be vectors: `cluster_dim` neighbouring output channels then share one index, the last vector may
    stick out over them, and what is pruned is told by the mask alone.

    indices : uint8, shape of the weight; of vectors (ceil(C_out / cluster_dim), C_in, *K)
    lut : float32, shape (groups, at most 2**bits), ascending; groups = ceil(C_out / group_size); of vectors
        (groups, at most 2**bits, cluster_dim)
    bits : int, of one index
    group_size : int, output channels that share a table; C_out for one table per tensor
    lut_form : None for a float32 table, `Float(16)`, or `Affine` with codes of the shape of `lut` (block = one group)
    scale : float32, positive, shape (C_out,): values are multiplied by that of their channel once looked up; None: not
    """

    indices: np.ndarray
    lut: np.ndarray
    bits: int
    group_size: int
    lut_form: Float | Affine | None = None
    scale: np.ndarray | None = None

    @property
    def cluster_dim(self) -> int:
        return 1 if self.lut.ndim == 2 else self.lut.shape[2]


@dataclass(frozen=True, eq=False)
class LowRank:
    """Stored as two layers, one after the other, each in a form of its own: ``value = outer @ inner``, as matrices.

    inner : Weight, values (rank, C_in, *K), reads what the layer reads; called after the layer, with ".inner" behind.
        It knows nothing of channels that are gone: `kept_in` and `kept_out` are the whole weight's
    outer : Weight, values (C_out, rank, 1, ...), makes what the layer makes, with its bias; ".outer"
    """

    inner: Weight
    outer: Weight

    @property
    def bits(self) -> int:
        return max(self.inner.form.bits, self.outer.form.bits)


Form = Float | Float8 | Affine | RealAffine | Palette | LowRank
"How the values of a weight are stored."


@dataclass(frozen=True, eq=False)
class Activation:
    """What a layer reads is rounded to integers: ``input = scale * (code - zero_point)``, codes 0 to 2**bits - 1.

    scale, zero_point : float32 and int, one for the whole tensor; None: from the least and greatest input of each run
    out_scale, out_zero_point : the 8-bit grid for what a convolution puts out, if that may be rounded as well
    """

    bits: int = 8
    scale: np.float32 | None = None
    zero_point: int | None = None
    out_scale: np.float32 | None = None
    out_zero_point: int | None = None


@dataclass(frozen=True, eq=False)
class Weight:
    """One layer's weight as it stands in a recipe.

    name : the layer's name, for messages and reports
    values : float32, shape (C_out, C_in / groups, *K), finite: exactly what the stored form decodes to
    form : how the values are stored
    mask : bool, shape of `values`, True = kept; None if never pruned. ``values`` is 0 wherever the mask is False
    kept_out, kept_in : int64 indices of the original output and input channels still there; None = all.
        For a Gemm after a Flatten `kept_in` counts the columns of the original matrix.
    bias : float32, shape (C_out,); None if the layer has none of its own
    groups : int, of a convolution: output channels are split into so many groups, each reading its own input channels
    activation : how the layer's input is rounded, so that integers are multiplied; None: it is left as floats
    reference : the uncompressed weight that it stands for, where that is not the original of its name: a step has
        rescaled it, or taken it apart; the second half of a factorized layer stands for the whole layer
    notes : sentences for the layer table
    """

    name: str
    values: np.ndarray
    form: Form = field(default_factory=Float)
    mask: np.ndarray | None = None
    kept_out: np.ndarray | None = None
    kept_in: np.ndarray | None = None
    bias: np.ndarray | None = None
    groups: int = 1
    activation: Activation | None = None
    reference: Weight | None = None
    notes: tuple[str, ...] = ()
