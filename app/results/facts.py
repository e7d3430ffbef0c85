"""What is kept of an experiment besides its score and its size, so that it can be compared in other ways later."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import isfinite

import numpy as np

from app.results import groups
from app.results.load import Load, in_memory
from app.results.result import Measured, Result
from models.metrics import METRICS, shares
from models.metrics.softmax import probabilities

FACTS = (
    "zipped", "ms", "macs", "bits", "float_macs", "integer_macs", "moved", "memory", "worst", "divergence",
)  # fmt: skip
"""Each a number from 0 up; what is not known is left out.

zipped : bytes under DEFLATE.  ms : milliseconds of a sample here, settled
bits : per weight, all bytes of layers counted
macs : of a sample, on average.  float_macs, integer_macs : of all layers, by what they multiply
moved, memory : bytes, see `app.results.load` and `app.results.device`
worst : how much of its score the class has lost that has lost most
divergence : see `divergence`
"""
LOGITS = ("accuracy", "agreement", "perplexity")  # metrics of outputs that are logits

Facts = Mapping[str, float]


@lru_cache(maxsize=2)  # a picture and its words ask one after the other
def facts_of(result: Result) -> Facts:
    """Of the compressed file."""
    bits = _bits(result, sum(layer.bytes_after for layer in result.layers))
    loads = [layer.load for layer in result.layers]
    worst, apart = _worst(result), divergence(result.baseline.outputs, result.compressed.outputs, _are_logits(result))
    return _kept(result, result.compressed, loads, bits=bits, worst=worst, divergence=apart)


@lru_cache(maxsize=2)
def facts_before(result: Result) -> Facts:
    """Of the baseline."""
    bits = _bits(result, sum(layer.bytes_before for layer in result.layers))
    loads = [layer.load_before for layer in result.layers]
    return _kept(
        result, result.baseline, loads, bits=bits, worst=None if _worst(result) is None else 0.0, divergence=0.0
    )


def divergence(old: np.ndarray, new: np.ndarray, logits: bool) -> float:
    """How far what a file says is from what the baseline says, on average over samples.

    Parameters
    ----------
    old, new : float32, of one shape
    logits : whether they are logits along the last axis. Then it is the Kullback-Leibler divergence of the compressed
        file's probabilities from the baseline's, in bits; else the root mean square of the difference over that of
        the baseline's outputs

    Examples
    --------
    >>> divergence(np.float32([[0, 0]]), np.float32([[0, 0]]), logits=True)
    0.0
    >>> divergence(np.float32([3, 4]), np.float32([3, 3]), logits=False)
    0.2
    """
    if not old.size:
        return 0.0
    if not logits:
        size = float(np.sqrt(np.mean(np.square(old, dtype=float))))
        return round(float(np.sqrt(np.mean(np.square(new.astype(float) - old)))) / (size or 1.0), 9)
    p, q = (np.maximum(probabilities(each), 1e-30) for each in (old, new))
    return max(float(np.mean(np.sum(p * np.log2(p / q), axis=-1))), 0.0)


def _bits(result: Result, size_bytes: int) -> float | None:
    """Per weight of the original network, if its layers take so many bytes."""
    n = sum(layer.before.size for layer in result.layers)
    return 8 * size_bytes / n if n else None


def _are_logits(result: Result) -> bool:
    return result.model.metric in LOGITS


def _worst(result: Result) -> float | None:
    """Of a classifier; in other tasks classes are none."""
    model, metric = result.model, METRICS[result.model.metric]
    if metric.uncertainty is not shares.UNCERTAINTY:
        return None
    classes = groups.numbered("class", "", model.classes, model.labels)
    judged = groups.judged(classes, metric, result.baseline.values, result.compressed.values)
    return max(float(np.nan_to_num(judged.lost).max(initial=0)), 0.0)


def _kept(result: Result, measured: Measured, loads: list[Load], **others: float | None) -> dict[str, float]:
    counted = None if any(load.intensity is None for load in loads) else loads
    found = {"zipped": measured.zipped_bytes, "ms": measured.latency_ms if result.times else None, **others}
    if counted is not None:
        both = [sum(load.macs for load in counted if load.integers is kind) for kind in (False, True)]
        found |= {
            "macs": sum(both) if measured.route is None else measured.route.macs,
            "float_macs": both[0],
            "integer_macs": both[1],
            "moved": sum(load.moved for load in counted),
            "memory": in_memory(counted),
        }
    return {name: found[name] for name in FACTS if found.get(name) is not None and isfinite(found[name])}
