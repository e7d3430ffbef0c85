"""Layers that multiply integers: what a layer with quantized inputs consists of in an ONNX file.

Its inputs become bytes (QuantizeLinear, or DynamicQuantizeLinear), MatMulInteger or ConvInteger adds up products of
codes exactly, and Cast, Mul and Add turn the sums into the layer's output. So the file says plainly what is computed,
and onnxruntime gives the same answers whatever options its session has.

Choices a newcomer would question. Operators with a rounded output (QLinearConv, QLinearMatMul) are not used: they round
once more, and in the page they are hardly faster. Pairs of QuantizeLinear and DequantizeLinear around a float operator
(QDQ) are not used: integers are multiplied only where onnxruntime recognizes them, and never with `disable_quant_qdq`,
with which the page loads its files. Weights are unsigned: x86 processors without VNNI add products of unsigned and
signed bytes in 16 bits, which can overflow, and ConvInteger of onnxruntime 1.30 is five times slower with signed ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from onnx import NodeProto

from app.encodings import affine
from app.encodings.candidate import ZEROS, Candidate, width_note
from app.encodings.places import places
from app.encodings.tensors import coded, typed, widths
from app.layers import Layer
from app.wire import FLOAT, INT64, UINT8, Fragment, attribute, block
from kernels import activations
from kernels.activations import offset_of
from kernels.granularity import spread_blocks
from kernels.technique import Activation, Weight


def obstacle(layer: Layer, weight: Weight) -> str:
    """Why a layer has to multiply floats, as the end of a sentence; "" if it need not."""
    given = _given(layer)
    if len(given.input) > 2:
        return "its bias is not its own"
    if any(a.name in ("alpha", "beta") and a.f != 1 for a in given.attribute):
        return "its operator has factors of its own"
    return activations.obstacle(weight.form)


def applies(layer: Layer, weight: Weight) -> bool:
    """Whether a layer multiplies integers."""
    return weight.activation is not None and not obstacle(layer, weight)


def note(layer: Layer, weight: Weight) -> str:
    """What there is to say about a layer that was meant to multiply integers and does not."""
    reason = "" if weight.activation is None else obstacle(layer, weight)
    return f"It multiplies floats: {reason}." if reason else ""


def candidates(weight: Weight, output: str) -> Iterator[Candidate]:
    """Every valid way to write `weight` as bytes in the tensor `output`, with the scales and zero points it takes.

    Tensors are called after the layer and a letter or two: x for the inputs, w for the weight, s scale, z zero point.
    """
    form, name, offset = weight.form, weight.name, offset_of(weight.form)
    steps = form.codes - spread_blocks(form.zero_point, form.block_shape, form.codes.shape)
    for place in places(weight):
        codes = steps + offset if place.dense else place.pick(steps)
        bits = max(int(codes.max()).bit_length(), int(~codes.min()).bit_length()) + (not place.dense)
        for width in widths(bits, codes.size):
            fragment = Fragment()
            if place.dense and width == 8:
                typed(fragment, output, codes, 8, UINT8)
            else:
                stored = coded(fragment, f"{name}.q", codes, width, kind=INT64, signed=not place.dense)
                if not place.dense:  # between the stored ones come zeros, so the offset is added behind
                    spread = place.spread(fragment, weight, stored, INT64, f"{name}.all")
                    fragment.tensor(f"{name}.o", INT64, (), 8, lambda: np.array(offset, "<i8").tobytes(), "scales")
                    stored = fragment.node("Add", spread, f"{name}.o", output=f"{name}.u")
                fragment.node("Cast", stored, output=output, attributes=attribute("to", UINT8))
            _grids(fragment, weight)
            label = f"{place.label(affine.label(form))}, {_label(weight.activation)}"
            zeros = f"{ZEROS} " if place.dense and weight.mask is not None and not weight.mask.all() else ""
            yield Candidate(label, fragment, f"{zeros}{width_note(form.bits, width)}".strip())


def operator(layer: Layer, weight: Weight) -> bytes:
    """The nodes that compute with the written weight, and the bias, as fields of a graph."""
    name, convolution, fragment = layer.name, layer.op == "Conv", Fragment()
    codes, scale, zero_point, factor = (f"{name}.{word}" for word in ("x", "xs", "xz", "s"))
    if weight.activation.scale is None:
        more = block(2, scale) + block(2, zero_point)  # two more outputs
        fragment.node("DynamicQuantizeLinear", layer.input, output=codes, attributes=more)
        fragment.node("Mul", scale, f"{name}.ws", output=factor)
    elif weight.activation.bits == 8:
        fragment.node("QuantizeLinear", layer.input, scale, zero_point, output=codes)
    else:  # QuantizeLinear knows no end of the grid but that of the type
        wide = fragment.node("QuantizeLinear", layer.input, scale, zero_point, output=f"{name}.c")
        fragment.node("Clip", wide, "", f"{name}.xm", output=codes)
    matrix = layer.weight if convolution else fragment.node("Transpose", layer.weight, output=f"{name}.m")
    sums = fragment.node(
        "ConvInteger" if convolution else "MatMulInteger", codes, matrix, zero_point, f"{name}.wz",
        output=f"{name}.i", name=name, attributes=_attributes(layer, weight.groups),
    )  # fmt: skip
    sums = fragment.node("Cast", sums, output=f"{name}.f", attributes=attribute("to", FLOAT))
    product = fragment.node("Mul", sums, factor, output=layer.output if weight.bias is None else f"{name}.p")
    if weight.bias is not None:
        _channels(fragment, layer.bias, weight.bias, weight, "bias")
        fragment.node("Add", product, layer.bias, output=layer.output)
    return fragment.content()


def _label(activation: Activation) -> str:
    return "dynamic uint8 activations" if activation.scale is None else f"static uint{activation.bits} activations"


def _grids(fragment: Fragment, weight: Weight):
    """Store scales and zero points. With static inputs s is their scale times that of each channel's weights."""
    name, activation = weight.name, weight.activation
    scale = np.broadcast_to(weight.form.scale.reshape(-1), len(weight.values))
    _byte(fragment, f"{name}.wz", offset_of(weight.form))
    if activation.scale is None:
        _channels(fragment, f"{name}.ws", scale, weight, "scales")
        return
    fragment.tensor(f"{name}.xs", FLOAT, (), 4, lambda: np.array(activation.scale, "<f4").tobytes(), "scales")
    _byte(fragment, f"{name}.xz", activation.zero_point)
    _channels(fragment, f"{name}.s", scale * activation.scale, weight, "scales")
    if activation.bits < 8:
        _byte(fragment, f"{name}.xm", 2**activation.bits - 1)


def _channels(fragment: Fragment, name: str, values: np.ndarray, weight: Weight, part: str):
    """Store one float32 for each output channel."""
    shape = (len(values), *(1 for _ in weight.values.shape[2:]))
    fragment.tensor(name, FLOAT, shape, 4 * len(values), values.astype("<f4").tobytes, part)


def _byte(fragment: Fragment, name: str, value: int):
    fragment.tensor(name, UINT8, (), 1, lambda: bytes([value]), "scales")


def _attributes(layer: Layer, groups: int) -> bytes:
    """How the kernel of a convolution moves, as fields of its node; nothing for a matrix product."""
    if layer.op != "Conv":
        return b""
    kept = b"".join(block(5, a.SerializeToString()) for a in _given(layer).attribute)
    return kept + (attribute("group", groups) if groups != 1 else b"")


@lru_cache(maxsize=256)
def _given(layer: Layer) -> NodeProto:
    """The operator of a layer, without its own bias and its groups."""
    return NodeProto.FromString(layer.message)
