"""How small our files are beside those of others: ``python build.py bench sizes``.

For each model and recipe: onnxruntime's own quantized file, where it has one; coremltools' weight file, by the
arithmetic of its format (for digits-mlp within 0.5 % of what coremltools 9.0 writes); the same weights as float32,
zipped. The last two hold no graph, so the one of the float file is counted with them. In layers of more than 20 kB what
is stored of each weight is also beside the entropy of its codes.

Where ours is not the smallest, and why it stays so. Networks of a few kilobytes, up to 1.8 times: what unpacks weights
is a part of our file, some 300 bytes a function and 100 a call, while coremltools and zip bring programs of their own.
Floats that were only pruned, cut or factorized, 1.03 to 1.15 times: zip finds bits that repeat among signs and
exponents, and no operator of ONNX puts bits together to floats. More than 1.25 times the entropy: codes of two bits,
mostly zeros, of which a layer of 20 kB takes so little that a Golomb-Rice code would not pay for its table and call.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from app.pipeline.pipeline import Pipeline
from app.results.result import Result
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT
from kernels.weight import Affine, LowRank, Palette, Weight
from models import MODELS
from models import model as models

ENTROPY = 1.25  # times the bound, of layers above 20 kB
STRENGTHS = {
    "int8": ("quantize", {}),
    "int4": ("quantize", {"bits": 4}),
    "int2": ("quantize", {"bits": 2}),
    "palette6": ("palettize", {"bits": 6}),
    "palette4": ("palettize", {}),
    "palette2": ("palettize", {"bits": 2}),
    "prune50": ("prune", {"sparsity": 0.5}),
    "prune75": ("prune", {"sparsity": 0.75}),
    "prune90": ("prune", {"sparsity": 0.9}),
    "structured25": ("structured", {"sparsity": 0.25}),
    "structured50": ("structured", {"sparsity": 0.5}),
    "structured75": ("structured", {"sparsity": 0.75}),
    "factorize75": ("factorize", {"keep": 0.75}),
    "factorize50": ("factorize", {"keep": 0.5}),
    "factorize25": ("factorize", {"keep": 0.25}),
}
INTEGERS = {
    "static": ({"technique": "quantize"}, {"technique": "activations"}),
    "static-tensor": ({"technique": "quantize", "granularity": "per_tensor"}, {"technique": "activations"}),
    "dynamic": ({"technique": "quantize"}, {"technique": "activations", "mode": "dynamic"}),
}
THEIRS = {"static": True, "static-tensor": False}  # whether a recipe that onnxruntime has, too, is per channel


def made(ids: Sequence[str] = MODELS) -> Iterator[tuple[str, Result, Iterable[Weight]]]:
    """Of every model the name of each recipe, its Result, and the weights as they are stored."""
    pipeline = Pipeline(NativeRuntime())
    recipes = {name: ({"technique": technique, **params},) for name, (technique, params) in STRENGTHS.items()}
    for id in ids:
        for name, recipe in {**recipes, **INTEGERS}.items():
            result = asyncio.run(pipeline.result(DEFAULT.merged({"model": id, "recipe": list(recipe)})))
            yield name, result, pipeline.memory.compressed.get(result.state.compression).weights.values()


def rows() -> Iterator[tuple[str, str, dict[str, float]]]:
    """Model, recipe, bytes of all files; ``over`` is how many times their entropy large layers take, at most."""
    for name, result, weights in made():
        found = sizes(result, weights)
        if name in THEIRS:
            found["onnxruntime"] = len(theirs(result.model, THEIRS[name]))
        yield result.model.id, name, found


def theirs(model: models.Model, per_channel: bool) -> bytes:
    """What onnxruntime makes of a model: integer operators, static inputs, int8 weights."""

    class Once(CalibrationDataReader):
        def __init__(self):
            self._left = iter([{onnx.load_model_from_string(model.onnx).graph.input[0].name: model.calibration}])

        def get_next(self):
            return next(self._left, None)

    logging.disable(logging.WARNING)  # it asks for a preparation that changes nothing here
    types = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8, "per_channel": per_channel}
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder, "given"), Path(folder, "made")
        given.write_bytes(model.onnx)
        quantize_static(given, found, Once(), quant_format=QuantFormat.QOperator, **types)
        return found.read_bytes()


def sizes(result: Result, weights: Iterable[Weight]) -> dict[str, float]:
    """Bytes of our file, and of those that can be told from the weights."""
    weights = [part for weight in weights for part in _parts(weight)]
    graph = len(result.model.onnx) - sum(layer.before.nbytes for layer in result.layers)
    large = [layer for layer in result.layers if layer.before.nbytes > 20_000 and layer.entropy_bytes]
    stored = [(each.cost["payload"] + each.cost["places"]) / each.entropy_bytes for each in large]
    return {
        "ours": len(result.onnx),
        "zipped": len(zlib.compress(b"".join(each.values.tobytes() for each in weights), 9)) + graph,
        "coremltools": sum(map(coremltools, weights)) + graph,
        "over": max(stored, default=0),
    }


def _parts(weight: Weight) -> list[Weight]:
    """What is stored of a weight: itself, or its two factors."""
    return [weight.form.inner, weight.form.outer] if isinstance(weight.form, LowRank) else [weight]


def coremltools(weight: Weight) -> int:
    """What a weight takes in the weight file of coremltools 9: blocks of 64 bytes, a header of 64 each."""
    form, size, mask = weight.form, weight.values.size, weight.mask
    match form:
        case Affine():
            parts = [-(-size * form.bits // 8), 4 * form.scale.size]
        case Palette():
            parts = [-(-form.indices.size * form.bits // 8), 4 * form.lut.size]
        case _ if mask is not None:
            parts = [-(-size // 8), int(mask.sum()) * form.bits // 8]
        case _:
            parts = [size * form.bits // 8]
    return 64 + sum(64 + -(-part // 64) * 64 for part in parts)
