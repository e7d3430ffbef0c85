"""Palettize: let many weights share a few values, kept in a look-up table (weight clustering, k-means)."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kernels.asking import Progress
from kernels.storage import affine, lookup
from kernels.storage.encoding import EMPTY, encoded, require_finite
from kernels.storage.floats import LARGEST
from kernels.technique import Outcome, Parameter, Setting, Skipped, Technique
from kernels.weight import Float, Palette, Weight

ONE_BY_ONE = "A table of evenly spaced values has no vectors: every weight has an index of its own."


def palettize(
    weights: Sequence[Weight], params: Sequence[Mapping[str, Any]], setting: Setting
) -> Generator[Progress, None, Outcome]:
    """Every weight as indices into a table. Contract: `Technique.apply`.

    What is clustered are the values as the step before left them, so after quantize those on its grid. Pruned weights
    stay exactly zero: they have an entry of their own, or, among vectors, are told by their mask.
    """
    require_finite(weights)
    outcome = []
    for weight, chosen in zip(weights, params, strict=True):
        yield Progress(len(outcome) / len(weights), f"Clustering {weight.name}")
        outcome.append(_one(weight, chosen, setting.seed) if weight.values.size else EMPTY)
    return outcome


def _one(weight: Weight, params: Mapping[str, Any], seed: int) -> Weight | Skipped:
    values, scale = weight.values, None
    if params["per_channel_scale"] == "yes":
        scale = _largest(values)
        values = values / scale.reshape(-1, *(1 for _ in values.shape[1:]))
    form = replace(_clustered(values, weight.mask, params, seed), scale=scale)
    if params["lut_dtype"] != "fp32":
        form = _shorter(form, params["lut_dtype"], float(np.abs(weight.values).max()))
        if isinstance(form, Skipped):
            return form
    notes = ()
    if params["mode"] == "uniform" and params["cluster_dim"] > 1:
        notes = (ONE_BY_ONE,)
    elif params["cluster_dim"] > len(values):
        notes = (f"Its clusters have {len(values)} weights: so many output channels are all it has.",)
    return encoded(weight, form, *notes)


def _shorter(form: Palette, dtype: str, largest: float) -> Palette | Skipped:
    """The palette with its table in shorter numbers; `largest` is the largest magnitude among the weights."""
    if dtype == "int8" and largest > affine.LARGEST:
        return Skipped(f"its largest weight is {largest:.3g}, too close to the end of float32 for a table of int8")
    if dtype == "int8":
        return lookup.quantize_table(form, bits=8, symmetric=True)
    if np.abs(form.lut).max() > LARGEST["fp16"]:
        return Skipped(f"its largest weight is {largest:.3g}, and fp16 ends at {LARGEST['fp16']:.6g}")
    return lookup.with_table(form, Float(16))


def _clustered(values: np.ndarray, mask: np.ndarray | None, params: Mapping[str, Any], seed: int) -> Palette:
    """The palette of some values, its table in float32."""
    channels, whole = len(values), params["granularity"] == "per_tensor"
    rule = {"bits": params["bits"], "group_size": channels if whole else min(params["group_size"], channels)}
    if params["mode"] == "uniform":
        return lookup.encode(values, mask=mask, table_of=lookup.evenly_spaced, **rule)
    cluster_dim = min(params["cluster_dim"], channels)
    if cluster_dim > 1:
        return lookup.encode_vectors(values, mask=mask, cluster_dim=cluster_dim, seed=seed, **rule)
    return lookup.encode(values, mask=mask, **rule)


def _largest(values: np.ndarray) -> np.ndarray:
    """The largest magnitude in each output channel: float32, shape (C_out,); 1 for a channel of zeros."""
    largest = np.abs(values).reshape(len(values), -1).max(axis=1)
    return np.where(largest > 0, largest, np.float32(1))


TECHNIQUE = Technique(
    id="palettize",
    label="Palettize",
    summary="Let many weights share a few values and store which value each one takes. The file becomes smaller, not "
    "faster: weights are looked up when the model is loaded.",
    wins=("smaller",),
    alone=lambda params: True,
    parameters=(
        Parameter(
            "bits", "int", 4, low=1, high=8, step=1, label="bits", unit="bit", primary=True,
            help="A weight becomes an index of this many bits; the table holds up to 2**bits values.",
        ),
        Parameter(
            "mode", "choice", "kmeans", choices=("kmeans", "uniform"), labels=("k-means", "uniform"), label="mode",
            help="How the table is made: of the means of clusters, or of evenly spaced values from least to greatest.",
        ),
        Parameter(
            "cluster_dim", "choice", 1, choices=(1, 2, 4), labels=("1: single weights", "2", "4"), label="cluster size",
            only_when=("mode", ("kmeans",)),
            help="Weights that share one index: those of so many neighbouring output channels. The table then holds "
            "vectors, and an index costs each weight a half or a quarter of its bits.",
        ),
        Parameter(
            "granularity", "choice", "per_tensor", choices=("per_tensor", "per_grouped_channel"),
            labels=("per tensor", "per grouped channel"), label="granularity",
            help="One table for the whole layer, or one for every few output channels.",
        ),
        Parameter(
            "group_size", "choice", 16, choices=(4, 8, 16, 32), labels=("4", "8", "16", "32"), label="group size",
            only_when=("granularity", ("per_grouped_channel",)), help="Output channels that share one table.",
        ),
        Parameter(
            "per_channel_scale", "choice", "no", choices=("no", "yes"), labels=("no", "yes"), label="channel scale",
            help="Divide every output channel by its largest weight first, and store what it was divided by.",
        ),
        Parameter(
            "lut_dtype", "choice", "fp32", choices=("fp32", "fp16", "int8"), labels=("fp32", "fp16", "int8"),
            label="table type", help="How the values in the table are stored: exactly, or as shorter numbers.",
        ),
    ),
    apply=palettize,
    source="Han et al., ICLR 2016, section 3, arXiv 1510.00149; vectors: Stock et al., ICLR 2020, arXiv 1907.05686",
)  # fmt: skip
