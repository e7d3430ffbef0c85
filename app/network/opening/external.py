"""Weights that a network keeps in a second file, put into it: only from bytes that came along, never by a path."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from onnx import ModelProto, TensorProto

from app.network.opening.numbers import tensors


def join(model: ModelProto, others: Mapping[str, bytes]) -> bool:
    """Put the weights of a model where it can read them; whether there were any elsewhere.

    Parameters
    ----------
    others : the files that came along, by their names without folders

    Raises
    ------
    ValueError
        If one did not come along, or is too short. A sentence for the person.
    """
    away = [tensor for tensor in tensors(model) if tensor.data_location == TensorProto.EXTERNAL]
    for tensor in away:
        place = {entry.key: entry.value for entry in tensor.external_data}
        name = place.get("location", "").replace("\\", "/").rpartition("/")[2]
        if name not in others:
            raise ValueError(
                f"the weights of this network are in a second file, {name:.60}; open or drop both files together"
            )
        tensor.raw_data = _cut(others[name], name, place, tensor)
        tensor.ClearField("external_data")
        tensor.data_location = TensorProto.DEFAULT
    return bool(away)


def _cut(data: bytes, name: str, place: Mapping[str, str], tensor: TensorProto) -> bytes:
    """The bytes of one tensor."""
    try:
        start, size = int(place.get("offset", 0)), int(place.get("length", len(data)))
    except ValueError:
        raise ValueError("this ONNX file is broken: it does not say in numbers where its weights are") from None
    bits = _BITS.get(tensor.data_type, 0)
    if start < 0 or size < 0 or start + size > len(data) or size != -(-prod(tensor.dims) * bits // 8):
        raise ValueError(f"{name:.60} is not the second file of this network, or only a part of it")
    return data[start : start + size]


_BITS = {
    TensorProto.FLOAT: 32, TensorProto.UINT8: 8, TensorProto.INT8: 8, TensorProto.UINT16: 16, TensorProto.INT16: 16,
    TensorProto.INT32: 32, TensorProto.INT64: 64, TensorProto.BOOL: 8, TensorProto.FLOAT16: 16, TensorProto.DOUBLE: 64,
    TensorProto.UINT32: 32, TensorProto.UINT64: 64, TensorProto.BFLOAT16: 16, TensorProto.UINT4: 4, TensorProto.INT4: 4,
}  # fmt: skip
"What a number of each kind takes."
