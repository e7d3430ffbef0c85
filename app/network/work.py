"""What a layer does with its weight for one sample, of every network: the one function that says it."""

from __future__ import annotations

from dataclasses import dataclass

from app.network.layer import Layer
from kernels.step import parts_of
from kernels.weight import Weight
from models import counting


@dataclass(frozen=True)
class Work:
    """What a layer does for one sample. What the file leaves open is None.

    macs : multiply-accumulates, of both halves if the layer is factorized; zeros are multiplied like all else
    activations : how many numbers the layer reads, and how many it makes
    weights : how many numbers the layer multiplies with, those of both halves, and has as its bias: (weights, bias)
    weight_bits : bits of a stored number or code, without scales; the more of the two halves of a factorized layer
    """

    macs: int | None
    activations: tuple[int | None, int | None]
    weights: tuple[int, int]
    weight_bits: int


def work_of(layer: Layer, weight: Weight) -> Work:
    """What a layer does with this weight, which may have fewer channels than the layer had in the file."""
    each = [counting.macs(half.values.shape, layer.pixels_out) for half in parts_of(weight)]
    channels = weight.values.shape[1] * weight.groups, weight.values.shape[0]
    return Work(
        None if None in each else sum(each),
        tuple(None if n is None else n * c for n, c in zip((layer.pixels_in, layer.pixels_out), channels, strict=True)),
        (sum(half.values.size for half in parts_of(weight)), 0 if weight.bias is None else weight.bias.size),
        weight.form.bits,
    )
