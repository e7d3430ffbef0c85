"""Numbers as tensors of an ONNX file, and the nodes right behind them that convert them to the type that is wanted.

`part` says what the bytes are spent on, see `app.network.protobuf.Fragment`.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from app.network.encodings.rice import Rice, rice
from app.network.protobuf import BFLOAT16, FLOAT, FLOAT16, INT8, INT16, UINT8, Fragment, attribute
from kernels.storage.floats import to_bf16
from kernels.weight import Affine, Float

ONNX_TYPES = {(8, True): INT8, (8, False): UINT8, (16, True): INT16}
"Types of ONNX by bits and sign; codes of other widths stand as bit planes."
FLOAT32 = Float(32)


def widths(n_bits: int, n: int) -> list[int]:
    """Bits in which `n` codes of `n_bits` bits may be stored, without those that never win.

    More bits than are needed pay only where to unpack them would cost more: a function and its call, half a kilobyte.
    """
    if n_bits > 8:
        return [16]
    return [n_bits, 8] if n_bits < 8 and n * (8 - n_bits) < 4000 else [n_bits]


def spellings(codes: np.ndarray, bits: int) -> list[int | Rice]:
    """Ways to store codes that `bits` bits hold: all in one width, or frequent ones in fewer bits than others."""
    return [*widths(bits, codes.size), *(rice(codes, bits) if bits <= 8 else ())]


def bits_of(codes: np.ndarray) -> int:
    """Bits of each of these signed codes, see `coded`."""
    if (np.abs(codes) == 1).all():
        return 1
    return max(2, 1 + int(codes.max()).bit_length(), 1 + int(~codes.min()).bit_length())


def coded(
    fragment: Fragment,
    name: str,
    codes: np.ndarray,
    width: int | Rice,
    *,
    kind: int = FLOAT,
    signed: bool = False,
    part: str = "payload",
) -> str:
    """Store `codes` in `width` bits each, or spelled, and convert them to the type `kind`; the name of the result.

    A vector may come out longer, by up to seven more codes. Signed codes of one bit are 1 and -1.
    """
    stored_kind = ONNX_TYPES.get((width, signed), FLOAT)
    if isinstance(width, Rice):
        stored = _spelled(fragment, name, codes, width, part)
    elif stored_kind != FLOAT:
        stored = typed(fragment, name, codes, width, stored_kind, part=part)
    else:
        signs = signed and width == 1
        powers = (2,) if signs else (*(1 << p for p in range(width - 1)), (-1 if signed else 1) << width - 1)
        planes = bits(fragment, name, lambda: codes > 0 if signs else codes, width, codes.size, part=part)
        shape = codes.shape
        stored = whole_bytes(fragment, "Unpack", planes, output=f"{name}.i", shape=shape, powers=powers)
        if signs:
            one = floats(fragment, f"{name}.n", np.ones((), np.float32), part="graph")
            stored = fragment.node("Sub", stored, one, output=f"{name}.j")
    if kind == stored_kind:
        return stored
    return fragment.node("Cast", stored, output=f"{name}.c", attributes=attribute("to", kind))


def _spelled(fragment: Fragment, name: str, codes: np.ndarray, spelling: Rice, part: str) -> str:
    """Store codes in a Golomb-Rice code; the name of the floats that they come out as."""
    vector, starts = codes.ndim == 1, spelling.starts
    shape = (codes.size + -codes.size % 8,) if vector else codes.shape  # of a vector, as long as Unpack makes it
    ranks = bits(fragment, name, lambda: spelling.unary(codes), 1, spelling.length, part=part)
    wide = 8 if abs(starts).max() < 2**7 else 16
    table = typed(fragment, f"{name}.b", starts, wide, ONNX_TYPES[wide, True], part=part)
    if not spelling.low:
        return fragment.call("Rice", ranks, table, output=f"{name}.i", shape=shape)
    start = fragment.call("Rice", ranks, table, output=f"{name}.d", shape=shape)
    low = bits(fragment, f"{name}.l", lambda: spelling.places(codes), spelling.low, codes.size, part=part)
    powers = tuple(1 << p for p in range(spelling.low))
    low = whole_bytes(fragment, "Unpack", low, output=f"{name}.m", shape=codes.shape, powers=powers)
    return fragment.node("Add", start, low, output=f"{name}.i")


def bits(fragment: Fragment, name: str, codes: Callable[[], np.ndarray], width: int, n: int, *, part: str) -> str:
    """Store `n` codes, which are asked for once the file is written, as bit planes; each takes whole bytes."""
    size = -(-n // 8)
    return fragment.tensor(name, UINT8, (width, size), width * size, lambda: _planes(codes(), width), part)


def whole_bytes(
    fragment: Fragment, function: str, *inputs: str, output: str, shape: tuple[int, ...], **attributes: tuple[int, ...]
) -> str:
    """Call a function that gives a multiple of eight elements; unless a vector is wanted, the rest is cut off."""
    size = prod(shape)
    if size % 8 == 0:
        return fragment.call(function, *inputs, output=output, shape=shape, **attributes)
    trim = len(shape) > 1
    longer = f"{output}.8" if trim else output
    fragment.call(function, *inputs, output=longer, shape=(size + 8 - size % 8,), **attributes)
    return fragment.call("Trim", longer, output=output, shape=shape) if trim else longer


def typed(fragment: Fragment, name: str, codes: np.ndarray, width: int, kind: int, *, part: str = "payload") -> str:
    """Store `codes` in a type of ONNX that has `width` bits, 8 or 16."""
    return fragment.tensor(name, kind, codes.shape, codes.size * width // 8, lambda: _whole(codes, width), part)


def floats(fragment: Fragment, name: str, values: np.ndarray, form: Float = FLOAT32, *, part: str = "payload") -> str:
    """Store `values` as the numbers of a `Float`; `name` is the float32 result."""
    if form.bits == 32:
        return fragment.tensor(name, FLOAT, values.shape, values.size * 4, lambda: values.astype("<f4").tobytes(), part)
    short, kind, data = f"{name}.h", FLOAT16, lambda: values.astype("<f2").tobytes()
    if form.kind == "bfloat":
        kind, data = BFLOAT16, lambda: to_bf16(values).astype("<u2").tobytes()
    fragment.tensor(short, kind, values.shape, values.size * 2, data, part)
    return fragment.node("Cast", short, output=name, attributes=attribute("to", FLOAT))


def numbers(fragment: Fragment, name: str, values: np.ndarray, form: Float | Affine | None, *, part: str) -> str:
    """Store `values` that have the form `form` (None: float32), or as float32 where that takes less.

    An `Affine` form has codes of 8 bits, the shape of `values`, and one scale for all of them.
    """
    if form is None:
        return floats(fragment, name, values, part=part)
    plain, short = Fragment(), Fragment()
    floats(plain, name, values, part=part)
    if isinstance(form, Float):
        floats(short, name, values, form, part=part)
    else:
        codes = typed(short, f"{name}.q", form.codes, 8, UINT8, part=part)
        one = floats(short, f"{name}.s", form.scale.reshape(()), part=part)
        codes = short.node("Cast", codes, output=f"{name}.c", attributes=attribute("to", FLOAT))
        short.node("Mul", codes, one, output=name)
    fragment.add(min(plain, short, key=lambda each: each.size))
    return name


def _whole(codes: np.ndarray, width: int) -> bytes:
    return codes.astype("<i2" if width == 16 else np.uint8).tobytes()  # the same bytes, signed or not


def _planes(codes: np.ndarray, width: int) -> bytes:
    """Plane p holds bit p of every code; bit j of byte k is that of code j m + k, see `functions`."""
    padded = np.zeros(-(-codes.size // 8) * 8, np.uint8)
    padded[: codes.size] = codes.reshape(-1)  # the same bits, signed or not
    planes = padded.reshape(8, -1) & (1 << np.arange(width, dtype=np.uint8))[:, None, None]
    return np.packbits(planes, axis=1, bitorder="little").tobytes()
