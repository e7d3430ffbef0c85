"""Samples from pictures: a ``.zip`` with one folder a class, or single ones. The browser decodes them and brings them
to the size that the network reads; what numbers the pixels become is said by a `Preparation` of `app.state`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.state.preparation import LAYOUTS, PRESETS, Pixels, Preparation

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
OPEN = 224  # pixels along a side that neither the file nor a person fixes
MANY = 2_000  # pictures at most: more would not be decoded in the time that a person waits

Decode = Callable[[bytes, int, int], Awaitable[np.ndarray]]
"A file, a height and a width -> its pixels in that size: uint8, shape (height, width, 3), red, green, blue."


@dataclass(frozen=True)
class Layout:
    """What an input of pictures wants.

    channels : 1 for grey, 3 for colour
    last : whether they are the last axis
    is_open : whether the file leaves height or width open
    is_chosen : whether another size than usual was chosen for that
    either : whether the shape allows both layouts
    """

    height: int
    width: int
    channels: int
    last: bool
    is_open: bool = False
    is_chosen: bool = False
    either: bool = False


async def read(
    files: Mapping[str, bytes], shape: tuple[int | None, ...], preparation: Preparation, decode: Decode
) -> tuple[np.ndarray, np.ndarray | None, Layout]:
    """Inputs float32, shape (n, ...) as the network wants them; the names of their folders, if they have any; and how
    they lie.

    Parameters
    ----------
    files : pictures by path
    shape : of the network's input, None where a size is open

    Raises
    ------
    ValueError
        In words for the person.
    """
    if len(files) > MANY:
        raise ValueError(f"there are {len(files):,} pictures; at most {MANY:,} will do")
    layout = layout_of(shape, preparation)
    numbers = preparation.pixels
    if layout.channels == 1 and not preparation.preset and len(numbers.mean) + len(numbers.deviation) > 2:
        raise ValueError("this network reads grey pictures; give one number as mean and one as deviation")
    pixels = np.stack([await decode(data, layout.height, layout.width) for data in files.values()])
    inputs = prepared(pixels, layout.channels, numbers)
    if not layout.last:
        inputs = inputs.transpose(0, 3, 1, 2)
    folders = [name.rpartition("/")[0].rpartition("/")[2] for name in files]
    labels = np.array(folders) if all(folders) and len(set(folders)) > 1 else None
    return np.ascontiguousarray(inputs.reshape(len(inputs), *_sizes(shape, inputs))), labels, layout


def said(layout: Layout, preparation: Preparation) -> str:
    """What was done to pictures, in a sentence."""
    colour = "grey" if layout.channels == 1 else "colour"
    numbers = preparation.pixels
    mean, deviation = (_listed(each[: layout.channels]) for each in (numbers.mean, numbers.deviation))
    pixels = PRESETS[preparation.preset][0] if preparation.preset else (
        f"(pixel / 255 × {numbers.scale:g} − {mean}) / {deviation}{', blue first' * (numbers.order == 'bgr')}"
    )  # fmt: skip
    size = f"{layout.width} x {layout.height}"
    return f" Pictures brought to {size}, {colour}, {LAYOUTS[_word(layout)]}; pixels as {pixels}."


def facts(layout: Layout, preparation: Preparation) -> dict[str, Any]:
    """What was done to pictures, as plain JSON: every number, those that the file decides included."""
    numbers = {n: list(v) if isinstance(v, tuple) else v for n, v in vars(preparation.pixels).items()}
    size = [layout.height, layout.width]
    return {"size": size, "layout": _word(layout), "channels": layout.channels, **numbers}


def as_chosen(layout: Layout, preparation: Preparation) -> Preparation:
    """A preparation without what the file decides anyway, so that the same has one spelling."""
    size = preparation.size if layout.is_chosen else ()
    return replace(preparation, size=size, layout="last" if layout.either and layout.last else "")


def _word(layout: Layout) -> str:
    return "last" if layout.last else "first"


def _listed(numbers: tuple[float, ...]) -> str:
    return f"{numbers[0]:g}" if len(numbers) == 1 else f"({', '.join(f'{each:g}' for each in numbers)})"


def prepared(pixels: np.ndarray, channels: int, numbers: Pixels) -> np.ndarray:
    """Pixels as the numbers that a network reads.

    Parameters
    ----------
    pixels : uint8, shape (n, height, width, 3)
    channels : 1 for grey, the mean of all, weighted as eyes do (ITU-R BT.601); 3 for colour

    Returns
    -------
    float32, shape (n, height, width, channels)
    """
    values = pixels.astype(np.float32) / 255
    if channels == 1:
        values = values @ np.float32([[0.299], [0.587], [0.114]])
    elif numbers.order == "bgr":
        values = values[..., ::-1]
    mean, deviation = (np.float32(each[:channels]) for each in (numbers.mean, numbers.deviation))
    return (values * np.float32(numbers.scale) - mean) / deviation


def layout_of(shape: tuple[int | None, ...], chosen: Preparation) -> Layout:
    """What an input of this shape wants; what it leaves open is as chosen.

    Raises
    ------
    ValueError
        If it reads no pictures, or none of the size and the layout that are chosen; a sentence for the person.

    Examples
    --------
    >>> layout_of((None, 3, None, None), Preparation(size=(28, 32)))
    Layout(height=28, width=32, channels=3, last=False, is_open=True, is_chosen=True, either=False)
    """
    found = _layouts(shape)
    fits = [each for each in found if not chosen.layout or _word(each) == chosen.layout]
    if not found:
        raise ValueError("this network reads no pictures: its input has no shape such as (n, 3, height, width)")
    if not fits:
        raise ValueError(f"this network reads pictures with {LAYOUTS[_word(found[0])]}, and in no other layout")
    layout, size = replace(fits[0], either=len(found) > 1), chosen.size
    if not size or size == (layout.height, layout.width):
        return layout
    wanted = shape[1:3] if layout.last else shape[2:]
    if not layout.is_open or any(w not in (None, g) for g, w in zip(size, wanted, strict=True)):
        raise ValueError(f"this network reads pictures of {layout.height} x {layout.width}, and of no other size")
    return replace(layout, height=size[0], width=size[1], is_chosen=True)


def _layouts(shape: tuple[int | None, ...]) -> list[Layout]:
    """What pictures an input of this shape may hold, the likelier first; those of an open axis have three channels."""
    if len(shape) == 4:
        both = (shape[1], shape[2:], False), (shape[3], shape[1:3], True)
        likely = [each for each in both if each[0] in (1, 3)] or [each for each in both if each[0] is None]
        return [
            Layout(height or OPEN, width or OPEN, channels or 3, last, None in (height, width))
            for channels, (height, width), last in likely
        ]
    if len(shape) == 3 and None not in shape[1:]:
        return [Layout(shape[1], shape[2], 1, True)]
    if len(shape) == 2 and shape[1] and round(shape[1] ** 0.5) ** 2 == shape[1]:
        side = round(shape[1] ** 0.5)
        return [Layout(side, side, 1, True)]
    return []


def _sizes(shape: tuple[int | None, ...], inputs: np.ndarray) -> tuple[int, ...]:
    """The sizes of a sample: a row of numbers, or grey without an axis of channels, where the network reads that."""
    return inputs.shape[1:] if len(shape) == 4 else tuple(shape[1:])
