"""Remove channels: take whole channels and neurons out, so that the layers really become smaller.

A channel goes from the layer that produces it and from every layer that reads it.
"""

from dataclasses import replace

import numpy as np

from kernels.encoding import EMPTY, require_finite
from kernels.masks import channel_norms, n_removed, smallest
from kernels.technique import Float, Parameter, Skipped, Technique


def remove_channels(weights, params, setting):
    """Weights with fewer channels. Contract: `Technique.apply`."""
    require_finite(weights)
    filled = [pair for pair in zip(weights, params, strict=True) if pair[0].values.size]
    remaining = iter(_remove_channels(*zip(*filled, strict=True), setting.couplings) if filled else ())
    return [next(remaining) if weight.values.size else EMPTY for weight in weights]


def _remove_channels(weights, params, couplings):
    """Smaller weights: of every coupling the channels with the smallest norms go. Scores are those of the input."""
    named = {weight.name: weight for weight in weights}
    sparsity = {weight.name: chosen["sparsity"] for weight, chosen in zip(weights, params, strict=True)}
    rows, columns, fixed = {}, {}, {}
    for coupling in couplings:
        names = [*coupling.producers, *(name for name, _ in coupling.consumers)]
        stuck = [name for name in names if name not in named or not isinstance(named[name].form, Float)]
        if stuck:
            listed = ", ".join(stuck)
            for name in names:
                fixed[name] = f"Channels it shares with {listed} stay: {listed} cannot become smaller in this step."
            continue
        scores = _channel_scores(named, coupling)
        kept = np.flatnonzero(smallest(scores, n_removed(len(scores), sparsity[coupling.producers[0]])))
        rows |= dict.fromkeys(coupling.producers, kept)
        for name, spread in coupling.consumers:
            columns[name] = (kept[:, None] * spread + np.arange(spread)).reshape(-1)
    return [
        _smaller(weight, rows.get(weight.name), columns.get(weight.name), fixed.get(weight.name)) for weight in weights
    ]


def _channel_scores(named, coupling):
    """Norm of what makes each channel times norm of what reads it: float64, shape (channels,)."""
    made = [channel_norms(named[name].values, 0) for name in coupling.producers]
    read = [channel_norms(named[name].values, 1, spread) for name, spread in coupling.consumers]
    counts = {len(norms) for norms in made + read}
    if len(counts) != 1:
        raise ValueError(f"{', '.join(coupling.producers)} and their readers differ in channels: {sorted(counts)}")
    return np.sqrt(np.sum(np.square(made), axis=0)) * np.sqrt(np.sum(np.square(read), axis=0))


def _smaller(weight, rows, columns, fixed):
    """The weight with only these rows and columns, None = all; `fixed` says why some of them could not go."""
    if not isinstance(weight.form, Float):
        return Skipped("its channels are encoded already; put it before palettize and quantize")
    if rows is None and columns is None:
        return Skipped(fixed or "no channel of it can go: no other layer makes its inputs or reads its outputs")
    notes = weight.notes + ((fixed,) if fixed else ())
    values, mask, (n_out, n_in) = weight.values, weight.mask, weight.values.shape[:2]
    kept_out, kept_in, bias = weight.kept_out, weight.kept_in, weight.bias
    if rows is not None and len(rows) < n_out:
        values, mask = values[rows], mask if mask is None else mask[rows]
        bias = bias if bias is None else bias[rows]
        kept_out = rows if kept_out is None else kept_out[rows]
    if columns is not None and len(columns) < n_in:
        values, mask = values[:, columns], mask if mask is None else mask[:, columns]
        kept_in = columns if kept_in is None else kept_in[columns]
    return replace(weight, values=values, bias=bias, mask=mask, kept_out=kept_out, kept_in=kept_in, notes=notes)


TECHNIQUE = Technique(
    id="structured",
    label="Remove channels",
    summary="Take whole channels and neurons out, so that the layers become smaller and faster.",
    parameters=(
        Parameter(
            "sparsity", "float", 0.25, low=0.0, high=0.99, step=0.01, label="channels removed", unit="%", primary=True,
            help="The fraction of channels and neurons that go, from the layer that makes them and from its readers.",
        ),
    ),
    apply=remove_channels,
    source="Li et al., ICLR 2017, arXiv 1608.08710",
)  # fmt: skip
