"""The samples of a person's own model, whatever they come in: arrays, a table, pictures, or none: noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from random import Random
from typing import Any
from zipfile import ZipFile

import numpy as np
from onnx import ModelProto

from app.pipeline import own_arrays, own_pictures, own_table
from app.pipeline.base import CALIBRATION
from app.pipeline.own_noise import made_up, spelled
from app.state.preparation import USUAL, Pixels, Preparation
from models.beside import Beside, at

LIMIT = 64_000_000  # bytes of a file, and of what an evaluation set unpacks to: a tab's memory is not endless
ENOUGH = 128  # samples from which on some are set aside to calibrate on
SET_ASIDE = 4  # of which one in so many is, but no more than anybody calibrates on


@dataclass(frozen=True)
class Brought:
    """What a person brings beside a model.

    evaluation : an ``.npz`` or ``.csv`` file, or a ``.zip`` of pictures; None if there is none
    others : further files by name: single pictures, and a second file of weights
    name : what the model is called
    label : the column of a table that holds the labels; "" for the one that is called so, or the last
    prepare : how the model is fed
    """

    evaluation: bytes | None = None
    others: Mapping[str, bytes] = field(default_factory=dict)
    name: str = "Your model"
    label: str = ""
    prepare: Preparation = USUAL

    @property
    def pictures(self) -> dict[str, bytes]:
        """Single pictures, by name."""
        return {name: data for name, data in self.others.items() if name.lower().endswith(own_pictures.SUFFIXES)}

    @property
    def any(self) -> bool:
        """Whether there are samples."""
        return self.evaluation is not None or bool(self.pictures)

    @property
    def names(self) -> tuple[str, ...]:
        """What the arrays of the evaluation set are called, if it has any."""
        return own_arrays.names(self.evaluation) if self.evaluation is not None else ()


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples of a network.

    inputs : float32, shape (n, ...)
    labels : as they came, shape (n, ...); None if there are none
    said : what was done to make them, in sentences
    beside : what further inputs get along with them
    prepare : what of it was chosen
    facts : what was done to pictures, as plain JSON
    """

    inputs: np.ndarray
    labels: np.ndarray | None
    said: str = ""
    beside: Beside = field(default_factory=dict)
    prepare: Preparation = USUAL
    facts: Mapping[str, Any] = field(default_factory=dict)


async def samples_of(brought: Brought, model: ModelProto, shape: tuple[int | None, ...], decode) -> Samples:
    """Samples for a network that wants its first input in `shape`.

    Parameters
    ----------
    decode : `own_pictures.Decode`

    Raises
    ------
    ValueError
        In words for the person: what is wrong with the evaluation set, or why one is needed.
    """
    unpictured = replace(brought.prepare, size=(), layout="", pixels=Pixels())  # these are of pictures alone
    if not brought.any:
        return Samples(made_up(model, shape), None, prepare=unpictured)
    samples = await _read(brought, [entry.name for entry in model.graph.input], shape, decode, unpictured)
    inputs = samples.inputs
    if inputs.ndim < 2 or len(inputs) == 0 or not np.isfinite(inputs).all():
        raise ValueError(f"inputs must be finite and have one row for each sample; they have shape {inputs.shape}")
    if len(inputs.shape) != len(shape) or not _fits(inputs.shape[1:], shape[1:]):
        raise ValueError(f"inputs have shape {inputs.shape}, but the network wants {spelled(shape)}")
    _check_beside(samples, model, shape)
    return samples


def _check_beside(samples: Samples, model: ModelProto, shape: tuple[int | None, ...]) -> None:
    """Raise ValueError unless what further inputs get is finite and has a row for each sample; or the very shape of an
    input whose first axis is not that of the samples, of which `shape` has the first.
    """
    count = len(samples.inputs)
    for entry in model.graph.input:
        values = samples.beside.get(entry.name)
        if values is None:
            continue
        sizes = [d.dim_value if d.HasField("dim_value") else None for d in entry.type.tensor_type.shape.dim]
        rows = len(sizes) == values.ndim > 0 and len(values) == count and _fits(values.shape[1:], sizes[1:])
        same_for_all = sizes[:1] not in ([None], [shape[0]]) and _fits(values.shape, sizes)
        if not (rows or same_for_all) or not np.isfinite(values).all():
            raise ValueError(
                f"the array {entry.name:.40} has shape {values.shape}, but that input wants finite numbers in the "
                f"shape {spelled((None, *sizes[1:]))}, a row for each of {count} samples"
            )


def _fits(shape: Sequence[int], sizes: Sequence[int | None]) -> bool:
    """Whether these are the sizes, as far as they are fixed."""
    return len(shape) == len(sizes) and all(want in (None, got) for got, want in zip(shape, sizes, strict=True))


async def _read(
    brought: Brought, names: Sequence[str], shape: tuple[int | None, ...], decode, unpictured: Preparation
) -> Samples:
    data = brought.evaluation
    if data is None:
        pictures = brought.pictures
    elif data[:2] == b"PK":
        pictures = _unpacked(data)
    elif data[:6] == b"\x93NUMPY" or b"\0" in data[:200]:
        raise ValueError("the evaluation set is not an .npz file; np.savez(file, inputs=..., labels=...) makes one")
    else:
        return Samples(*own_table.read(data, shape, brought.label), prepare=unpictured)
    if not pictures:
        inputs, labels, beside = own_arrays.read(data, names)
        return Samples(inputs, labels, beside=beside, prepare=unpictured)
    inputs, labels, layout = await own_pictures.read(pictures, shape, brought.prepare, decode)
    chosen = own_pictures.as_chosen(layout, brought.prepare)
    said, facts = (tell(layout, chosen) for tell in (own_pictures.said, own_pictures.facts))
    return Samples(inputs, labels, said, prepare=chosen, facts=facts)


def _unpacked(data: bytes) -> dict[str, bytes]:
    """The pictures in a ``.zip`` file by path; none if it is one of arrays."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size > LIMIT:
                raise TooLarge(
                    f"the evaluation set unpacks to {size / 1e6:.0f} MB; at most {LIMIT / 1e6:.0f} MB will do"
                )
            paths = [name for name in archive.namelist() if name.lower().endswith(own_pictures.SUFFIXES)]
            return {name: archive.read(name) for name in sorted(paths) if not name.startswith(("__MACOSX", "."))}
    except TooLarge:
        raise
    except own_arrays.BROKEN as error:
        raise ValueError(
            "the evaluation set is a broken or encrypted .zip or .npz file; np.savez(file, inputs=..., labels=...) "
            "makes one that can be read"
        ) from error


class TooLarge(ValueError):
    """An evaluation set that a tab has no room for."""


def set_aside(samples: Samples) -> tuple[Samples, Samples]:
    """Samples to score on, and samples to calibrate on, by lot: none where there are too few to share.

    The lot falls the same each time.

    Examples
    --------
    >>> made = [set_aside(Samples(np.zeros((n, 2)), np.zeros(n))) for n in (100, 360, 5000)]
    >>> [(len(score.inputs), len(score.labels), len(calibrate.inputs)) for score, calibrate in made]
    [(100, 100, 0), (270, 270, 90), (4744, 4744, 256)]
    """
    count = len(samples.inputs)
    aside = np.zeros(count, bool)
    if count >= ENOUGH:
        aside[Random(0).sample(range(count), min(count // SET_ASIDE, CALIBRATION))] = True
    labels = samples.labels
    fits = labels is not None and labels.shape[:1] == (count,)  # else whoever scores says what is wrong

    def some(rows: np.ndarray) -> Samples:
        beside, of_rows = at(samples.beside, count, rows), labels[rows] if fits else labels
        return replace(samples, inputs=samples.inputs[rows], labels=of_rows, beside=beside)

    return some(~aside), some(aside)
