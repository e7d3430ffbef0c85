"""Image to image: a picture goes in and a better one comes out. The answer is that picture."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from app.results.groups import Grouping, numbered
from app.results.result import Changed
from app.tasks.task import Task, changed, mean_square
from models.metrics import psnr
from models.model import Model

PARTS = tuple(f"{row} {column}" for row in ("top", "middle", "bottom") for column in ("left", "centre", "right"))
VISIBLE = 1.0  # decibels by which a picture must become worse, or better, to count as changed


def qualities(pictures: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The PSNR of each picture in decibels: float64, shape (n,)."""
    return psnr.decibels(psnr.each(pictures, labels))


def _changed(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> Changed:
    better = gained(old, new, labels)
    return changed(np.abs(better) > VISIBLE, better < 0, better > 0)


def gained(old: np.ndarray, new: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """In decibels."""
    return qualities(new, labels) - qualities(old, labels)


@lru_cache(maxsize=2)
def groupings(model: Model) -> tuple[Grouping, ...]:
    """By what is on a patch, and by where it lies in the photograph."""
    return _regions(model), _parts(model)


def _regions(model: Model) -> Grouping:
    """The darkest and the brightest third of the patches, the flattest and the busiest, as the clean ones are."""
    patches = model.labels.reshape(len(model.labels), -1)
    light, detail = patches.mean(axis=1), patches.std(axis=1)
    members = []
    for values in (light, detail):
        low, high = np.quantile(values, [1 / 3, 2 / 3])
        members += [values < low, values > high]
    return Grouping("region", "by region", ("dark", "bright", "flat", "busy"), np.stack(members), "a {} patch")


def _parts(model: Model) -> Grouping:
    """Nine parts of the photograph, whose rows are `model.row` patches long."""
    down, across = np.divmod(np.arange(len(model.labels)), model.row)
    rows = len(model.labels) // model.row
    which = 3 * (3 * down // max(rows, 1)) + 3 * across // model.row
    return numbered("part", "by part", PARTS, which, "the {}")


def needs(model: Model) -> Iterator[tuple[bool, str]]:
    inputs, labels = model.inputs, model.labels
    alike = labels.shape == inputs.shape and labels.dtype == np.float32
    yield alike, f"each input {inputs.shape} needs a clean picture, of float32; labels {labels.shape} of {labels.dtype}"
    yield bool(((0 <= labels) & (labels <= 1)).all()), "clean pictures must lie in 0 to 1"


def _quality(model: Model, index: int, picture: np.ndarray) -> float:
    return float(qualities(picture[None], model.labels[index : index + 1])[0])


def _said(model: Model, index: int, answer: np.ndarray) -> str:
    return f"{_quality(model, index, answer):.1f} dB"


def _verdict(model: Model, index: int, answer: np.ndarray) -> tuple[bool, str]:
    good = _quality(model, index, answer) > _quality(model, index, model.inputs[index])
    return good, "cleaner" if good else "no cleaner"


TASK = Task(
    id="image",
    metrics=("psnr",),
    needs=needs,
    answers=lambda outputs: outputs,
    changed=_changed,
    change="changed by more than 1 dB",
    kinds=("worse", "better", "other"),
    caption="noisy",
    truth="noisy picture",
    right=lambda model, index: _said(model, index, model.inputs[index]),
    said=_said,
    verdict=_verdict,
    gained=gained,
    apart=mean_square,
    gain="change of PSNR, dB",
    reach=10.0,
    groupings=groupings,
)
