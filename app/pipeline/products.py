"""Products of matrices by onnxruntime: in the page NumPy has no BLAS, and takes five times as long for a large one."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from app.network.protobuf import INPUT, OUTPUT, attribute, block, node, value_info, whole
from app.runtime import Runtime
from models.versions import IR_VERSION, OPSET

_GRAPH = 7  # field of ModelProto


async def product(runtime: Runtime, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """``left @ right`` as `kernels.asking.Product` has it."""
    if _mirrors(left, right):  # of a Gram matrix: its rows are handed over once
        file, given, beside = _file(own=True, turn_left=True), right, {}
    else:
        (given, turn_left), (right, turn_right) = _laid_out(left), _laid_out(right)
        file, beside = _file(turn_left=turn_left, turn_right=turn_right), {"right": right}
    (found,) = await runtime.trace(file, given, beside)
    return found


def _mirrors(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether one is a view of the other with its last axes swapped."""
    other = left.swapaxes(1, 2)
    same = other.shape == right.shape and other.strides == right.strides
    return same and other.__array_interface__["data"] == right.__array_interface__["data"]


def _laid_out(matrix: np.ndarray) -> tuple[np.ndarray, bool]:
    """A matrix whose numbers stand row by row in memory, and whether it is to be turned."""
    turned = matrix.swapaxes(1, 2)
    turn = not matrix.flags.c_contiguous and turned.flags.c_contiguous
    return (turned if turn else matrix), turn


@lru_cache
def _file(*, own: bool = False, turn_left: bool = False, turn_right: bool = False) -> bytes:
    """An ONNX file that multiplies "left" by "right", or by itself, either with its last axes swapped first."""
    swapped = attribute("perm", (0, 2, 1))
    right, content = "left" if own else "right", b""
    inputs = dict.fromkeys(("left", right))
    factors = []
    for name, turn in (("left", turn_left), (right, turn_right)):
        factors.append(f"{name} turned" if turn else name)
        content += node("Transpose", (name,), factors[-1], attributes=swapped) if turn else b""
    content += node("MatMul", tuple(factors), "product") + block(2, "product")
    content += b"".join(block(INPUT, value_info(name)) for name in inputs) + block(OUTPUT, value_info("product"))
    return whole(1, IR_VERSION) + block(8, block(1, "") + whole(2, OPSET)) + block(_GRAPH, content)
