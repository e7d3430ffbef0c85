"""Layers that multiply integers: when a layer does, and how its weight and its grids stand in an ONNX file.

What is computed with them stands in `operators`.

Weights are signed where that is safe (`_offset`): x86 processors with VNNI, and others, are then up to twice as fast.
Those without it add the products of two unsigned and two signed bytes in 16 bits, and what goes beyond is cut off: with
signed weights of 8 bits the answers of digits-mlp are off by a quarter of the largest there. ConvInteger takes unsigned
ones in any case: with signed ones that of onnxruntime-web 1.30 is five times slower, and 1.20 has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from onnx import NodeProto

from app.network.encodings import affine
from app.network.encodings.candidate import Candidate, width_note
from app.network.encodings.positions import is_pruned, positions_of
from app.network.encodings.tensors import bits_of, coded, floats, spellings, typed
from app.network.layer import Layer
from app.network.protobuf import FLOAT, INT8, UINT8, Fragment, attribute
from kernels import activations
from kernels.activations import LARGEST_BIAS, bias_steps, offset_of
from kernels.storage.granularity import spread_blocks
from kernels.weight import Activation, Affine, Weight


@dataclass(frozen=True)
class Join:
    """Whether a layer gets codes from another layer, or passes codes on.

    reads : its input already holds codes, on the grid of this layer
    reader, bits : the stem of the layer that reads its codes, on the grid of that one, and their bits; "" if none does
    """

    reads: bool = False
    reader: str = ""
    bits: int = 8


ALONE = Join()


def obstacle(layer: Layer, weight: Weight) -> str:
    """Why a layer has to multiply floats, as the end of a sentence; "" if it need not."""
    read = bare(layer)
    if len(read.input) > 2:
        return "its bias is not its own"
    if any(a.name in ("alpha", "beta") and a.f != 1 for a in read.attribute):
        return "its operator has factors of its own"
    return activations.obstacle(weight.form)


def applies(layer: Layer, weight: Weight) -> bool:
    """Whether a layer multiplies integers."""
    return weight.activation is not None and not obstacle(layer, weight)


def rounds(layer: Layer, weight: Weight) -> bool:
    """Whether a layer rounds what it puts out: a convolution with static inputs whose bias fits among the sums."""
    if layer.op != "Conv" or not applies(layer, weight) or weight.activation.out_scale is None:
        return False
    return weight.bias is None or bool(np.abs(bias_steps(weight, weight.activation.scale)).max() < LARGEST_BIAS)


def floats_because(layer: Layer, weight: Weight) -> str:
    """Why a layer that was meant to multiply integers multiplies floats; "" if it does, or was not meant to."""
    return "" if weight.activation is None else obstacle(layer, weight)


def rounded(layer: Layer, weight: Weight) -> str:
    """When the range of what a layer multiplies as integers is known; "" if it multiplies floats."""
    return _when(weight.activation) if applies(layer, weight) else ""


def candidates(layer: Layer, weight: Weight, join: Join = ALONE) -> Iterator[Candidate]:
    """Every valid way to write the weight of a layer as bytes, with the scales and zero points it takes.

    Behind the stem of the layer tensors have a letter or two: x for inputs, w for the weight, s scale, z zero point.
    """
    form, name, output, offset = weight.form, layer.stem, layer.weight, _offset(layer, weight)
    kind = UINT8 if offset else INT8
    steps, matrix = _steps(form), replace(weight, name=name)
    if layer.op != "Conv":  # it stands as (C_in, C_out)
        steps, mask = np.ascontiguousarray(steps.T), None if weight.mask is None else weight.mask.T
        matrix = replace(matrix, values=np.ascontiguousarray(weight.values.T), mask=mask)
    for positions in positions_of(matrix):
        codes = steps + offset if positions.dense else positions.pick(steps)
        signed = kind == INT8 or not positions.dense
        bits = bits_of(codes) if signed else int(codes.max()).bit_length()
        for width in spellings(codes, bits):
            fragment = Fragment()
            if positions.dense and width == 8:
                typed(fragment, output, codes, 8, kind)
            else:
                stored = coded(fragment, f"{name}.q", codes, width, signed=signed)
                if not positions.dense:
                    spread = positions.spread(fragment, matrix, stored, FLOAT, f"{name}.a")
                    stored = spread
                    if offset:  # between the stored ones stand zeros, so it is added behind
                        floats(fragment, f"{name}.o", np.array(offset, np.float32), part="scales")
                        stored = fragment.node("Add", spread, f"{name}.o", output=f"{name}.u")
                fragment.node("Cast", stored, output=output, attributes=attribute("to", kind))
            _grids(fragment, layer, weight, join, offset)
            label = f"{positions.label(affine.label(form))}, {_label(weight.activation)}"
            zeros_are_stored = positions.dense and is_pruned(weight)
            yield Candidate(label, fragment, width_note(form.bits, width), zeros_are_stored)


def _label(activation: Activation) -> str:
    return f"{_when(activation)} uint{activation.bits} activations"


def _when(activation: Activation) -> str:
    return "dynamic" if activation.scale is None else "static"


def _steps(form: Affine) -> np.ndarray:
    """The integers that the scales are multiplied with."""
    return form.codes - spread_blocks(form.zero_point, form.block_shape, form.codes.shape)


def _offset(layer: Layer, weight: Weight) -> int:
    """What is added to the steps of the weight in the file; 0 if they are signed."""
    dynamic = weight.activation.scale is None
    if layer.op == "Conv" and (dynamic or not rounds(layer, weight)):
        return offset_of(weight.form)
    largest, most = int(np.abs(_steps(weight.form)).max(initial=0)), 255 if dynamic else 2**weight.activation.bits - 1
    return 0 if 2 * largest * most <= 32767 else offset_of(weight.form)


def _grids(fragment: Fragment, layer: Layer, weight: Weight, join: Join, offset: int):
    """Store scales and zero points; behind sums that become floats s is the scale of inputs times that of weights."""
    name, activation, scale = layer.stem, weight.activation, _scale(weight)
    _byte(fragment, f"{name}.wz", offset, UINT8 if offset else INT8)
    product = layer.op != "Conv"
    if product:
        _numbers(fragment, f"{name}.ws", scale, scale.shape)
    if activation.scale is None:
        if not product:
            _numbers(fragment, f"{name}.ws", scale, along(weight))
        return
    _numbers(fragment, f"{name}.xs", activation.scale, ())
    _byte(fragment, f"{name}.xz", activation.zero_point)
    if activation.bits < 8:
        _byte(fragment, f"{name}.xm", 2**activation.bits - 1)
    if product:
        return
    if not rounds(layer, weight):
        _numbers(fragment, f"{name}.s", scale * activation.scale, along(weight))
        return
    _numbers(fragment, f"{name}.ws", scale, scale.shape)
    if not join.reader:
        _numbers(fragment, output_grid(name)[0], activation.out_scale, ())
        _byte(fragment, output_grid(name)[1], activation.out_zero_point)


def output_grid(stem: str) -> tuple[str, str]:
    """The names of the scale and the zero point of what a layer puts out."""
    return f"{stem}.ys", f"{stem}.yz"


def _scale(weight: Weight) -> np.ndarray:
    """The scale of each output channel."""
    return np.broadcast_to(weight.form.scale.reshape(-1), len(weight.values))


def along(weight: Weight) -> tuple[int, ...]:
    """The shape in which one number for each output channel meets a tensor."""
    return (len(weight.values), *(1 for _ in weight.values.shape[2:]))


def _numbers(fragment: Fragment, name: str, values: np.ndarray, shape: tuple[int, ...]):
    """Store float32 scales in this shape."""
    floats(fragment, name, np.reshape(np.asarray(values, np.float32), shape), part="scales")


def _byte(fragment: Fragment, name: str, value: int, kind: int = UINT8):
    fragment.tensor(name, kind, (), 1, lambda: bytes([value]), "scales")


@lru_cache(maxsize=256)
def bare(layer: Layer) -> NodeProto:
    """The operator of a layer, without its own bias and its groups."""
    return NodeProto.FromString(layer.message)
