"""A person's own model: an ONNX file, and an evaluation set if they have one. Nothing of it leaves the tab.

Without labels the model's own answers stand in for the truth, so the score says how many of them stay. Without an
evaluation set it is fed noise, which says little of its quality, but its size, its time and its layers are real.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from app.network.network import Network
from app.network.opening import compressed_weights
from app.network.opening.outputs import scored_first
from app.network.opening.untouched import in_words, untouched
from app.network.read import network_of
from app.pipeline.own_samples import LIMIT, samples_of, set_aside
from app.runtime import Runtime
from app.tasks.classification import answers
from models.model import Model


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
    onnx, gone = scored_first(onnx)
    model, decoded = await compressed_weights.decode(runtime, onnx)
    integers = compressed_weights.integer_layers(model)
    try:
        network = network_of(model, decoded)
    except ValueError as error:
        raise ValueError(f"{error}.{_left_alone(integers)}".removesuffix(".")) from error
    inputs, labels = samples_of(evaluation, network.input_shape)
    given, calibration = len(inputs), inputs[:0]
    if network.input_shape[0] is None:  # any other takes exactly as many samples as these are
        inputs, labels, calibration = set_aside(inputs, labels)
    outputs = (await runtime.run(onnx, inputs)).outputs
    _check_answers(outputs, inputs, labels)
    return OwnModel(
        id=f"own-{hashlib.sha256(onnx + (evaluation or b'')).hexdigest()[:8]}",
        label="Your model",
        summary=_summary(inputs, labels, evaluation)
        + (_aside(given - len(inputs)) if evaluation else "")
        + (f" Left out, because it is text: the output {', '.join(gone)}." if gone else "")
        + _decoded(len(decoded), compressed_weights.rounds_inputs(model))
        + _left_alone(integers)
        + in_words(
            untouched(model.graph, {name for each in network.layers for name in (each.weight, each.bias)}), len(onnx)
        ),
        task="imitation" if labels is None else "classification",
        metric="agreement" if labels is None else "accuracy",
        classes=tuple(map(str, range(outputs.shape[1]))),
        picture="image",
        picture_shape=_picture_shape(inputs.shape[1:]),
        onnx=onnx,
        inputs=inputs,
        labels=answers(outputs) if labels is None else labels,
        calibration=calibration,
        card="",
        network=network,
        decoded=len(decoded),
    )


def _check_answers(outputs: np.ndarray, inputs: np.ndarray, labels: np.ndarray | None) -> None:
    """Raise ValueError unless these are the scores of classes, and the labels are among these."""
    if outputs.ndim != 2 or len(outputs) != len(inputs) or outputs.shape[1] < 2 or not np.isfinite(outputs).all():
        raise ValueError(
            f"the playground scores classifiers, whose output has one finite row of at least two classes for each "
            f"sample; for {len(inputs)} samples this network gives shape {outputs.shape}"
        )
    classes = outputs.shape[1]
    if labels is not None and not ((0 <= labels) & (labels < classes)).all():
        raise ValueError(f"labels must lie in 0 to {classes - 1}, one for each output of the network")


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


def _aside(count: int) -> str:
    """What there is to say of the samples that it is calibrated on."""
    if not count:
        return " They are too few to calibrate on others than these."
    return f" Your {count} others, drawn by lot, are what it is calibrated on."


def _summary(inputs: np.ndarray, labels: np.ndarray | None, evaluation: bytes | None) -> str:
    if evaluation is None:
        return "Your file, fed with noise: agreement says how many of its answers stay. Samples of yours say more."
    if labels is None:
        return f"Your file on your {len(inputs)} samples: agreement says how many of its answers stay."
    return f"Your file on your {len(inputs)} labelled samples."
