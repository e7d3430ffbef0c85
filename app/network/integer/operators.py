"""The nodes of a layer that multiplies integers.

Its inputs become bytes (QuantizeLinear, or DynamicQuantizeLinear). A convolution with static inputs is a QLinearConv:
it adds up products of codes exactly and rounds the sums to codes again, which stay codes where the next layer can read
them (`chains`), or become floats (DequantizeLinear). One with dynamic inputs is a ConvInteger, behind which Cast, Mul
and Add turn the sums into floats. A matrix product is onnxruntime's own MatMulIntegerToFloat, which does all of that
at once. So the file says plainly what is computed, and onnxruntime gives the same answers whatever options its session
has.

Choices a newcomer would question. These operators are what onnxruntime makes of pairs of QuantizeLinear and
DequantizeLinear around float operators (QDQ), but only where it recognizes them, and never with `disable_quant_qdq`,
with which the page loads its files. Convolutions round what they put out because ConvInteger is slow: with it
digits-resnet takes 1.8 times as long in the page, and four times natively. Matrix products do not: with QGemm, which
rounds as well, digits-mlp takes twice as long in the page and is no faster natively. MatMulInteger with Cast, Mul and
Add instead of the one operator costs a fifth more time in both (onnxruntime-web 1.30, onnxruntime 1.20 and 1.30).
"""

from __future__ import annotations

from app.network.encodings.tensors import floats
from app.network.integer.weights import ALONE, Join, along, bare, output_grid, rounds
from app.network.layer import Layer
from app.network.protobuf import FLOAT, INT32, Fragment, attribute, block, whole
from kernels.activations import bias_steps
from kernels.weight import Weight

OWN = "com.microsoft"
IMPORT = block(8, block(1, OWN) + whole(2, 1))
"That a model has operators which onnxruntime alone knows, as a field of the model."


def operator(layer: Layer, weight: Weight, join: Join = ALONE) -> bytes:
    """The nodes that compute with the written weight, and the bias, as fields of a graph."""
    fragment = Fragment()
    codes = layer.input if join.reads else _rounded(fragment, layer, weight)
    if rounds(layer, weight):
        _to_codes(fragment, layer, weight, codes, join)
    elif layer.op == "Conv":
        _sums_to_floats(fragment, layer, weight, codes)
    else:
        _product(fragment, layer, weight, codes)
    return fragment.content()


def _rounded(fragment: Fragment, layer: Layer, weight: Weight) -> str:
    """The codes of what a layer reads."""
    codes, scale, zero_point = (f"{layer.stem}.{suffix}" for suffix in ("x", "xs", "xz"))
    if weight.activation.scale is None:
        more = block(2, scale) + block(2, zero_point)  # two more outputs
        return fragment.node("DynamicQuantizeLinear", layer.input, output=codes, attributes=more)
    whole = weight.activation.bits == 8
    wide = fragment.node("QuantizeLinear", layer.input, scale, zero_point, output=codes if whole else f"{layer.stem}.c")
    return wide if whole else _clipped(fragment, wide, layer.stem, codes)


def _clipped(fragment: Fragment, wide: str, reader: str, output: str) -> str:
    """Codes within the bits of their reader: QuantizeLinear and QLinearConv know no end but that of the type."""
    return fragment.node("Clip", wide, "", f"{reader}.xm", output=output)


def _to_codes(fragment: Fragment, layer: Layer, weight: Weight, codes: str, join: Join):
    """A convolution that rounds its sums, and what makes floats of them unless codes are wanted."""
    name, grid = layer.stem, (f"{join.reader}.xs", f"{join.reader}.xz") if join.reader else output_grid(layer.stem)
    if weight.bias is not None:
        data = bias_steps(weight, weight.activation.scale).astype("<i4").tobytes()
        fragment.tensor(layer.bias, INT32, (len(weight.values),), len(data), lambda: data, "bias")
    result = layer.output if join.reader and join.bits == 8 else f"{name}.k"
    fragment.node(
        "QLinearConv", codes, f"{name}.xs", f"{name}.xz", layer.weight, f"{name}.ws", f"{name}.wz", *grid,
        *([] if weight.bias is None else [layer.bias]),
        output=result, name=layer.name, attributes=_attributes(layer, weight.groups),
    )  # fmt: skip
    if not join.reader:
        fragment.node("DequantizeLinear", result, *grid, output=layer.output)
    elif join.bits < 8:
        _clipped(fragment, result, join.reader, layer.output)


def _product(fragment: Fragment, layer: Layer, weight: Weight, codes: str):
    """A matrix product whose sums are scaled and get their bias at once."""
    name, bias = layer.stem, ()
    if weight.bias is not None:
        bias = (floats(fragment, layer.bias, weight.bias, part="bias"),)
    fragment.node(
        "MatMulIntegerToFloat", codes, layer.weight, f"{name}.xs", f"{name}.ws", f"{name}.xz", f"{name}.wz", *bias,
        output=layer.output, name=layer.name, domain=OWN,
    )  # fmt: skip


def _sums_to_floats(fragment: Fragment, layer: Layer, weight: Weight, codes: str):
    """The sums of a convolution, and what makes floats of them."""
    name = layer.stem
    factor = f"{name}.s"
    if weight.activation.scale is None:
        fragment.node("Mul", f"{name}.xs", f"{name}.ws", output=factor)
    sums = fragment.node(
        "ConvInteger", codes, layer.weight, f"{name}.xz", f"{name}.wz",
        output=f"{name}.i", name=layer.name, attributes=_attributes(layer, weight.groups),
    )  # fmt: skip
    sums = fragment.node("Cast", sums, output=f"{name}.f", attributes=attribute("to", FLOAT))
    product = fragment.node("Mul", sums, factor, output=layer.output if weight.bias is None else f"{name}.p")
    if weight.bias is not None:
        floats(fragment, layer.bias, weight.bias.reshape(along(weight)), part="bias")
        fragment.node("Add", product, layer.bias, output=layer.output)


def _attributes(layer: Layer, groups: int) -> bytes:
    """How the kernel of a convolution moves, as fields of its node."""
    kept = b"".join(block(5, a.SerializeToString()) for a in bare(layer).attribute)
    return kept + (attribute("group", groups) if groups != 1 else b"")
