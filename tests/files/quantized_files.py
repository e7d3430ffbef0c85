"""What onnxruntime's quantizers and the converters to half precision make of other files."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx

from tests.files.file import File
from tests.made.networks import cnn, mlp


def files() -> Iterator[File]:
    """Needs onnxruntime; onnxconverter-common for half precision."""
    yield from _by_onnxruntime()
    from onnxconverter_common import float16

    for name, data in {"mlp": mlp(), "cnn": cnn()}.items():
        for io in (False, True):
            half = float16.convert_float_to_float16(onnx.load_from_string(data), keep_io_types=io)
            yield File(f"half precision: {name}{', floats in and out' if io else ''}", half.SerializeToString())


def _by_onnxruntime() -> Iterator[File]:
    from onnxruntime import quantization as q

    logging.disable(logging.WARNING)
    shapes = {"mlp": (mlp((13, 32, 16, 5)), (13,)), "cnn": (cnn((3, 8, 8)), (3, 6, 6))}
    with TemporaryDirectory() as folder:
        before, after = Path(folder) / "before.onnx", Path(folder) / "after.onnx"
        for name, (data, shape) in shapes.items():
            before.write_bytes(data)
            for kind in (q.QuantType.QInt8, q.QuantType.QUInt8):
                q.quantize_dynamic(before, after, weight_type=kind)
                yield File(f"onnxruntime dynamic {kind}: {name}", after.read_bytes())
            for form in (q.QuantFormat.QDQ, q.QuantFormat.QOperator):
                for channels in (False, True):
                    reader = _Reader(shape)
                    types = {"activation_type": q.QuantType.QUInt8, "weight_type": q.QuantType.QInt8}
                    types["reduce_range"] = True  # else sums overflow on processors without VNNI
                    q.quantize_static(before, after, reader, quant_format=form, per_channel=channels, **types)
                    yield File(
                        f"onnxruntime {form}{', per channel' if channels else ''}: {name}", after.read_bytes(),
                        reader.samples, np.arange(len(reader.samples)) % 5,
                    )  # fmt: skip
    logging.disable(logging.NOTSET)


class _Reader:
    """Samples as the quantizer asks for them."""

    def __init__(self, shape: tuple[int, ...]):
        self.samples = np.random.default_rng(0).standard_normal((40, *shape)).astype(np.float32)
        self._left = [{"x": self.samples}]

    def get_next(self):
        return self._left.pop() if self._left else None
