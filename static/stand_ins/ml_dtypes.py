"""Stands in for ml_dtypes, of which there is no WebAssembly build, so that `onnx` can be imported and used.

Each name is a dtype of its own that stores one element in one field; there is no arithmetic. The playground packs
sub-byte tensors itself (`app.network.encodings`) and hands `onnx` raw bytes.
"""

import numpy as np

_STORAGE = {
    "bfloat16": np.uint16,
    **dict.fromkeys(
        (
            "float8_e3m4", "float8_e4m3", "float8_e4m3b11fnuz", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2",
            "float8_e5m2fnuz", "float8_e8m0fnu", "float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn",
            "uint1", "uint2", "uint4",
        ),
        np.uint8,
    ),
    **dict.fromkeys(("int1", "int2", "int4"), np.int8),
}  # fmt: skip

globals().update({name: np.dtype([(name, storage)]) for name, storage in _STORAGE.items()})
