"""Our files elsewhere: how fast they are in sessions with default options, and how small beside those of others.

``python build.py bench elsewhere``. Fast: natively in the oldest onnxruntime that our files are for and in the newest,
and in onnxruntime-web without the page's options, on one sample and on the whole set, beside the float file and
onnxruntime's own quantized files. Small: beside onnxruntime's, coremltools' weight file and the float file, zipped.
"""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

import build
from app.pipeline.pipeline import Pipeline
from app.results.result import Result
from app.runtime.native import NativeRuntime
from app.state.state import DEFAULT
from kernels.weight import Affine, Palette, Weight
from models import MODELS
from models import model as models

OLDEST = "1.20.1"
ENTROPY = 1.25  # times the bound, of layers above 20 kB
FLOOR = 0.9  # of the float file's speed, for files of which only the weights are compressed
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
}
INTEGERS = {
    "static": ({"technique": "quantize"}, {"technique": "activations"}),
    "static-tensor": ({"technique": "quantize", "granularity": "per_tensor"}, {"technique": "activations"}),
    "dynamic": ({"technique": "quantize"}, {"technique": "activations", "mode": "dynamic"}),
}
TIMED = ("int8", "int4", "palette4", "prune75", *INTEGERS)
WHERE = Path(__file__)


def recipes() -> Iterator[tuple[str, list[dict]]]:
    for name, (technique, params) in STRENGTHS.items():
        yield name, [{"technique": technique, **params}]
    for name, steps in INTEGERS.items():
        yield name, [*steps]


def write(folder: Path, ids: Sequence[str] = MODELS) -> Iterator[tuple[str, str, dict[str, float]]]:
    """Write what `elsewhere_native` reads; of each file its model, its recipe, and `sizes`."""
    pipeline = Pipeline(NativeRuntime())
    for id in ids:
        model = models.load(id)
        np.save(folder / f"{id}.npy", model.inputs)
        (folder / f"{id}.float.onnx").write_bytes(model.onnx)
        their = {}
        for granularity, per_channel in (("", True), ("-tensor", False)):
            made = theirs(model, folder, per_channel)
            (folder / f"{id}.their-static{granularity}.onnx").write_bytes(made)
            their[f"static{granularity}"] = len(made)
        for name, recipe in recipes():
            result = asyncio.run(pipeline.result(DEFAULT.merged({"model": id, "recipe": recipe})))
            if name in TIMED:
                (folder / f"{id}.{name}.onnx").write_bytes(result.onnx)
            weights = pipeline.memory.compressed.get(result.state.compression).weights
            found = sizes(result, weights.values())
            yield id, name, found if name not in their else {**found, "onnxruntime": their[name]}


def theirs(model: models.Model, folder: Path, per_channel: bool) -> bytes:
    """What onnxruntime makes of a model: integer operators, static inputs, int8 weights."""

    class Once(CalibrationDataReader):
        def __init__(self):
            self._left = iter([{onnx.load_model_from_string(model.onnx).graph.input[0].name: model.calibration}])

        def get_next(self):
            return next(self._left, None)

    logging.disable(logging.WARNING)  # it asks for a preparation that changes nothing here
    given, made = folder / "given", folder / "made"
    given.write_bytes(model.onnx)
    types = {"activation_type": QuantType.QUInt8, "weight_type": QuantType.QInt8, "per_channel": per_channel}
    quantize_static(given, made, Once(), quant_format=QuantFormat.QOperator, **types)
    return made.read_bytes()


def times(folder: Path) -> Iterator[tuple[str, Mapping[str, list[float]]]]:
    """For each place how many times as fast as the float file each file is, on one sample and on all."""
    native = str(WHERE.with_name("elsewhere_native.py"))
    yield f"onnxruntime {OLDEST}", printed(str(oldest()), native, str(folder))
    yield "onnxruntime, newest", printed(sys.executable, native, str(folder))
    libraries, _ = build.prepared()
    web = str(libraries / "web/onnxruntime-web/package")
    yield "onnxruntime-web", printed("node", str(WHERE.with_suffix(".mjs")), web, str(folder))


def printed(*command: str):
    """The JSON that a command prints."""
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def oldest() -> Path:
    """The Python of a virtual environment with the oldest onnxruntime."""
    folder = build.CACHE / f"onnxruntime-{OLDEST}"
    python, complete = folder / "bin/python", folder / "complete"
    if not complete.is_file():
        build.run(sys.executable, "-m", "venv", "--clear", str(folder))
        build.run(str(python), "-m", "pip", "install", "--quiet", f"onnxruntime=={OLDEST}")
        complete.touch()
    return python


def sizes(result: Result, weights: Iterable[Weight]) -> dict[str, float]:
    """Bytes of our file, of the float file zipped with the same weights, and of coremltools' weight file.

    over : how many times their entropy bound codes and positions take, at most, in layers above 20 kB of float32
    """
    values = b"".join(layer.after.tobytes() for layer in result.layers)
    rest = len(result.model.onnx) - sum(layer.before.nbytes for layer in result.layers)
    large = [layer for layer in result.layers if layer.before.nbytes > 20_000 and layer.entropy_bytes]
    stored = [(each.cost["payload"] + each.cost["places"]) / each.entropy_bytes for each in large]
    return {
        "ours": len(result.onnx),
        "zipped": len(zlib.compress(values, 9)) + rest,
        "coremltools": sum(map(coremltools, weights)),
        "over": max(stored, default=0),
    }


def coremltools(weight: Weight) -> int:
    """What a weight and its bias take in the weight file of coremltools 9: blocks of 64 bytes, a header of 64 each."""
    form, size, mask = weight.form, weight.values.size, weight.mask
    parts = [0 if weight.bias is None else weight.bias.nbytes]
    match form:
        case Affine():
            parts += [-(-size * form.bits // 8), 4 * form.scale.size]
        case Palette():
            parts += [-(-form.indices.size * form.bits // 8), 4 * form.lut.size]
        case _ if mask is not None:
            parts += [-(-size // 8), int(mask.sum()) * form.bits // 8]
        case _:
            parts += [size * form.bits // 8]
    return 64 + sum(64 + -(-part // 64) * 64 for part in parts if part)
