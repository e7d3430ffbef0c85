"""One sample of the person's own, put through both files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.results.result import Result
from app.results.samples import chosen
from app.runtime import Runtime
from models.beside import Beside
from models.model import Model


async def predict(runtime: Runtime, result: Result, sample: Any, alone: bool) -> tuple[np.ndarray, np.ndarray]:
    """What the uncompressed and the compressed file put out for one sample.

    Parameters
    ----------
    alone : whether the files take a single sample; else it takes the place of the first of the evaluation set, for they
        want as many as that has
    sample : numbers in nested lists of the shape of one sample, or all in a row

    Returns
    -------
    baseline, compressed : what the files put out for it

    Raises
    ------
    ValueError
        If these are not the numbers of one sample.
    """
    model = result.model
    batch, beside = batch_of(model, _numbers(sample, model.inputs.shape[1:])[None], [chosen(result)], alone)
    before, after = [(await runtime.run(onnx, batch, beside=beside)).outputs[0] for onnx in (model.onnx, result.onnx)]
    return before, after


def batch_of(model: Model, samples: np.ndarray, like: Sequence[int], alone: bool) -> tuple[np.ndarray, Beside]:
    """Samples as the files of a model take them: some want as many as the evaluation set has, and get its rest; and
    what goes into further inputs.

    like : for each sample the one of the evaluation set in whose place it stands
    """
    if alone:
        return samples, model.beside_at(like)
    batch, rows = model.inputs.copy(), np.arange(len(model.inputs))
    batch[: len(samples)], rows[: len(samples)] = samples, like
    return batch, model.beside_at(rows)


def _numbers(sample: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The sample as float32 of that shape.

    >>> _numbers([[1, 2], [3, 4]], (1, 2, 2)).shape
    (1, 2, 2)
    """
    wanted = " x ".join(map(str, shape))
    try:
        values = np.asarray(sample, np.float32)
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"a sample of this model is {wanted} numbers, in nested lists or in a row") from None
    if values.size != int(np.prod(shape)) or not np.isfinite(values).all():
        raise ValueError(f"a sample of this model is {wanted} finite numbers; these have shape {values.shape}")
    return values.reshape(shape)
