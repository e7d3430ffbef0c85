"""Samples from pictures: a ``.zip`` with one folder a class, or single ones. The browser decodes them and brings them
to the size that the network reads; what numbers the pixels become is said by a `Preparation`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import numpy as np

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp")
MANY = 2_000  # pictures at most: more would not be decoded in the time that a person waits

Decode = Callable[[bytes, int, int], Awaitable[np.ndarray]]
"A file, a height and a width -> its pixels in that size: uint8, shape (height, width, 3), red, green, blue."


@dataclass(frozen=True)
class Preparation:
    """What the numbers are that a network reads of a pixel: ``(pixel / 255 * scale - mean) / deviation``, by channel.

    reverse : whether blue comes first
    """

    label: str
    scale: float = 1.0
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)
    reverse: bool = False


PREPARATIONS = {
    "unit": Preparation("0 to 1"),
    "bytes": Preparation("0 to 255", 255.0),
    "signed": Preparation("−1 to 1", 1.0, (0.5,) * 3, (0.5,) * 3),
    "imagenet": Preparation("ImageNet, as torchvision has it", 1.0, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "caffe": Preparation("ImageNet, as Caffe has it", 255.0, (103.939, 116.779, 123.68), reverse=True),
    "clip": Preparation(
        "CLIP", 1.0, (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    ),
    "cifar10": Preparation("CIFAR-10", 1.0, (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "cifar100": Preparation("CIFAR-100", 1.0, (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
    "mnist": Preparation("MNIST", 1.0, (0.1307,) * 3, (0.3081,) * 3),
    "sixteen": Preparation("0 to 16, as scikit-learn's digits", 16.0),
}  # fmt: skip
"What is usual, by the word that links have for it."


async def read(
    files: Mapping[str, bytes], shape: tuple[int | None, ...], preparation: Preparation, decode: Decode
) -> tuple[np.ndarray, np.ndarray | None, str]:
    """Inputs float32, shape (n, ...) as the network wants them; the names of their folders, if they have any; and what
    was done, said.

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
    height, width, channels, last = _layout(shape)
    pixels = np.stack([await decode(data, height, width) for data in files.values()])
    inputs = prepared(pixels, channels, preparation)
    if not last:
        inputs = inputs.transpose(0, 3, 1, 2)
    folders = [name.rpartition("/")[0].rpartition("/")[2] for name in files]
    labels = np.array(folders) if all(folders) and len(set(folders)) > 1 else None
    said = (
        f" Pictures brought to {width} x {height}, {'grey' if channels == 1 else 'colour'}, channels "
        f"{'last' if last else 'first'}; pixels as {preparation.label}."
    )
    return np.ascontiguousarray(inputs.reshape(len(inputs), *_sizes(shape, inputs))), labels, said


def prepared(pixels: np.ndarray, channels: int, preparation: Preparation) -> np.ndarray:
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
    elif preparation.reverse:
        values = values[..., ::-1]
    mean, deviation = (np.float32(each[:channels]) for each in (preparation.mean, preparation.deviation))
    return (values * np.float32(preparation.scale) - mean) / deviation


def _layout(shape: tuple[int | None, ...]) -> tuple[int, int, int, bool]:
    """Height, width, channels, and whether these come last, of pictures that an input of this shape holds."""
    if len(shape) == 4:
        for channels, (height, width), last in ((shape[1], shape[2:], False), (shape[3], shape[1:3], True)):
            if channels in (1, 3):
                return height or OPEN, width or OPEN, channels, last
    if len(shape) == 3 and None not in shape[1:]:
        return shape[1], shape[2], 1, True
    if len(shape) == 2 and shape[1] and round(shape[1] ** 0.5) ** 2 == shape[1]:
        return round(shape[1] ** 0.5), round(shape[1] ** 0.5), 1, True
    raise ValueError("this network reads no pictures: its input has no shape such as (n, 3, height, width)")


OPEN = 224  # pixels along a side that the file leaves open


def _sizes(shape: tuple[int | None, ...], inputs: np.ndarray) -> tuple[int, ...]:
    """The sizes of a sample: a row of numbers, or grey without an axis of channels, where the network reads that."""
    return inputs.shape[1:] if len(shape) == 4 else tuple(shape[1:])
