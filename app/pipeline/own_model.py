"""A person's own model: an ONNX file, and an evaluation set if they have one. Nothing of it leaves the tab.

Without labels the model's own answers stand in for the truth, so the score says how many of them stay. Without an
evaluation set it is fed noise, which says little of its quality, but its size, its time and its layers are real.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from math import prod
from random import Random
from zipfile import BadZipFile, ZipFile

import numpy as np

from app.network.network import Network
from app.network.opening import compressed_weights
from app.network.read import network_of
from app.runtime import Runtime
from app.tasks.classification import answers
from models.model import Model

LIMIT = 64_000_000  # bytes of a file, and of what an evaluation set unpacks to: a tab's memory is not endless
NOISE = 64  # samples made up where there is no evaluation set
LARGEST = 20_000  # numbers in a sample that is made up: a second's work


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnModel(Model):
    """A person's own model. `onnx` is the file as it is; in `network` what it stores compressed is decoded.

    decoded : how many layers it stored compressed
    """

    network: Network
    decoded: int


async def read(runtime: Runtime, onnx: bytes, evaluation: bytes | None) -> OwnModel:
    """The model of a file, run once on its samples.

    Parameters
    ----------
    onnx : an ONNX file with one input of float32 and outputs of shape (n, classes)
    evaluation : an ``.npz`` file with `inputs` (n, ...) and, if known, `labels` (n,); None: noise is used

    Raises
    ------
    ValueError
        In words for the person: what is wrong with which file, and what would work.
    """
    for name, data in (("model", onnx), ("evaluation set", evaluation or b"")):
        if len(data) > LIMIT:
            raise ValueError(f"the {name} has {len(data) / 1e6:.0f} MB; in a tab at most {LIMIT / 1e6:.0f} MB will do")
    model, decoded = await compressed_weights.decode(runtime, onnx)
    integers = compressed_weights.integer_layers(model)
    try:
        network = network_of(model, decoded)
    except ValueError as error:
        raise ValueError(f"{error}.{_left_alone(integers)}".removesuffix(".")) from error
    inputs, labels = _noise(network.input_shape) if evaluation is None else _samples(evaluation)
    _check_shape(inputs.shape, network.input_shape)
    outputs = (await runtime.run(onnx, inputs)).outputs
    if outputs.ndim != 2 or len(outputs) != len(inputs) or outputs.shape[1] < 2 or not np.isfinite(outputs).all():
        raise ValueError(
            f"the playground scores classifiers, whose output has one finite row of at least two classes for each "
            f"sample; for {len(inputs)} samples this network gives shape {outputs.shape}"
        )
    classes = outputs.shape[1]
    if labels is not None and not ((0 <= labels) & (labels < classes)).all():
        raise ValueError(f"labels must lie in 0 to {classes - 1}, one for each output of the network")
    return OwnModel(
        id=f"own-{hashlib.sha256(onnx + (evaluation or b'')).hexdigest()[:8]}",
        label="Your model",
        summary=_summary(inputs, labels, evaluation)
        + _decoded(len(decoded), compressed_weights.rounds_inputs(model))
        + _left_alone(integers),
        task="classification",
        metric="agreement" if labels is None else "accuracy",
        classes=tuple(map(str, range(classes))),
        picture="image",
        picture_shape=_picture_shape(inputs.shape[1:]),
        onnx=onnx,
        inputs=inputs,
        labels=answers(outputs) if labels is None else labels,
        calibration=inputs[:0],
        card="",
        network=network,
        decoded=len(decoded),
    )


def _samples(evaluation: bytes) -> tuple[np.ndarray, np.ndarray | None]:
    """Inputs and labels of an ``.npz`` file."""
    try:
        with ZipFile(BytesIO(evaluation)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > LIMIT:
            raise ValueError(f"it unpacks to {size / 1e6:.0f} MB; at most {LIMIT / 1e6:.0f} MB will do")
        arrays = dict(np.load(BytesIO(evaluation)))  # without pickles: these bytes may come from anywhere
        inputs = np.ascontiguousarray(arrays["inputs"], dtype=np.float32)
        labels = np.asarray(arrays["labels"]) if "labels" in arrays else None
    except KeyError:
        raise ValueError("the evaluation set has no array named inputs; np.savez(file, inputs=...) makes one") from None
    except (ValueError, TypeError, EOFError, BadZipFile, OverflowError) as error:
        raise ValueError(f"the evaluation set cannot be read as an .npz file of numbers: {error}") from error
    if inputs.ndim < 2 or len(inputs) == 0 or not np.isfinite(inputs).all():
        raise ValueError(f"inputs must be finite and have one row for each sample; they have shape {inputs.shape}")
    if labels is None:
        return inputs, None
    if labels.shape != inputs.shape[:1] or labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be {len(inputs)} whole numbers, one for each sample; they are {labels.dtype} "
                         f"of shape {labels.shape}")  # fmt: skip
    return inputs, labels.astype(np.int64)


def _noise(shape: tuple[int | None, ...]) -> tuple[np.ndarray, None]:
    """Normal noise of the input's shape; the same for the same shape."""
    if len(shape) < 2 or any(size is None for size in shape[1:]):
        raise ValueError(
            f"this network leaves the size of its input open, {_spelled(shape)}; give an evaluation set along with it"
        )
    if prod(shape[1:]) > LARGEST:
        raise ValueError(f"an input of shape {_spelled(shape)} is too large to make up; give an evaluation set with it")
    gauss = Random(0).gauss  # not NumPy's: half a megabyte that nobody else in the page needs
    count = NOISE * prod(shape[1:])
    noise = np.fromiter((gauss(0, 1) for _ in range(count)), np.float32, count)
    return noise.reshape(NOISE, *shape[1:]), None


def _check_shape(given: tuple[int, ...], wanted: tuple[int | None, ...]) -> None:
    same = len(given) == len(wanted) and all(w is None or w == g for g, w in zip(given[1:], wanted[1:], strict=True))
    if not same:
        raise ValueError(f"inputs have shape {given}, but the network wants {_spelled(wanted)}")
    if wanted[0] not in (None, given[0]):
        raise ValueError(f"the network takes exactly {wanted[0]} samples at a time; export it with an open batch size")


def _picture_shape(sample: tuple[int, ...]) -> tuple[int, int]:
    """How a sample is drawn: the last two axes as an image, a row of numbers as a strip."""
    return sample[-2:] if len(sample) >= 2 else (1, sample[0])


def _decoded(layers: int, rounded: bool) -> str:
    """What there is to say about layers whose weights the file computes from constants, or keeps as integers."""
    if not layers:
        return ""
    said = f" Weights decoded from what the file stores, to be compressed further: {_layers(layers)}."
    return said + (" What they read is rounded as in your file; they multiply integers again once you quantize "
                   "activations." if rounded else "")  # fmt: skip


def _left_alone(layers: int) -> str:
    """What there is to say about layers that multiply integers."""
    return f" Left as it is, because it multiplies integers already: {_layers(layers)}." if layers else ""


def _layers(count: int) -> str:
    return f"{count} layer{'s' if count > 1 else ''}"


def _spelled(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("any" if size is None else str(size) for size in shape) + ")"


def _summary(inputs: np.ndarray, labels: np.ndarray | None, evaluation: bytes | None) -> str:
    if evaluation is None:
        return "Your file, fed with noise: agreement says how many of its answers stay. Samples of yours say more."
    if labels is None:
        return f"Your file on your {len(inputs)} samples: agreement says how many of its answers stay."
    return f"Your file on your {len(inputs)} labelled samples."
