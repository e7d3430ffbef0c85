"""A person's own model: an ONNX file, and samples if they have some. Nothing of it leaves the tab.

Without labels the model's own answers stand in for the truth, so the score says how many of them stay. Without samples
it is fed noise, which says little of its quality: the score is then how small the error is, in decibels.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import numpy as np

from app.network.network import Network
from app.network.opening import compressed_weights
from app.network.opening.outputs import is_probability
from app.network.opening.prepare import Prepared, prepare
from app.network.read import network_of
from app.pipeline.own_labels import READS, Judged, judged
from app.pipeline.own_samples import LIMIT, Brought, Samples, samples_of, set_aside
from app.results.untouched import in_words
from app.runtime import CannotRun, Runtime
from app.state.preparation import Preparation
from models import model as models
from models.beside import Beside
from models.model import Model

LETTERS = 40  # of a name


@dataclass(frozen=True, eq=False, kw_only=True)
class OwnModel(Model):
    """A person's own model. `onnx` is the file as it is run here; in `network` what it stores compressed is decoded.

    decoded : how many layers it stored compressed
    reads : how its outputs are read, into `own_labels.READS`
    """

    network: Network
    decoded: int
    reads: str

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        return READS[self.reads](outputs.astype(np.float32, copy=False))

    def pictured(self, samples: np.ndarray) -> np.ndarray:
        return super().pictured(samples.transpose(0, 3, 1, 2) if _channels_last(samples.shape[1:]) else samples)


async def read(runtime: Runtime, onnx: bytes, brought: Brought = Brought()) -> OwnModel:  # noqa: B008 - a frozen value
    """The model of a file, run once on its samples.

    Parameters
    ----------
    onnx : an ONNX file
    brought : its samples, and whatever else came along

    Raises
    ------
    ValueError
        In words for the person: what is wrong with which file, and what would work.
    """
    for name, data in (("model", onnx), ("evaluation set", brought.evaluation or b""), *brought.others.items()):
        if len(data) > LIMIT:
            raise ValueError(f"the {name} has {len(data) / 1e6:.0f} MB; in a tab at most {LIMIT / 1e6:.0f} MB will do")
    chosen = brought.prepare
    came, file = len(onnx), prepare(onnx, brought.others, brought.names, chosen.input, chosen.output)
    model, decoded = await compressed_weights.decode(runtime, file.onnx)
    integers = compressed_weights.integer_layers(model)
    probability = is_probability(model)
    try:
        network = network_of(model, decoded)
    except ValueError as error:
        raise ValueError(f"{error}.{_left_alone(integers)}".removesuffix(".")) from error
    samples = await samples_of(brought, model, network.input_shape, runtime.picture)
    given = len(samples.inputs)
    samples, calibration = set_aside(samples)
    outputs = await _outputs(runtime, file, samples, brought)
    judge = judged(outputs, samples.labels, not brought.any, probability)
    ports = network.input, network.output
    chosen = replace(samples.prepare, **_ports_chosen(file, ports))
    id = id_of(onnx, brought, chosen)
    return OwnModel(
        id=id,
        label=_label(id, brought.name),
        summary=_summary(samples, judge, brought)
        + samples.said
        + (_aside(given - len(samples.inputs)) if brought.any else "")
        + _ported(file, *ports, samples.beside)
        + _prepared(file, came)
        + _decoded(len(decoded), compressed_weights.rounds_inputs(model))
        + _left_alone(integers)
        + in_words(network.untouched, sum(network.untouched.values()), len(file.onnx)),
        task=judge.task,
        metric=judge.metric,
        classes=judge.classes,
        picture="image",
        picture_shape=_picture_shape(samples.inputs.shape[1:]),
        onnx=file.onnx,
        inputs=samples.inputs,
        labels=judge.labels,
        calibration=calibration.inputs,
        beside=samples.beside,
        calibration_beside=calibration.beside,
        card="",
        prepare=chosen.to_json(),
        prepared={**_ports(file, *ports, samples.beside), **samples.facts},
        network=network,
        decoded=len(decoded),
        reads=judge.reads,
    )


def id_of(onnx: bytes, brought: Brought, chosen: Preparation) -> str:
    """The same for the same files; behind a second hyphen what tells how they are prepared, if not as usual."""
    parts = [onnx, brought.evaluation or b"", *brought.others.values(), brought.label.encode()]
    return "-".join(filter(None, ("own", hashlib.sha256(b"".join(parts)).hexdigest()[:8], chosen.mark)))


def _ports_chosen(file: Prepared, ports: tuple[str, str]) -> dict[str, str]:
    """Which input and output were chosen, "" where the file would have been read so anyway."""
    usual = (names[:1] for names in (file.inputs, file.outputs))
    pairs = zip(("input", "output"), ports, usual, strict=True)
    return {kind: "" if first in ((), (name,)) else name for kind, name, first in pairs}


def _ports(file: Prepared, fed: str, scored: str, beside: Beside) -> dict[str, Any]:
    """What goes into which input and what is scored, as plain JSON."""
    made_up = [name for name in file.made_up if name not in beside]
    return {"input": fed, "output": scored, "given": list(beside), "made_up": made_up}


def _ported(file: Prepared, fed: str, scored: str, beside: Beside) -> str:
    """What there is to say where a file has several inputs or outputs."""
    ports = _ports(file, fed, scored, beside)
    said = f" Samples go into the input {fed:.40}." if len(file.inputs) > 1 else ""
    for names, words in ((ports["given"], "From your arrays of the same name"), (ports["made_up"], "Made up, as ones")):
        if names:
            said += f" {words}: the input{'s' * (len(names) > 1)} {', '.join(names)[:80]}."
    return said + (f" Scored is the output {scored:.40}." if len(file.outputs) > 1 else "")


def _label(id: str, name: str) -> str:
    """The name, with a number behind it if another model is called so: menus tell models apart by it."""
    taken = {models.info(other).label for other in models.ids() if other != id}
    names = (f"{name[:LETTERS]}{f' {n}' if n > 1 else ''}" for n in count(1))
    return next(each for each in names if each not in taken)


async def _outputs(runtime: Runtime, file: Prepared, samples: Samples, brought: Brought) -> np.ndarray:
    """What the file puts out first, float32, one row for each sample. Raises ValueError."""
    try:
        outputs = (await runtime.run(file.onnx, samples.inputs, beside=samples.beside)).outputs
    except CannotRun as error:
        raise ValueError(_refused(error, samples, brought)) from error
    if outputs.dtype.kind not in "fiub" or outputs.ndim == 0 or len(outputs) != len(samples.inputs):
        raise ValueError(
            f"the output of this network has no row for each sample: for {len(samples.inputs)} samples it gives shape "
            f"{outputs.shape}; choose another output in its sheet, or export it with samples as the first axis"
        )
    outputs = outputs.astype(np.float32, copy=False)
    if not np.isfinite(outputs).all():
        raise ValueError("the network gives numbers that are not finite; give an evaluation set that it understands")
    return outputs


def _refused(error: CannotRun, samples: Samples, brought: Brought) -> str:
    """Why a file cannot be run on samples, without the words of whoever refuses it."""
    at = re.search(r"running (\w+) node", str(error))
    operator = f", at its operator {at[1]}" if at else ""
    shape = " x ".join(map(str, samples.inputs.shape[1:]))
    helps = "give others" if brought.any else "give an evaluation set with samples that it understands"
    return f"onnxruntime cannot run this network on samples of {shape} numbers{operator}; {helps}, or export it anew"


def _picture_shape(sample: tuple[int, ...]) -> tuple[int, int]:
    """How a sample is drawn: the last two axes as an image, a row of numbers as a strip."""
    if _channels_last(sample):
        return sample[:2]
    return sample[-2:] if len(sample) >= 2 else (1, sample[0])


def _channels_last(sample: tuple[int, ...]) -> bool:
    return len(sample) == 3 and sample[-1] in (1, 3, 4) and sample[0] not in (1, 3, 4)


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


def _prepared(file: Prepared, came: int) -> str:
    """What there is to say of what had to be done before it could run here."""
    said = ""
    if file.numbers:
        said += (
            f" Its numbers, {file.numbers}, became float32, in which all is computed here: {len(file.onnx):,} bytes "
            f"uncompressed, in place of the {came:,} of your file."
        )
    if file.gone:
        said += f" Left out, because it is text: the output {', '.join(file.gone)[:80]}."
    return said


def _summary(samples: Samples, judge: Judged, brought: Brought) -> str:
    """What is scored, on what."""
    n = len(samples.inputs)
    some, labelled = (f"{n} {word}sample{'s' if n > 1 else ''}" for word in ("", "labelled "))
    if not brought.any:
        return (
            "Your file, fed with made-up samples: how small the error is beside what it said before, in decibels. "
            "Samples of yours say more."
        )
    if samples.labels is None:
        said = "how many of its answers stay" if judge.classes else "how small the error is beside what it said before"
        return f"Your file on your {some}, whose right answers nobody knows: {judge.metric} says {said}."
    if judge.task == "segmentation":
        read = "" if judge.reads in ("as they are", "channels last") else f", which it gives {judge.reads}"
        return f"Your file on your {some}: how large a share of their pixels gets the right class{read}."
    if judge.reads != "as they are":
        read = f"{judge.reads[4:]} of the class {judge.classes[1]:.40}"
        return f"Your file on your {labelled}; its one output is read as {read}."
    if not judge.classes:
        return f"Your file on your {some}: how small its error is beside the spread of what is right, in decibels."
    return f"Your file on your {labelled}."
